"""Networks of ten inputs, small enough for their values to be known."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network import FormulaNetwork, Network, as_network

Array = Any
INPUTS = 10


def curved() -> FormulaNetwork:
    """A layer of tanh."""
    rng = np.random.default_rng(3)
    first, bias, last = rng.normal(size=(INPUTS, 8)), rng.normal(size=8), rng.normal(size=8)

    def gradient(x: Array) -> Array:
        return ((1 - np.tanh(x @ first + bias) ** 2) * last) @ first.T

    return FormulaNetwork(lambda x: np.tanh(x @ first + bias) @ last, INPUTS, gradient,
                          rows_per_call=2**15)  # fmt: skip


def kinked() -> FormulaNetwork:
    """Two layers of ReLU."""
    rng = np.random.default_rng(4)
    first, bias = rng.normal(size=(INPUTS, 12)), rng.normal(size=12)
    second, last = rng.normal(size=(12, 6)), rng.normal(size=6)

    def hidden(x: Array) -> Array:
        return np.maximum(x @ first + bias, 0)

    def gradient(x: Array) -> Array:
        above = (hidden(x) @ second > 0) * last
        return ((above @ second.T) * (x @ first + bias > 0)) @ first.T

    return FormulaNetwork(lambda x: np.maximum(hidden(x) @ second, 0) @ last, INPUTS, gradient,
                          rows_per_call=2**15)  # fmt: skip


def conjunction() -> FormulaNetwork:
    """All of ten conditions at once: a player matters only where the nine others are present."""

    def formula(x: Array) -> Array:
        return np.prod(1 / (1 + np.exp(-3 * x)), axis=1)

    def gradient(x: Array) -> Array:
        return formula(x)[:, None] * 3 * (1 - 1 / (1 + np.exp(-3 * x)))

    return FormulaNetwork(formula, INPUTS, gradient, rows_per_call=2**15)


def sparse() -> Network:
    """Two layers of tanh, 2 to 4 inputs to a unit; hybrid enumerates games of up to 6 players."""
    from explainprune.network.backend import keras

    rng, layers = np.random.default_rng(5), keras.layers
    model = keras.Sequential([keras.Input((INPUTS,)), layers.Dense(12, "tanh"),
                              layers.Dense(8, "tanh"), layers.Dense(1)])  # fmt: skip
    for layer in model.layers:
        kernel = rng.normal(size=layer.kernel.shape)
        for unit in range(kernel.shape[1]) if layer is not model.layers[-1] else ():
            kernel[rng.permutation(len(kernel))[2 + unit % 3 :], unit] = 0
        layer.kernel.assign(kernel)
        layer.bias.assign(rng.normal(size=layer.bias.shape))
    return as_network(model)
