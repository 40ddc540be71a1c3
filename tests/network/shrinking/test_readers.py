"""A unit that nothing reads any more says nothing, whatever it holds."""

import keras
import numpy as np
import pytest
from keras import layers as kl
from keras_cases import scrambled, sequential

from explainprune.network.listing import layers
from explainprune.network.shrinking.readers import Slices, readers_of_inputs, readers_of_units
from explainprune.network.variables import weights_of, with_weights


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


def stated(size):
    x = keras.Input((size,))
    seen, *state = kl.LSTM(3, return_state=True)(kl.RepeatVector(3)(x))
    again = kl.LSTM(3)(kl.RepeatVector(2)(x), initial_state=state)
    return keras.Model(x, kl.Dense(2)(kl.Concatenate()([seen, again])))


def attended(size):
    x = keras.Input((size,))
    steps = kl.RepeatVector(3)(x)
    return keras.Model(x, kl.Dense(2)(kl.Flatten()(kl.MultiHeadAttention(2, 2)(steps, steps))))


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
    "scaled": lambda: sequential(
        (4,),
        kl.Normalization(mean=[1.0, 2, 3, 4], variance=[1.0, 2, 1, 2]),
        kl.Rescaling([1.0, 2, 3, 4]),
        kl.PReLU(),
        kl.Dense(3, name="d"),
        kl.Normalization(mean=1.0, variance=2.0),
        kl.Dense(2),
    ),
    "states": lambda: stated(6),
    "attended": lambda: attended(6),
    "both_ways": lambda: sequential(
        (6,), kl.RepeatVector(3), kl.Bidirectional(kl.GRU(2)), kl.Dense(2)
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
    infos = {info.path: info for info in layers(model)}
    for path, readers in readers_of_units(model).items():
        if not readers.slices:
            continue
        assert not readers.ends
        checked += 1
        removed = [0, readers.size - 1]
        own = Slices(infos[path].kernel, infos[path].unit_axis, np.arange(readers.size))
        weights = weights_of(model)
        touched(weights, [own], removed, lambda shape: rng.uniform(5, 9, shape))
        loud = with_weights(model, weights)(x).numpy()
        assert np.abs(loud - dense).max() > 1e-3
        touched(weights, readers.slices, removed, np.zeros)
        silent = with_weights(model, weights)(x).numpy()
        touched(weights, [own], removed, np.zeros)
        zeroed = with_weights(model, weights)(x).numpy()
        np.testing.assert_array_equal(silent, zeroed)
        weights = weights_of(model)
        touched(weights, readers.slices, [1], np.zeros)
        assert np.abs(with_weights(model, weights)(x).numpy() - zeroed).max() > 1e-4
    expected = {"branched": 3, "convolutional": 4, "scaled": 1}
    assert checked == (0 if name in NO_HIDDEN else expected.get(name, 2))


NO_HIDDEN = ["states", "attended", "both_ways"]
FLAT = ["dense", "branched", "nested", "reshaped", "scaled", "states", "attended", "both_ways"]


@pytest.mark.parametrize("name", FLAT)
def test_a_silenced_input_is_read_by_nothing(name):
    model = scrambled(MODELS[name]())
    x = np.random.default_rng(1).normal(size=(5, *model.input_shape[1:])).astype("float32")
    (readers,) = readers_of_inputs(model).values()
    assert not readers.ends
    assert readers.size == x.shape[1]
    assert all(part.alone for part in readers.slices)
    weights = weights_of(model)
    touched(weights, readers.slices, [2], np.zeros)
    silent = with_weights(model, weights)
    other = x.copy()
    other[:, 2] += 3
    np.testing.assert_array_equal(silent(x).numpy(), silent(other).numpy())
    other[:, 3] += 3
    assert np.abs(silent(x).numpy() - silent(other).numpy()).max() > 1e-3


def test_pixels_are_features_of_what_flattens_them():
    model = sequential((3, 2), kl.Flatten(), kl.Dense(4, name="d"))
    (readers,) = readers_of_inputs(model).values()
    (read,) = readers.slices
    np.testing.assert_array_equal(read.units, np.arange(6))
    model = sequential((4, 4, 1), kl.Conv2D(2, 3, name="c"), kl.Flatten(), kl.Dense(2))
    (readers,) = readers_of_inputs(model).values()
    assert readers.slices == ()
    assert readers.ends == ("c",)


def test_entries_are_followed_where_they_lie_along_no_axis():
    model = sequential((2, 3, 2), kl.Dropout(0.1), kl.PReLU(), kl.Permute((3, 1, 2)), kl.Flatten())
    model.add(kl.Dense(4, name="d"))
    (readers,) = readers_of_inputs(model).values()
    (read,) = readers.slices
    expected = np.arange(12).reshape(2, 3, 2).transpose(2, 0, 1).ravel()
    np.testing.assert_array_equal(read.units, expected)


def test_pixels_that_end_do_not_hide_the_channels_beside_them():
    x = keras.Input((4, 4, 2))
    joined = kl.Concatenate(name="joined")([x, kl.Conv2D(3, 3, padding="same", name="c")(x)])
    model = keras.Model(x, kl.Conv2D(2, 2, name="e")(joined))
    (readers,) = readers_of_inputs(model).values()
    assert (readers.slices, readers.ends) == ((), ("c", "joined"))
    (read,) = readers_of_units(model)["c"].slices
    assert (read.path, read.axis, read.units.tolist()) == ("e/kernel", 2, [-1, -1, 0, 1, 2])


def test_the_same_weight_may_read_others_at_another_place():
    x = keras.Input((3,))
    layer = kl.Dense(3, name="shared")
    model = keras.Model(x, kl.Dense(2, name="out")(layer(layer(x))))
    (readers,) = readers_of_inputs(model).values()
    assert [(part.path, part.alone) for part in readers.slices] == [("shared/kernel", False)]
    found = readers_of_units(model)["shared"].slices
    assert {part.path for part in found} == {"shared/kernel", "out/kernel"}
    model = keras.Model(x, kl.Add()([layer(x), kl.Dense(3)(layer(x))]))
    (readers,) = readers_of_inputs(model).values()
    assert [(part.path, part.alone) for part in readers.slices] == [("shared/kernel", True)]


def test_one_group_for_each_channel_has_units_of_its_own():
    x = keras.Input((5, 2))
    c = kl.Conv1D(2, 1, name="c")(x)
    grouped = kl.Conv1D(4, 2, groups=2, padding="same", name="grouped")(c)
    model = keras.Model(x, [kl.Conv1D(1, 1, name="a")(grouped), kl.Conv1D(1, 1, name="b")(c)])
    found = readers_of_units(model)
    assert [(part.path, part.units.tolist()) for part in found["grouped"].slices] == [
        ("a/kernel", [0, 1, 2, 3])
    ]
    assert [part.path for part in found["c"].slices] == ["b/kernel"]
    assert found["c"].ends == ("grouped",)


def test_masks_and_tokens_end_where_they_are_looked_up():
    x, told = keras.Input((4, 3), name="x"), keras.Input((4,), dtype="bool", name="told")
    model = keras.Model([x, told], kl.LSTM(2, name="r")(x, mask=told))
    assert readers_of_inputs(model)["told"].ends == ("r",)
    model = sequential((4,), kl.Embedding(5, 2, name="table"), kl.Flatten(), kl.Dense(2))
    (readers,) = readers_of_inputs(model).values()
    assert (readers.slices, readers.ends) == ((), ("table",))
    model = sequential((1,), kl.Embedding(5, 2, name="table"), kl.Flatten(), kl.Dense(2))
    assert readers_of_inputs(model).popitem()[1].ends == ("table",)  # its one token is unit 0


def test_an_input_of_unknown_size_is_refused():
    model = sequential((None, 3), kl.Dense(2), kl.GlobalAveragePooling1D())
    with pytest.raises(ValueError, match=r"cannot be counted. Received: shape=\(None, 3\)"):
        readers_of_inputs(model)
