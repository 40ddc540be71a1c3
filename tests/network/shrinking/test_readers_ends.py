"""Where units end unmultiplied by any weight, and what arrives there of a silent one."""

import keras
import numpy as np
import pytest
from keras import layers as kl
from keras_cases import scrambled, sequential

from explainprune.network import apply_masks
from explainprune.network.shrinking.readers import readers_of_units
from explainprune.network.shrinking.removable import removable_units


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
    readers = readers_of_units(model)
    assert readers["inner"].ends == ()
    assert (readers["last"].slices, readers["last"].ends) == ((), ("sum",))
    found = removable_units(model, couples=False)
    assert found.meets == ("last",)
    silent = apply_masks(model, found.masks([alone(found, "last", 1)]))
    arriving = keras.Model(silent.input, silent.get_layer("norm").output)
    x = np.random.default_rng(1).normal(size=(5, 4, 4, 3)).astype("float32")
    values = arriving(x).numpy()
    assert (values[..., 1] == 0).all()
    assert (values[..., [0, 2]] != 0).all()


def alone(found, path, unit):
    """Return the index of the group that is one unit."""
    return [members.get(path, np.array(-1)).tolist() for members in found.members].index([unit])


def test_what_does_not_arrive_as_zero_is_told():
    def reason(model, name):
        return removable_units(model, couples=False).reasons.get(name)

    not_zero = "a silent unit isn't 0 where {!r} reads it".format
    assert reason(residual("sigmoid"), "last") is None  # γ stops it
    assert reason(residual("sigmoid", scale=False), "last") == not_zero("sum")
    x = keras.Input((4,))
    gate = kl.Dense(4, "sigmoid", name="gate")(x)
    gated = keras.Model(x, kl.Dense(2, name="out")(kl.Multiply(name="product")([x, gate])))
    assert readers_of_units(gated)["gate"].ends == ("product",)
    assert reason(gated, "gate") == not_zero("product")
    y = kl.ReLU(negative_slope=0.1, threshold=1.0)(kl.Dense(4, name="d")(x))
    shifted = keras.Model(x, kl.Dense(2)(kl.Add(name="sum")([x, y])))
    assert reason(shifted, "d") == not_zero("sum")


@keras.saving.register_keras_serializable("test_reach")
class Dropout(keras.Layer):
    """Not Keras' own, in spite of its name."""

    def call(self, x):
        return x[..., ::-1]


def test_units_end_at_what_is_not_known():
    def ends(*behind):
        model = sequential((5, 4), kl.Conv1D(4, 2, name="d"), *behind)
        return readers_of_units(model)["d"].ends

    assert ends(kl.Activation("softmax", name="s"), kl.Dense(2)) == ("s",)
    assert ends(kl.LayerNormalization(name="n"), kl.Dense(2)) == ("n",)
    assert ends(kl.Conv1D(4, 2, groups=2, name="g")) == ("g",)
    assert ends(Dropout(name="own"), kl.Dense(2)) == ("own",)
    mixed = sequential((3,), kl.Dense(3, "softmax", name="d"), kl.Dense(2, name="out"))
    assert [part.path for part in readers_of_units(mixed)["d"].slices] == ["out/kernel"]


def test_channels_through_depthwise_and_separable_kernels():
    x = keras.Input((4, 4, 2))
    y = kl.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="dw")(
        kl.Conv2D(2, 1, activation="sigmoid", name="c")(x)
    )
    z = kl.SeparableConv2D(3, 1, depth_multiplier=2, name="sep")(y)
    model = keras.Model(x, [z, kl.Add(name="sum")([y, y])])
    found = removable_units(model, couples=False)
    masks = found.masks([alone(found, "c", 1)])
    np.testing.assert_array_equal(masks["dw/kernel"][0, 0], [[True] * 2, [False] * 2])
    np.testing.assert_array_equal(masks["dw/bias"], [True, True, False, False])
    readers = readers_of_units(model)["c"]
    read = {each.path: (each.axis, each.units.tolist()) for each in readers.slices}
    assert read == {
        "sep/depthwise_kernel": (2, [0, 0, 1, 1]),
        "sep/pointwise_kernel": (2, [0, 0, 0, 0, 1, 1, 1, 1]),
    }
    assert readers.ends == ("sum",)
    assert found.meets == ("c", "dw")  # the filter's own zeros stop what sigmoid(0) would send


def test_a_transposed_kernel_is_read_along_its_last_axis():
    x = keras.Input((4, 4, 2))
    y = kl.Conv2D(3, 1, activation="sigmoid", name="c")(x)
    (part,) = readers_of_units(keras.Model(x, kl.Conv2DTranspose(5, 3, name="up")(y)))["c"].slices
    assert (part.path, part.axis, part.units.tolist()) == ("up/kernel", 3, [0, 1, 2])
