"""Networks and slow references that several attribution tests share."""

import numpy as np
import pytest
from exact_reference import averaged
from exact_reference import shapley_by_definition as reference

from explainprune.network import FormulaNetwork

FEATURES, OUTPUTS = 5, 3


def shapley_by_definition(function, x, background, players=None):
    """Average marginal contributions over all subsets, then over background rows: (P, K)."""
    players = np.arange(x.size) if players is None else np.asarray(players)

    def outputs(rows):
        return np.asarray(function(rows)).reshape(len(rows), -1)

    return averaged(reference, outputs, x[None], background, players)[0]


@pytest.fixture(scope="session")
def by_definition():
    return shapley_by_definition


@pytest.fixture(scope="session")
def rows():
    """Three samples and four background rows of five features."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(3, FEATURES)).astype("float32"), rng.normal(size=(4, FEATURES)).astype(
        "float32"
    )


def tanh_network(seed=0, features=FEATURES, outputs=OUTPUTS, units=7):
    """Return a tanh network as a formula with its gradient."""
    rng = np.random.default_rng(seed)
    first, bias = rng.normal(size=(features, units)), rng.normal(size=units)
    last = rng.normal(size=(units, outputs))

    def formula(x):
        return np.tanh(x @ first + bias) @ last

    def gradient(x):
        slope = 1 - np.tanh(x @ first + bias) ** 2
        return np.einsum("du,nu,uk->ndk", first, slope, last)

    return FormulaNetwork(formula, features, gradient, n_outputs=outputs)


@pytest.fixture
def smooth():
    """A tanh network of five features and three outputs."""
    return tanh_network()


@pytest.fixture(scope="session")
def make_smooth():
    return tanh_network


@pytest.fixture(scope="session")
def mlp():
    """A Keras network: features 0 and 1 are treated alike, feature 4 is read by nothing."""
    from keras_cases import layers, randomised, sequential

    stack = [layers.Dense(6, "tanh"), layers.Dense(4, "relu"), layers.Dense(OUTPUTS, "softmax")]
    model = randomised(sequential((FEATURES,), *stack), seed=2, scale=1)
    kernel = model.layers[0].kernel.numpy()
    kernel[1], kernel[4] = kernel[0], 0
    model.layers[0].kernel.assign(kernel)
    return model
