"""A small classification task, and a model trained on it: never changed, so made once."""

import keras
import numpy as np
import pytest
from keras_cases import sequential

from explainprune.network.training.fitting import fit
from explainprune.types import Data, Rows


def dense_model(*, compiled=True, name="small"):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(12, "relu", name="first", kernel_initializer=glorot(0)),
            keras.layers.Dense(8, "sigmoid", name="second", kernel_initializer=glorot(1)),
            keras.layers.Dense(3, name="out", kernel_initializer=glorot(2)),
        ],
        name=name,
    )
    if compiled:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return model


def glorot(seed):
    return keras.initializers.GlorotUniform(seed=seed)


def rows(n, seed):
    """Three classes along the first two of six features."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)).astype("float32")
    y = (x[:, 0] > 0).astype(int) + ((x[:, 0] > 0) & (x[:, 1] > 0))
    return Rows(x, y)


@pytest.fixture(scope="session")
def data():
    return Data(rows(60, 2), rows(200, 0), rows(80, 1), task="classification", name="planes")


@pytest.fixture(scope="session")
def model(data):
    trained, _ = fit(dense_model(), data.train, epochs=15, seed=0)
    return trained


@pytest.fixture(scope="session")
def normalised():
    """Every criterion is defined for it."""
    layers = []
    for units in (12, 8):
        name = ["first", "second"][units == 8]
        layers += [keras.layers.Dense(units, kernel_initializer=glorot(units), name=name)]
        layers += [keras.layers.BatchNormalization(), keras.layers.ReLU()]
    out = keras.layers.Dense(3, kernel_initializer=glorot(3), name="out")
    return sequential((6,), *layers, out)


@pytest.fixture
def untrained():
    return dense_model(compiled=False)
