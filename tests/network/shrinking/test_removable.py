"""Groups of coupled units, and masks that make them silent whatever they are."""

import numpy as np
import pytest

from explainprune.network.backend import keras
from explainprune.network.shrinking.removable import removable_units

L = keras.layers


@pytest.fixture
def model(randomise):
    """A residual net whose activations make no zero of zero."""
    x = keras.Input((6, 6, 2))
    a = L.Conv2D(4, 3, padding="same", activation="sigmoid", name="a")(x)
    b = L.Conv2D(4, 3, padding="same", name="b")(a)
    y = L.Activation("softplus")(L.BatchNormalization(name="bn")(L.Add()([a, b])))
    y = L.DepthwiseConv2D(3, depth_multiplier=2, name="d")(y)
    y = L.GRU(3, name="r")(L.Reshape((16, 8))(y))
    return randomise(keras.Model(x, L.Dense(2, name="head")(y)))


def test_members(model):
    found = [
        {path: list(units) for path, units in members.items()}
        for members in removable_units(model).members
    ]
    assert found == [{"a": [i], "b": [i], "d": [2 * i, 2 * i + 1]} for i in range(4)] + [
        {"r/cell": [i]} for i in range(3)
    ]


def test_masks_written_out(model):
    masks = removable_units(model).masks([1, 6])
    one, last = np.arange(4) != 1, np.arange(3) != 2
    assert set(masks) == {
        *("a/kernel", "a/bias", "b/kernel", "b/bias", "bn/gamma", "bn/beta", "d/kernel", "d/bias"),
        *("r/cell/kernel", "r/cell/recurrent_kernel", "r/cell/bias", "head/kernel"),
    }
    np.testing.assert_array_equal(masks["a/kernel"], np.broadcast_to(one, (3, 3, 2, 4)))
    np.testing.assert_array_equal(
        masks["b/kernel"], np.broadcast_to(one[:, None] & one, (3, 3, 4, 4))
    )
    np.testing.assert_array_equal(masks["d/bias"], np.repeat(one, 2))
    np.testing.assert_array_equal(
        masks["r/cell/recurrent_kernel"], np.tile(last[:, None] & last, (1, 3))
    )
    np.testing.assert_array_equal(masks["head/kernel"], np.broadcast_to(last[:, None], (3, 2)))


def test_shrinking_the_masked_model_removes_exactly_these(model, check):
    masks = removable_units(model).masks([0, 3, 5])
    made = check(model, masks=masks)
    assert made.plan.removed == {"a": 2, "b": 2, "d": 4, "r": 1}
    assert not made.folds


def test_the_last_group_stays(model, check):
    made = check(model, masks=removable_units(model).masks(range(7)))
    assert made.plan.removed == {"a": 3, "b": 3, "d": 6, "r": 2}


def test_nothing_masked(model):
    assert removable_units(model).masks([]) == {}
