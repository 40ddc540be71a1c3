"""Layers and nested models that are called at several places: cut at all of them, or at none."""

import numpy as np
import pytest

from explainprune.network.backend import keras

L = keras.layers


def inner(units=6, size=3):
    x = keras.Input((size,))
    h = L.Dense(units, "relu", name="in")(x)
    return keras.Model(x, L.Dense(4, "tanh", name="end")(h), name="encoder")


def two_branches(shared, join):
    x = keras.Input((2,))
    a, b = L.Dense(3, "relu", name="a")(x), L.Dense(3, "relu", name="b")(x)
    both = join()([shared(a), shared(b)])
    return keras.Model(x, L.Dense(2, name="out")(L.Dense(5, "relu", name="free")(both)))


@pytest.mark.parametrize("join", [L.Concatenate, L.Subtract, L.Multiply])
def test_a_layer_used_twice_loses_units_at_both_places(randomise, silence, check, join):
    model = randomise(two_branches(L.Dense(4, "relu", name="shared"), join))
    silence(model.get_layer("shared"), [1, 3])
    made = check(model)
    assert made.plan.removed["shared"] == 2
    assert made.plan.kept["shared"].tolist() == [0, 2]
    assert made.plan.left_whole == {}
    assert len(made.model.get_layer("shared")._inbound_nodes) >= 2


def test_what_it_reads_goes_only_where_it_goes_at_both_places(randomise, silence, check):
    model = randomise(two_branches(L.Dense(4, "relu", name="shared"), L.Concatenate))
    silence(model.get_layer("a"), [0])
    assert check(model).plan.removed == {}
    silence(model.get_layer("b"), [0])
    assert check(model).plan.removed == {"a": 1, "b": 1}


def test_one_bias_takes_no_two_constants(randomise, silence, check):
    """Silent units of `a` and `b` say sigmoid(bias): folded where equal, kept where not."""
    x = keras.Input((2,))
    a, b = L.Dense(3, "sigmoid", name="a")(x), L.Dense(3, "sigmoid", name="b")(x)
    shared = L.Dense(4, "relu", name="shared")
    model = keras.Model(x, L.Dense(2)(L.Concatenate()([shared(a), shared(b)])))
    randomise(model)
    for name, bias in (("a", [0.5, 0.2, 0.3]), ("b", [0.5, 0.9, 0.1])):
        silence(model.get_layer(name), [0, 1], variables=["kernel"])
        model.get_layer(name).bias.assign(bias)
    made = check(model)
    assert made.plan.removed == {"a": 1, "b": 1}
    assert made.plan.kept["a"].tolist() == [1, 2]
    assert made.folds


def test_units_that_are_constant_differently_at_each_place_stay(randomise, check):
    """All of what it reads is constant, with another value at each place."""
    x = keras.Input((2,))
    shared = L.Dense(3, "relu", name="shared")
    parts = []
    for name in ("a", "b"):
        layer = L.Dense(2, "sigmoid", name=name)
        parts.append(shared(layer(x)))
    model = randomise(keras.Model(x, L.Dense(2)(L.Concatenate()([*parts, x]))))
    for name in ("a", "b"):
        model.get_layer(name).kernel.assign(np.zeros((2, 2)))
    made = check(model)
    assert made.plan.kept["shared"].tolist() in ([0, 1, 2], [0])


@pytest.mark.parametrize("places", [2, 3])
def test_a_nested_model_is_opened_and_cut_at_all_its_places(randomise, silence, check, places):
    encoder = inner()
    inputs = [keras.Input((3,)) for _ in range(places)]
    made_of = [encoder(x) for x in inputs]
    model = randomise(keras.Model(inputs, L.Dense(2)(L.Average()(made_of))))
    silence(encoder.get_layer("in"), [0, 2, 5])
    silence(encoder.get_layer("end"), [3])
    made = check(model)
    assert made.plan.removed == {"encoder/in": 3, "encoder/end": 1}
    assert made.model.get_layer("encoder").get_layer("in").units == 3
    assert made.plan.left_whole == {}


def test_a_nested_model_within_one_that_is_used_twice(randomise, silence, check):
    x = keras.Input((3,))
    outer = keras.Model(x, L.Dense(3, "relu", name="after")(inner()(x)), name="outer")
    a, b = keras.Input((3,)), keras.Input((3,))
    model = randomise(keras.Model([a, b], L.Dense(2)(L.Maximum()([outer(a), outer(b)]))))
    silence(outer.get_layer("encoder").get_layer("in"), [1])
    silence(outer.get_layer("after"), [0])
    made = check(model)
    assert made.plan.removed == {"outer/encoder/in": 1, "outer/after": 1}


def test_what_enters_a_nested_model_at_two_places_goes_at_both_or_stays(randomise, silence, check):
    model = randomise(two_branches(inner(), L.Concatenate))
    silence(model.get_layer("a"), [2])
    assert check(model).plan.removed == {}
    silence(model.get_layer("b"), [2])
    made = check(model)
    assert made.plan.removed == {"a": 1, "b": 1}
    assert made.model.get_layer("encoder").input_shape == (None, 2)


def test_one_of_its_places_that_is_not_followed_leaves_it_whole(randomise, silence, check):
    x, z = keras.Input((4, 3)), keras.Input((3, 2))
    shared = L.BatchNormalization(name="shared")
    one = shared(L.Conv1D(3, 2, padding="same", name="a")(x))
    odd = shared(L.Permute((2, 1))(L.Conv1D(4, 1, name="b")(z)))
    ends = [L.Flatten()(one), L.Flatten()(odd)]
    model = randomise(keras.Model([x, z], L.Dense(2)(L.Concatenate()(ends))))
    silence(model.get_layer("a"), [0])
    silence(model.get_layer("b"), [0])
    made = check(model)
    assert made.plan.left_whole["shared"] == (
        "it is used at 2 places, and at one of them it reads axis 2, and the units of its input "
        "lie along axis 1"
    )
    assert made.plan.removed == {}


@pytest.mark.parametrize(
    "make",
    [
        lambda: L.GRU(4, return_sequences=True, name="shared"),
        lambda: L.Bidirectional(L.LSTM(2, return_sequences=True), name="shared"),
        lambda: L.Conv1D(4, 3, padding="same", activation="relu", name="shared"),
        lambda: L.SeparableConv1D(4, 3, padding="same", name="shared"),
        lambda: L.TimeDistributed(L.Dense(4, activation="relu"), name="shared"),
        lambda: L.DepthwiseConv1D(3, padding="same", name="shared"),
        lambda: L.PReLU(shared_axes=[1], name="shared"),
    ],
)
def test_any_layer_may_be_used_twice(randomise, check, make):
    shared = make()
    x = keras.Input((6, 2))
    a = L.Conv1D(4, 1, activation="relu", name="a")(x)
    h = L.Concatenate()([shared(a), shared(L.Conv1D(4, 1, name="b")(x))])
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(h))))
    for layer in ("a", "b"):
        kernel = model.get_layer(layer).kernel.numpy()
        kernel[..., 1] = 0
        model.get_layer(layer).kernel.assign(kernel)
        model.get_layer(layer).bias.assign([0.3, 0.0, 0.2, 0.1])
    for variable in shared.weights:
        if "bias" in variable.name:
            variable.assign(np.zeros(variable.shape))
    made = check(model)
    assert made.plan.removed["a"] == made.plan.removed["b"] == 1


def test_a_subclass_that_calls_its_layers_otherwise_is_no_graph():
    @keras.saving.register_keras_serializable("test_shared")
    class Twice(keras.Sequential):
        def call(self, x):
            return 2 * super().call(x)

    from explainprune.network.shrinking.smaller import make_smaller

    with pytest.raises(ValueError, match="subclassed model"):
        make_smaller(Twice([keras.Input((2,)), L.Dense(3), L.Dense(1)]))


def test_a_nested_model_told_to_train_is_left_whole(randomise, silence, check):
    nested = keras.Sequential(
        [keras.Input((3,)), L.Dense(4, name="d"), L.BatchNormalization()], name="nested"
    )
    x = keras.Input((3,))
    model = randomise(keras.Model(x, L.Dense(2)(nested(L.Dense(3)(x), training=True))))
    silence(nested.get_layer("d"), [0])
    assert "nested" in check(model).plan.left_whole
