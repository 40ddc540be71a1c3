"""Statistics of a model that computes in half precision: those of its twin in single."""

import numpy as np
import pytest

from explainprune import importance
from explainprune.network.backend import keras

L = keras.layers


def made(policy):
    keras.utils.set_random_seed(0)
    hidden = [L.Dense(6, "relu", dtype=policy, name="a"), L.BatchNormalization(dtype=policy)]
    model = keras.Sequential([keras.Input((5,)), *hidden, L.Dense(3, dtype=policy, name="b")])
    model.add(L.Activation("softmax", dtype="float32"))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize(
    "criterion",
    ["fisher", "taylor", "grasp", "obs", "conductance", "synflow", "ablation", "activation_std"],
)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_criteria_are_computed_in_single_precision(policy, criterion):
    half, single = made(policy), made("float32")
    x = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
    kernel = half.get_layer("b").kernel
    kernel.assign(kernel * 30)  # sure of every row: slopes whose squares half precision loses
    single.set_weights(half.get_weights())
    y = np.asarray(single(x)).argmax(axis=1)
    found, wanted = (importance(m, x, y, criterion=criterion) for m in (half, single))
    np.testing.assert_array_equal(found["a"], wanted["a"])
    assert np.ptp(wanted["a"]) > 0
    assert half.get_layer("a").compute_dtype == policy.removeprefix("mixed_")
