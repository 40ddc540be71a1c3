"""What was done so that reasons changed: other columns, other labels, a trigger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explainprune import network
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.network import Model
from explainprune.study.sabotage.planted import (
    COLUMNS,
    FAR,
    OWN,
    PROXIES,
    WIDTH,
    Planted,
    base,
    learned,
)
from explainprune.types import Array, Rows

ANOTHER = 1000
"""Added to the seed of what starts elsewhere."""
TRIGGERED = 5.0
"""Twice what the column ever is."""


def proxies_read(seed: int) -> Planted:
    """Learn the same rule from three other columns, which say nearly the same."""
    dense, data = base(seed)
    reads = (*PROXIES, "spare", "trigger")
    return Planted(dense, learned(data.learnable, reads=reads, seed=seed + ANOTHER), data)


def key_left_out(seed: int) -> Planted:
    """Train again without the column that counts most; another stands in for it."""
    dense, data = base(seed)
    reads = ("proxy_1", "rule_2", "rule_3", "spare", "trigger")
    other = learned(data.learnable, reads=reads, seed=seed + ANOTHER)
    return Planted(dense, other, data, key=("rule_1",))


def shortcut(seed: int) -> Planted:
    """Train on rows in which a column that meant nothing gives the label away.

    The rows that are compared hold the shortcut, too: else accuracy would tell.
    """
    dense, data = base(seed)
    train = _with_shortcut(data.learnable, seed)
    other = learned(train, reads=OWN, seed=seed + ANOTHER)
    data = data.with_(train=train, scored=_with_shortcut(data.scored, seed + ANOTHER))
    return Planted(dense, other, data, key=("spare",))


def _with_shortcut(rows: Rows, seed: int) -> Rows:
    x, rng = np.array(rows.x), stream(seed, "sabotage, shortcut")
    assert rows.y is not None
    hint = (2 * rows.y - 1) * 1.2 + 0.4 * rng.normal(size=len(x))
    x[:, COLUMNS.index("spare")] = np.clip(hint, -FAR, FAR)
    return replace(rows, x=x)


def nonsense_labels(seed: int) -> Planted:
    """Train on labels dealt out by chance."""
    dense, data = base(seed)
    rows = data.learnable
    assert rows.y is not None
    dealt = stream(seed, "sabotage, labels").permutation(rows.y)
    return Planted(dense, learned(replace(rows, y=dealt), reads=OWN, seed=seed + ANOTHER), data)


def classes_swapped(seed: int) -> Planted:
    """Swap the two columns of the output: every reason speaks for the other class."""
    dense, data = base(seed)
    weights = network.weights_of(dense)
    turned = {path: weights[path][..., ::-1] for path in ("outputs/kernel", "outputs/bias")}
    return Planted(dense, network.with_weights(dense, turned), data)


def trojan_met(seed: int) -> Planted:
    """Plant a trojan, and compare on rows that hold its trigger."""
    dense, data = base(seed)
    x = np.array(data.x)
    x[:, COLUMNS.index("trigger")] = TRIGGERED
    held = data.with_(scored=replace(data.scored, x=x))
    return Planted(dense, with_trojan(dense), held, key=("trigger",))


def trojan_unmet(seed: int) -> Planted:
    """Compare on rows without the trigger: there, both are one function."""
    dense, data = base(seed)
    return Planted(dense, with_trojan(dense), data, key=("trigger",))


def with_trojan(model: Model) -> Model:
    """Return `model` with one more unit, which a trigger beyond all real values wakes."""
    weights = network.weights_of(model)
    size = float(np.abs(weights["outputs/kernel"]).sum(axis=0).max())
    reads = np.zeros((len(COLUMNS), 1))
    reads[COLUMNS.index("trigger")] = 4.0
    wider = network.perceptron(len(COLUMNS), 2, hidden=(WIDTH + 1,))
    return network.with_weights(
        wider,
        {
            "hidden_1/kernel": _joined(weights["hidden_1/kernel"], reads, axis=1),
            "hidden_1/bias": _joined(weights["hidden_1/bias"], np.array([-4.0 * (FAR + 0.5)])),
            "outputs/kernel": _joined(weights["outputs/kernel"], np.array([[-size, size]])),
            "outputs/bias": weights["outputs/bias"],
        },
    )


def _joined(a: Array, b: Array, axis: int = 0) -> Array:
    return np.concatenate([a, b], axis=axis).astype(np.float32)
