"""Stacks of Dense, convolution, normalisation, pooling and Flatten, with answers known by hand."""

import numpy as np
import pytest
from keras_cases import randomised

from explainprune.network.backend import keras

L = keras.layers


def sequential(shape, *layers):
    return randomised(keras.Sequential([keras.Input(shape), *layers]), scale=0.4)


def test_dense_units_without_incoming_weights_fold_their_activation(check):
    model = sequential((3,), L.Dense(4, "sigmoid", name="a"), L.Dense(2, name="b"))
    kernel = model.layers[0].kernel.numpy()
    kernel[:, [1, 3]] = 0
    model.layers[0].kernel.assign(kernel)
    made = check(model)
    first, second = made.model.layers
    assert list(made.plan.kept["a"]) == [0, 2]
    assert made.folds
    a, b = model.layers
    emitted = 1 / (1 + np.exp(-a.bias.numpy()[[1, 3]].astype(float)))
    expected = b.bias.numpy() + emitted @ b.kernel.numpy()[[1, 3]]
    np.testing.assert_allclose(second.bias.numpy(), expected, rtol=1e-6)
    np.testing.assert_array_equal(first.kernel.numpy(), kernel[:, [0, 2]])


def test_units_that_nothing_reads_go_without_folding(silence, check):
    model = sequential((3,), L.Dense(5, "softplus", name="a"), L.Dense(2))
    silence(model.layers[1], [0, 4], ("kernel",), axis=0)
    made = check(model)
    assert list(made.plan.kept["a"]) == [1, 2, 3]
    assert not made.folds


def test_removal_runs_on_through_layers(silence, check):
    model = sequential(
        (3,), L.Dense(4, "relu", name="a"), L.Dense(4, "relu", name="b"), L.Dense(1, name="c")
    )
    silence(model.layers[2], [1, 2, 3], ("kernel",), axis=0)  # b keeps unit 0 only
    silence(model.layers[1], [0], ("kernel",), axis=-1)  # which is constant
    made = check(model)
    assert made.plan.removed == {"a": 3, "b": 3}
    assert [layer.units for layer in made.model.layers] == [1, 1, 1]


def test_batch_norm_carries_a_silent_filter_through_relu(silence, check):
    model = sequential(
        (6, 6, 2),
        L.Conv2D(4, 3, name="conv", use_bias=False),
        L.BatchNormalization(name="bn"),
        L.ReLU(),
        L.Conv2D(3, 3, name="next", use_bias=False),
        L.GlobalAveragePooling2D(),
        L.Dense(2),
    )
    silence(model.get_layer("conv"), [0, 2])
    model.get_layer("bn").beta.assign([2.0, 0.1, 1.0, 0.2])
    made = check(model)
    assert list(made.plan.kept["conv"]) == [1, 3]
    assert made.folds and made.model.get_layer("next").use_bias
    np.testing.assert_array_equal(
        made.model.get_layer("bn").moving_mean, model.get_layer("bn").moving_mean.numpy()[[1, 3]]
    )


def test_batch_norm_with_zero_scale_is_constant_whatever_it_reads(check):
    model = sequential((3,), L.Dense(4, name="a"), L.BatchNormalization(), L.Dense(2))
    model.layers[1].gamma.assign([0.0, 1.0, 0.0, 2.0])
    made = check(model)
    assert list(made.plan.kept["a"]) == [1, 3]


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_constant_filters_before_padding_share_one_stand_in(silence, check, padding):
    model = sequential(
        (6, 6, 2),
        L.Conv2D(6, 3, name="conv", activation="sigmoid"),
        L.Conv2D(3, 3, padding=padding, name="next"),
        L.Flatten(),
        L.Dense(2),
    )
    silence(model.get_layer("conv"), [0, 2, 5], ("kernel",))
    made = check(model)
    assert made.plan.removed == {"conv": 3 if padding == "valid" else 2}


def test_padding_that_pads_nothing_folds(silence, check):
    model = sequential(
        (6, 6, 2),
        L.Conv2D(4, 1, name="conv", activation="sigmoid"),
        L.Conv2D(3, 2, strides=2, padding="same", name="next"),
        L.Flatten(),
        L.Dense(2),
    )
    silence(model.get_layer("conv"), [0, 2], ("kernel",))
    assert check(model).plan.removed == {"conv": 2}


def test_zero_padding_layer_keeps_units_that_are_not_zero(silence, check):
    def build(activation):
        model = sequential(
            (4, 4, 2),
            L.Conv2D(4, 3, name="conv", activation=activation),
            L.ZeroPadding2D(),
            L.Conv2D(3, 3, name="next"),
            L.Flatten(),
            L.Dense(2),
        )
        silence(model.get_layer("conv"), [1])
        return model

    assert check(build("relu")).plan.removed == {"conv": 1}
    assert check(build("sigmoid")).plan.removed == {}


def test_flatten_maps_each_channel_to_its_positions(silence, check):
    model = sequential(
        (4, 4, 1),
        L.Conv2D(3, 3, name="conv", activation="relu"),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dropout(0.5),
        L.Dense(2, name="head"),
    )
    silence(model.get_layer("conv"), [1])
    made = check(model)
    assert made.model.get_layer("head").kernel.shape == (2, 2)


def test_a_unit_read_at_one_position_stays(check):
    model = sequential((4, 4, 1), L.Conv2D(2, 3, name="conv"), L.Flatten(), L.Dense(2, name="h"))
    kernel = np.zeros((8, 2))
    kernel[3] = 1.0  # position 1 of channel 1
    model.get_layer("h").kernel.assign(kernel)
    assert list(check(model).plan.kept["conv"]) == [1]


def test_one_unit_stays_where_all_could_go(check):
    model = sequential((3,), L.Dense(4, "tanh", name="a"), L.Dense(2))
    model.layers[0].kernel.assign(np.zeros((3, 4)))
    made = check(model)
    assert made.plan.removed == {"a": 3}


def test_outputs_stay(silence, check):
    model = sequential((3,), L.Dense(4, "relu"), L.Dense(3), L.Softmax())
    silence(model.layers[1], [0, 1])
    made = check(model)
    assert made.plan.removed == {} and made.plan.left_whole == {}


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_convolutions_of_every_rank(silence, check, rank):
    conv = getattr(L, f"Conv{rank}D")
    transpose = getattr(L, f"Conv{rank}DTranspose")
    model = sequential(
        (6,) * rank + (2,),
        conv(5, 3, activation="relu", name="conv"),
        getattr(L, f"MaxPooling{rank}D")(2),
        getattr(L, f"UpSampling{rank}D")(2),
        transpose(4, 2, activation="relu", name="transposed"),
        getattr(L, f"Cropping{rank}D")(1),
        getattr(L, f"GlobalMaxPooling{rank}D")(),
        L.Dense(2),
    )
    silence(model.get_layer("conv"), [0, 3])
    silence(model.get_layer("transposed"), [1], axis=-2)
    assert check(model).plan.removed == {"conv": 2, "transposed": 1}


def test_causal_padding_is_padding(silence, check):
    model = sequential(
        (7, 2),
        L.Conv1D(4, 1, name="conv", activation="sigmoid"),
        L.Conv1D(3, 3, padding="causal"),
        L.Flatten(),
        L.Dense(1),
    )
    silence(model.get_layer("conv"), [0, 1])
    assert check(model).plan.removed == {"conv": 1}


def test_unknown_sizes_are_fine_where_nothing_needs_them(silence, check):
    model = sequential(
        (None, None, 2),
        L.Conv2D(4, 3, padding="same", name="conv", activation="relu"),
        L.Conv2D(4, 3, padding="same", name="next"),
        L.GlobalAveragePooling2D(),
        L.Dense(2),
    )
    silence(model.get_layer("conv"), [0, 1])
    assert check(model).plan.removed == {"conv": 2}
