"""A unit whose own and outgoing entries are masked says nothing any more, whatever it holds."""

import keras
import numpy as np
import pytest
from keras import layers as kl

from explainprune.network.variables import weights_of, with_weights
from explainprune.network.ways.reach import input_reach, unit_reach


def sequential(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


def branched():
    x = keras.Input((6,))
    shared = kl.Dense(5, "relu", name="trunk")(x)
    left = kl.Dense(4, "sigmoid", name="left")(shared)
    right = kl.Dense(3, "tanh", name="right")(kl.Dropout(0.5)(shared))
    joined = kl.Concatenate()([left, right, shared])
    return keras.Model(x, kl.Dense(2, name="out")(joined))


def nested():
    inner = sequential((6,), kl.Dense(4, "softplus", name="a"), kl.BatchNormalization(name="norm"))
    x = keras.Input((6,))
    return keras.Model(x, kl.Dense(2, name="out")(kl.Dense(3, "relu", name="b")(inner(x))))


def convolutional():
    return sequential(
        (8, 8, 2),
        kl.ZeroPadding2D(),
        kl.Conv2D(4, 3, activation="sigmoid", name="c1"),
        kl.BatchNormalization(name="bn", scale=False),
        kl.ReLU(),
        kl.MaxPooling2D(),
        kl.DepthwiseConv2D(3, depth_multiplier=2, activation="sigmoid", name="dw"),
        kl.SeparableConv2D(3, 2, padding="same", depth_multiplier=3, name="sep"),
        kl.Conv2DTranspose(3, 3, strides=2, name="up"),
        kl.LeakyReLU(),
        kl.Cropping2D(1),
        kl.PReLU(),
        kl.Flatten(),
        kl.Dense(5, name="d"),
        kl.Activation("gelu"),
        kl.Dense(2, name="out"),
    )


MODELS = {
    "dense": lambda: sequential((6,), kl.Dense(5, "sigmoid"), kl.Dense(4, "relu"), kl.Dense(3)),
    "branched": branched,
    "nested": nested,
    "convolutional": convolutional,
    "reshaped": lambda: sequential(
        (12,),
        kl.Dense(6, "relu"),
        kl.Reshape((2, 3)),
        kl.Permute((2, 1)),
        kl.Flatten(),
        kl.Dense(4, "elu"),
        kl.RepeatVector(3),
        kl.LSTM(3),
        kl.Dense(2),
    ),
    "sequence": lambda: sequential(
        (7, 3),
        kl.Conv1D(4, 3, activation="relu"),
        kl.SpatialDropout1D(0.2),
        kl.Conv1D(3, 2),
        kl.GlobalAveragePooling1D(),
        kl.Dense(2),
    ),
}


def scrambled(model, seed=0):
    """Set every variable away from its default; mostly positive, so that no unit is dead."""
    rng = np.random.default_rng(seed)
    weights = {
        path: rng.uniform(0.2, 0.6, w.shape)
        * np.where((rng.random(w.shape) < 0.2) & ("kernel" in path), -1, 1)
        for path, w in weights_of(model).items()
    }
    return with_weights(model, weights)


def touched(weights, slices, removed, values):
    """Set the entries of removed units to what `values` draws for their number."""
    for each in slices:
        moved = np.moveaxis(weights[each.path], each.axis, 0)
        gone = np.isin(each.units, removed)
        moved[gone] = values(moved[gone].shape)


@pytest.mark.parametrize("name", MODELS)
def test_silenced_units_say_nothing_whatever_they_hold(name):
    model = scrambled(MODELS[name]())
    rng = np.random.default_rng(1)
    x = rng.uniform(0.2, 1, (5, *model.input_shape[1:])).astype("float32")
    dense = model(x).numpy()
    checked = 0
    for reach in unit_reach(model).values():
        if not reach.read_by:
            continue
        assert not reach.stops
        checked += 1
        removed = [0, reach.size - 1]
        weights = weights_of(model)
        touched(weights, reach.own, removed, lambda shape: rng.uniform(5, 9, shape))
        for path in weights:  # or the mean would take away what the rest adds
            weights[path] = -weights[path] if path.endswith("moving_mean") else weights[path]
        loud = with_weights(model, weights)(x).numpy()
        assert np.abs(loud - dense).max() > 1e-3
        touched(weights, reach.read_by, removed, np.zeros)
        silent = with_weights(model, weights)(x).numpy()
        touched(weights, reach.own, removed, np.zeros)
        zeroed = with_weights(model, weights)(x).numpy()
        np.testing.assert_array_equal(silent, zeroed)
        weights = weights_of(model)
        touched(weights, reach.read_by, [1], np.zeros)
        assert np.abs(with_weights(model, weights)(x).numpy() - zeroed).max() > 1e-4
    assert checked == {"dense": 2, "branched": 3, "nested": 2, "convolutional": 4}.get(name, 2)


@pytest.mark.parametrize("name", ["dense", "branched", "nested", "reshaped"])
def test_a_silenced_input_is_read_by_nothing(name):
    model = scrambled(MODELS[name]())
    x = np.random.default_rng(1).normal(size=(5, *model.input_shape[1:])).astype("float32")
    (reach,) = input_reach(model).values()
    assert not reach.stops
    assert reach.size == x.shape[1]
    weights = weights_of(model)
    touched(weights, reach.read_by, [2], np.zeros)
    silent = with_weights(model, weights)
    other = x.copy()
    other[:, 2] += 3
    np.testing.assert_array_equal(silent(x).numpy(), silent(other).numpy())
    other[:, 3] += 3
    assert np.abs(silent(x).numpy() - silent(other).numpy()).max() > 1e-3


def test_pixels_are_features_of_what_flattens_them():
    model = sequential((3, 2), kl.Flatten(), kl.Dense(4, name="d"))
    (reach,) = input_reach(model).values()
    (read,) = reach.read_by
    np.testing.assert_array_equal(read.units, np.arange(6))
    model = sequential((4, 4, 1), kl.Conv2D(2, 3, name="c"), kl.Flatten(), kl.Dense(2))
    (reach,) = input_reach(model).values()
    assert reach.read_by == ()
    assert reach.stops == ("c",)


def residual(last_activation=None, **norm):
    x = keras.Input((4, 4, 3))
    y = kl.Conv2D(5, 3, padding="same", activation="relu", name="inner")(x)
    y = kl.Conv2D(3, 3, padding="same", activation=last_activation, name="last")(y)
    y = kl.BatchNormalization(name="norm", **norm)(y)
    z = kl.Add(name="sum")([x, y])
    return keras.Model(x, kl.Dense(2, name="out")(kl.GlobalAveragePooling2D()(z)))


@pytest.mark.parametrize(
    "norm", [{}, {"scale": False}, {"center": False}, {"scale": False, "center": False}]
)
def test_a_silenced_unit_arrives_at_a_sum_as_exactly_zero(norm):
    model = scrambled(residual(**norm))
    reach = unit_reach(model)
    assert reach["inner"].stops == ()
    assert reach["last"].stops == ("sum",)
    assert reach["last"].zero_at_stops
    assert reach["last"].read_by == ()
    weights = weights_of(model)
    touched(weights, reach["last"].own, [1], np.zeros)
    silent = with_weights(model, weights)
    arriving = keras.Model(silent.input, silent.get_layer("norm").output)
    x = np.random.default_rng(1).normal(size=(5, 4, 4, 3)).astype("float32")
    values = arriving(x).numpy()
    assert (values[..., 1] == 0).all()
    assert (values[..., [0, 2]] != 0).all()


def test_what_does_not_arrive_as_zero_is_told():
    assert unit_reach(residual("sigmoid"))["last"].zero_at_stops  # γ stops it
    assert not unit_reach(residual("sigmoid", scale=False))["last"].zero_at_stops

    x = keras.Input((4,))
    gate = kl.Dense(4, "sigmoid", name="gate")(x)
    gated = keras.Model(x, kl.Dense(2, name="out")(kl.Multiply(name="product")([x, gate])))
    assert unit_reach(gated)["gate"].stops == ("product",)
    assert not unit_reach(gated)["gate"].zero_at_stops
    shifted = sequential((4,), kl.Dense(3, name="d"), kl.ReLU(0, negative_slope=0.1, threshold=1.0))
    x = keras.Input((4,))
    y = kl.Dense(4, name="d")(x)
    y = kl.ReLU(negative_slope=0.1, threshold=1.0)(y)
    shifted = keras.Model(x, kl.Dense(2)(kl.Add(name="sum")([x, y])))
    assert not unit_reach(shifted)["d"].zero_at_stops


@keras.saving.register_keras_serializable("test_reach")
class Dropout(keras.Layer):
    """Not Keras' own, in spite of its name."""

    def call(self, x):
        return x[..., ::-1]


def test_what_is_not_known_stops_units():
    layer = kl.Dense(3, name="shared")
    x = keras.Input((3,))
    twice = keras.Model(x, kl.Dense(2, name="out")(layer(layer(kl.Dense(3, "relu", name="d")(x)))))
    assert unit_reach(twice)["d"].stops == ("shared",)
    mixed = sequential((3,), kl.Dense(3, "softmax", name="d"), kl.Dense(2))
    assert unit_reach(mixed)["d"].stops == ("d",)
    mixed = sequential((3,), kl.Dense(3, name="d"), kl.Activation("softmax", name="s"), kl.Dense(2))
    assert unit_reach(mixed)["d"].stops == ("s",)
    normed = sequential((3,), kl.Dense(3, name="d"), kl.LayerNormalization(name="n"), kl.Dense(2))
    assert unit_reach(normed)["d"].stops == ("n",)
    grouped = sequential((5, 4), kl.Conv1D(4, 2, name="d"), kl.Conv1D(4, 2, groups=2, name="g"))
    assert unit_reach(grouped)["d"].stops == ("g",)
    custom = sequential((3,), kl.Dense(3, name="d"), Dropout(name="own"), kl.Dense(2))
    assert unit_reach(custom)["d"].stops == ("own",)


def test_a_subclassed_model_has_no_graph():
    class Own(keras.Model):
        def call(self, x):
            return x

    model = Own(name="own")
    model(np.zeros((1, 2), "float32"))
    with pytest.raises(ValueError, match="'own' of type Own has no layer graph"):
        unit_reach(model)


def test_channels_through_depthwise_and_separable_kernels():
    x = keras.Input((4, 4, 2))
    y = kl.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="dw")(
        kl.Conv2D(2, 1, activation="sigmoid", name="c")(x)
    )
    z = kl.SeparableConv2D(3, 1, depth_multiplier=2, name="sep")(y)
    model = keras.Model(x, [z, kl.Add(name="sum")([y, y])])
    reach = unit_reach(model)["c"]
    own = {each.path: (each.axis, each.units.tolist()) for each in reach.own}
    assert own["dw/kernel"] == (2, [0, 1])
    assert own["dw/bias"] == (0, [0, 0, 1, 1])
    read = {each.path: (each.axis, each.units.tolist()) for each in reach.read_by}
    assert read == {
        "sep/depthwise_kernel": (2, [0, 0, 1, 1]),
        "sep/pointwise_kernel": (2, [0, 0, 0, 0, 1, 1, 1, 1]),
    }
    assert reach.stops == ("sum",)
    assert reach.zero_at_stops  # the filter's own zeros stop what sigmoid(0) would send
