"""What was done so that nothing about the reasons changed."""

from __future__ import annotations

import numpy as np

from explainprune import network
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.study.sabotage.planted import OWN, Planted, base, learned

TEMPERATURE = 3.0
FURTHER = 2
"""Epochs."""


def rounded(seed: int) -> Planted:
    """Round every weight to float16."""
    dense, data = base(seed)
    halves = {
        path: values.astype(np.float16).astype(np.float32)
        for path, values in network.weights_of(dense).items()
    }
    return Planted(dense, network.with_weights(dense, halves), data)


def scaled(seed: int) -> Planted:
    """Make all logits three times as large: a temperature of 1/3."""
    dense, data = base(seed)
    weights = network.weights_of(dense)
    last = {path: TEMPERATURE * weights[path] for path in ("outputs/kernel", "outputs/bias")}
    return Planted(dense, network.with_weights(dense, last), data)


def reordered(seed: int) -> Planted:
    """Put hidden units in another order."""
    dense, data = base(seed)
    weights = network.weights_of(dense)
    order = stream(seed, "sabotage, order").permutation(len(weights["hidden_1/bias"]))
    moved = {
        "hidden_1/kernel": weights["hidden_1/kernel"][:, order],
        "hidden_1/bias": weights["hidden_1/bias"][order],
        "outputs/kernel": weights["outputs/kernel"][order],
    }
    return Planted(dense, network.with_weights(dense, moved), data)


def shifted(seed: int) -> Planted:
    """Add a function of the input to all logits alike: every probability is as it was."""
    dense, data = base(seed)
    kernel = network.weights_of(dense)["outputs/kernel"]
    added = stream(seed, "sabotage, shift").normal(size=(len(kernel), 1)) * kernel.std()
    return Planted(dense, network.with_weights(dense, {"outputs/kernel": kernel + added}), data)


def trained_further(seed: int) -> Planted:
    """Train for two more epochs on the same rows, after the 25 of before."""
    dense, data = base(seed)
    other = learned(data.learnable, reads=OWN, seed=seed + 1, start=dense, epochs=FURTHER)
    return Planted(dense, other, data)
