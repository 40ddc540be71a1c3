"""The networks that are explained, with rows and background."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

import explainprune as xp
from explainprune.network import fit, perceptron
from explainprune.types import Rows

Array = Any


@dataclass(frozen=True)
class Case:
    """A network with what is explained of it.

    Attributes
    ----------
    name : str
    model : keras.Model
        It outputs logits.
    x, background : ndarray
        In the model's own shape, in [0, 1].
    few : int
        So many of the rows are explained by methods that evaluate coalitions.
    patch : int
        Side of the square patches that are a player each; 1: every feature is a player.
    """

    name: str
    model: Any
    x: Array
    background: Array
    few: int
    patch: int = 1

    @property
    def targets(self) -> Array:
        """The predicted class of each row."""
        return np.argmax(np.asarray(self.model(self.x)), axis=1)

    @property
    def players(self) -> Array | None:
        """The player of each feature, in the model's own shape; None where each is one."""
        if self.patch == 1:
            return None
        rows, columns, channels = self.x.shape[1:]
        along = np.arange(columns) // self.patch
        wide = along.max() + 1
        grid = (np.arange(rows) // self.patch)[:, None] * wide + along
        return np.repeat(grid[..., None], channels, axis=2)

    def first(self, n: int) -> Case:
        """Keep the first rows only."""
        return replace(self, x=self.x[:n])


def _digits(enlarged: bool) -> tuple[Rows, Array]:
    """Return rows to learn from, and rows to explain that hold both 0 and 1."""
    data = xp.load_data("digits")
    seen = data.x[np.ptp(data.x, axis=1) == 1]

    def shaped(x: Array) -> Array:
        if not enlarged:
            return x
        wide = np.kron(x.reshape(-1, 8, 8), np.ones((1, 3, 3), x.dtype))
        return np.pad(wide, ((0, 0), (2, 2), (2, 2)))[..., None]

    return Rows(shaped(data.train.x), data.train.y), shaped(seen)


def _trained(model: Any, rows: Rows, epochs: int) -> Any:
    if not epochs:
        return model
    model.compile(
        keras.optimizers.Adam(2e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    return fit(model, rows, epochs=epochs, seed=0)[0]


def multilayer(quick: bool, epochs: int = 30) -> Case:
    """64-64-32-10, trained on handwritten digits."""
    rows, seen = _digits(enlarged=False)
    model = _trained(perceptron(64, 10, hidden=(64, 32)), rows, epochs)
    n, b = (4, 8) if quick else (100, 100)
    return Case("MLP 64-64-32-10", model, seen[:n], rows.x[:b], 2 if quick else 10)


def convolutional(quick: bool, epochs: int = 6) -> Case:
    """Two convolutions with pooling, 28×28, trained on digits three times enlarged."""
    rows, seen = _digits(enlarged=True)
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    model = _trained(model, rows, epochs)
    n, b = (2, 3) if quick else (40, 50)
    return Case("CNN 28×28", model, seen[:n], rows.x[:b], 1 if quick else 4, 14 if quick else 4)


def mobile() -> Case:
    """MobileNetV2 for 96×96 images, with random weights and images."""
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNetV2(
        weights=None, input_shape=(96, 96, 3), classes=10, classifier_activation=None
    )
    images = np.random.default_rng(0).random((12, 96, 96, 3), dtype=np.float32)
    return Case("MobileNetV2 96×96", model, images[:4], images[4:12], 1, 32)


def shrunk(dense: Case) -> tuple[Case, str]:
    """Remove units until half of the operations are left, and shrink; say how many are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        pruned = xp.prune(
            dense.model,
            criterion="magnitude",
            granularity="unit",
            allocation="uniform",
            budget={"flops_kept": 0.5},
            schedule="one_shot",
        )
        smaller = xp.shrink(pruned.model, masks=pruned.masks)
    left = smaller.certificate.after.flops / smaller.certificate.before.flops
    return replace(dense, model=smaller.model), f"{left:.0%} of the operations"
