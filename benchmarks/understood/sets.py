"""Tables, and networks trained on them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import keras
import numpy as np

import explainprune as xp
from explainprune.network import fit, perceptron
from explainprune.types import Data, Rows

EXAMPLES = Path(__file__).parents[2] / "examples"
TABLES = ("breast_cancer", "wine", "diabetes", "mortgages", "planted")
PLANTED = 4
"""Features of the planted table that count; as many don't."""


def planted_shapes(x: Any) -> Any:
    """Return what each planted feature adds: a sine, a step, a square and a kink."""
    return np.stack(
        [
            np.sin(2 * x[:, 0]),
            np.where(x[:, 1] > 0.3, 1.0, -0.5),
            0.5 * x[:, 2] ** 2,
            np.abs(x[:, 3] + 0.5),
        ],
        axis=1,
    )


def planted(seed: int) -> Data:
    """1,800 rows of eight features; four add up to the label, with noise of sd .3."""
    rng = np.random.default_rng([seed, 99])
    x = rng.normal(size=(1800, 2 * PLANTED)).clip(-2.5, 2.5).astype(np.float32)
    y = planted_shapes(x).sum(axis=1) + rng.normal(0, 0.3, len(x))
    y = (y - y.mean()).astype(np.float32)
    parts = (Rows(x[part], y[part]) for part in np.split(np.arange(1800), [1000, 1300]))
    train, validation, test = parts
    return Data(test, train, validation, task="regression", name="planted")


def loaded(name: str, seed: int) -> Data:
    """Load a table, its split drawn by the seed, with validation rows."""
    if name == "planted":
        return planted(seed)
    if name != "mortgages":
        return xp.load_data(name, seed=seed)
    whole = runpy.run_path(str(EXAMPLES / "mortgage_reasons.py"))["loaded"](seed)
    order = np.random.default_rng(seed).permutation(len(whole.train))
    held = len(order) // 5
    return Data(
        Rows(whole.scored.x, whole.scored.y),
        Rows(whole.train.x[order[held:]], whole.train.y[order[held:]]),
        Rows(whole.train.x[order[:held]], whole.train.y[order[:held]]),
        task="classification",
        name=name,
        feature_names=whole.feature_names,
        class_names=whole.class_names,
    )


def trained(
    data: Data, seed: int, hidden: tuple[int, ...], epochs: int, outputs: int | None = None
) -> Any:
    """Train a perceptron, going back to the epoch that was best on the validation rows."""
    regression = data.task == "regression"
    count = 1 if regression else len(data.class_names)
    model = perceptron(data.x.shape[1], outputs or count, hidden=hidden, seed=seed)
    loss = (
        keras.losses.MeanSquaredError()
        if regression
        else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    model.compile(keras.optimizers.AdamW(2e-3, weight_decay=0.01), loss)
    found, _ = fit(
        model, data.train, epochs=epochs, seed=seed, validation=data.validation, patience=20
    )
    return found


def score(data: Data, outputs: Any) -> float:
    """Return accuracy, or R², on the scored rows."""
    y = np.asarray(data.scored.y)
    if data.task == "regression":
        away = y - np.asarray(outputs).reshape(-1)
        return float(1 - (away**2).sum() / ((y - y.mean()) ** 2).sum())
    return float((np.asarray(outputs).argmax(axis=1) == y).mean())
