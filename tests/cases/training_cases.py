"""A small model, rows and masks to train it with."""

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.variables import variables, weights_of
from explainprune.types import Masks, Rows

L = keras.layers


def rows(n=150, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=n)
    x = rng.normal(size=(n, 6)).astype(np.float32) + np.eye(classes, 6, dtype=np.float32)[y] * 2
    return Rows(x, y)


def mlp(outputs=3, activation=None, compiled=True, dropout=0.2):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            L.Input((6,)),
            L.Dense(20, activation="relu", name="first"),
            L.Dropout(dropout),
            L.Dense(outputs, activation=activation, name="last"),
        ]
    )
    if compiled:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, metrics=["accuracy"])
    return model


def ninety_percent(model):
    rng = np.random.default_rng(5)
    arrays = {}
    for path in ("first/kernel", "last/kernel", "first/bias"):
        flat = np.ones(variables(model)[path].shape, bool).ravel()
        flat[: round(0.9 * flat.size)] = False
        arrays[path] = rng.permutation(flat).reshape(variables(model)[path].shape)
    return Masks(arrays)


def zeros(model, masks):
    """Count the nonzero entries that should be zero, and zeros among the kept kernel entries."""
    held = weights_of(model)
    wrong = sum(int(np.count_nonzero(held[path][~mask])) for path, mask in masks.items())
    kernels = [path for path in masks if path.endswith("kernel")]
    return wrong, sum(int((held[path][masks[path]] == 0).sum()) for path in kernels)
