"""What outputs decide, where they decide anything."""

import keras
import numpy as np
import pytest
from keras import layers as L

import explainprune as xp
from explainprune.network import KerasNetwork
from explainprune.network.functions.decisions import answers_apart, decided
from explainprune.network.functions.scores import boundary_of
from explainprune.types import Data, Rows

X = np.random.default_rng(0).normal(size=(20, 5)).astype("float32")


def ending(end, units, loss=None):
    model = keras.Sequential([keras.Input((5,)), L.Dense(4, "relu"), L.Dense(units, end)])
    if loss is not None:
        model.compile("sgd", loss)
    return model


BCE = keras.losses.BinaryCrossentropy(from_logits=True)
OUT = np.array([[2.0, 1, -1], [1, -1, -1]])


@pytest.mark.parametrize(
    ("end", "loss", "task", "y", "expected"),
    [
        ("softmax", None, "unknown", None, [[0], [0]]),
        (None, None, "unknown", None, [[0], [0]]),
        (None, "mse", "unknown", None, None),
        (None, None, "regression", OUT, None),
        ("sigmoid", "mse", "unknown", None, None),
        ("sigmoid", "mse", "classification", [0, 1], [[0], [0]]),
        ("sigmoid", None, "unknown", None, [[1, 1, 0], [1, 0, 0]]),
        ("sigmoid", None, "classification", [[1, 1, 0], [0, 0, 0]], [[1, 1, 0], [1, 0, 0]]),
        ("sigmoid", None, "classification", [0, 1], [[0], [0]]),
        (None, BCE, "unknown", None, [[1, 1, 0], [1, 0, 0]]),
    ],
)
def test_vectors(end, loss, task, y, expected):
    network = KerasNetwork(ending(end, 3, loss), like=X)
    found = decided(network, OUT, Data(Rows(X[:2], y), task=task), logits=True)
    assert found is expected if expected is None else found.tolist() == expected
    assert answers_apart(network) == (end == "sigmoid" or loss is BCE)


@pytest.mark.parametrize(
    ("end", "loss", "logits", "expected"),
    [
        ("sigmoid", None, True, [1, 1, 0]),
        ("sigmoid", None, False, [1, 0, 0]),
        (None, BCE, True, [1, 1, 0]),
        ("hard_sigmoid", "binary_crossentropy", True, [1, 0, 0]),
        (None, "mse", True, None),
        (None, None, True, None),
    ],
)
def test_one_unit(end, loss, logits, expected):
    network = KerasNetwork(ending(end, 1, loss), like=X)
    found = decided(network, np.array([[0.9], [0.3], [-1.0]]), None, logits=logits)
    assert found is expected if expected is None else found[:, 0].tolist() == expected


def test_a_boundary_is_half_where_the_loss_reads_a_probability():
    assert boundary_of(ending(None, 1, BCE), "raw") == 0
    assert boundary_of(ending("hard_sigmoid", 1, keras.losses.BinaryCrossentropy()), "raw") == 0.5
    assert boundary_of(ending(None, 1), "raw") == 0 and boundary_of(ending(None, 1), "sigmoid")


def test_certificates_count_no_flips_of_numbers():
    model = ending(None, 3, "mse")
    for data in (X, (X, X[:, :3])):
        assert xp.shrink(model, data=data).certificate.flips is None
    assert xp.shrink(ending(None, 3), data=X).certificate.flips == 0
