"""The network, rows and attributions that both are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import explainprune as xp
from explainprune.network import as_network, fit
from explainprune.types import Rows

Array = Any
SHAPE = (8, 8, 1)


@dataclass(frozen=True)
class Case:
    """A small convolutional network on handwritten digits, with what is explained of it."""

    model: Any
    network: Any
    x: Array
    values: Array
    other: Array
    truth: Array
    targets: Array

    def first(self, n: int) -> Case:
        """Keep the first rows."""
        parts = (self.x, self.values, self.other, self.truth, self.targets)
        return Case(self.model, self.network, *(part[:n] for part in parts))

    @property
    def flat(self) -> Array:
        """Rows laid flat, as our metrics read them."""
        return self.x.reshape(len(self.x), -1)


def case(n: int) -> Case:
    """Train on digits, and explain rows by input times gradient."""
    import keras

    data = xp.load_data("digits")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(16, 3, activation="relu", name="conv"),
            layers.Conv2D(16, 3, activation="relu", name="conv_2"),
            layers.Flatten(name="flat"),
            layers.Dense(32, activation="relu", name="hidden"),
            layers.Dense(10, name="logits"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    model, _ = fit(model, Rows(data.train.x.reshape(-1, *SHAPE), data.train.y), epochs=5, seed=0)
    rng = np.random.default_rng(0)
    x = data.train.x[:n].reshape(-1, *SHAPE).astype(np.float32)
    network = as_network(model, output="logit", like=x)
    flat = x.reshape(n, -1)
    targets = network.outputs(flat).argmax(axis=1)
    values = flat * network.gradients(flat, targets)
    other = values + 0.3 * values.std() * rng.normal(size=values.shape)
    return Case(model, network, x, values, other, rng.random(values.shape) < 0.3, targets)


def explain(network: Any, rows: Array, targets: Array) -> Array:
    """Explain by input times gradient, compiled."""
    return rows * network.gradients(rows, targets)
