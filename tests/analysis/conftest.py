"""A small classifier trained on real data, and networks given by formulas."""

import numpy as np
import pytest

from explainprune.network import FormulaNetwork


@pytest.fixture(scope="session")
def digits():
    """Scikit-learn's digits: 449 rows to score, 1,078 to learn from."""
    from explainprune.data import load_data

    return load_data("digits")


@pytest.fixture(scope="session")
def classifier(digits):
    """A 64-24-16-10 network with a softmax, trained for about a second."""
    from explainprune.network.backend import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(24, "relu", name="first"),
            keras.layers.Dense(16, "relu", name="second"),
            keras.layers.Dense(10, "softmax", name="out"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(digits.train.x, digits.train.y, epochs=6, batch_size=64, verbose=0)
    predicted = np.asarray(model(digits.x)).argmax(axis=1)
    assert (predicted == digits.y).mean() > 0.9
    return model


def _curved(d=8, outputs=3, seed=0, noise=0.0):
    """Three classes of a tanh layer, logits centred; `noise` moves its weights."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(d, 5)), rng.normal(size=(5, outputs))
    move = np.random.default_rng(seed + 1)
    first = first + noise * move.normal(size=first.shape)
    second = 2 * (second - second.mean(axis=1, keepdims=True))

    def gradient(x):
        return np.einsum("di,ni,ik->ndk", first, 1 - np.tanh(x @ first) ** 2, second)

    return FormulaNetwork(lambda x: np.tanh(x @ first) @ second, d, gradient, n_outputs=outputs)


def _linear(weights):
    """Outputs ``x @ weights``: every attribution method must say ``w · (x − mean b)``."""
    weights = np.asarray(weights, dtype=float)
    weights = weights[:, None] if weights.ndim == 1 else weights
    d, outputs = weights.shape
    return FormulaNetwork(
        lambda x: x @ weights,
        d,
        lambda x: np.broadcast_to(weights, (len(x), d, outputs)),
        n_outputs=outputs,
    )


def _rows(n=90, d=8, seed=5):
    """Inputs with a spread that differs from feature to feature."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * np.linspace(0.5, 1.5, d)


@pytest.fixture(scope="session")
def curved():
    """Make a formula of three classes: see `_curved`."""
    return _curved


@pytest.fixture(scope="session")
def linear():
    """Make a linear formula: see `_linear`."""
    return _linear


@pytest.fixture(scope="session")
def normal_rows():
    """Make inputs: see `_rows`."""
    return _rows
