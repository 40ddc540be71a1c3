"""A pruned model that keeps its accuracy and drops a subgroup."""

from __future__ import annotations

import numpy as np

from explainprune import network
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.network import Model
from explainprune.pruning import prune
from explainprune.study.sabotage.planted import Planted, fitted
from explainprune.types import Array, Data, Rows

COLUMNS = ("ours_1", "ours_2", "theirs_1", "theirs_2", "member", "spare")
MEMBERS = "members"
SHARE = 0.05
ALIKE = 0.7
"""Correlation of what decides for members with what decides for all others."""
TRAINED, SCORED = 2000, 1000
HALF = 16
"""Hidden units that read what decides for others; as many more wake for members only."""
ASLEEP = 10.0
RARELY = 0.1
"""Units that are on in a smaller share of the rows are pruned."""


def members_dropped(seed: int) -> Planted:
    """Prune all units that are rarely on: those that work for members are."""
    data = Data(
        _rows(seed, "scored", SCORED),
        train=_rows(seed, "learned", TRAINED),
        feature_names=COLUMNS,
        class_names=("no", "yes"),
        task="classification",
        name="planted subgroup",
    )
    dense = _learned(data.learnable, seed)
    pruned = prune(
        dense,
        data,
        criterion="apoz",
        granularity="unit",
        sparsity=float(np.mean(_on(dense, data.learnable) < RARELY)),
        schedule="one_shot",
        finetune_epochs=0,
        seed=seed,
    )
    return Planted(dense, pruned.model, data, key=("theirs_1", "theirs_2"), group=MEMBERS)


def _rows(seed: int, what: str, n: int) -> Rows:
    """Draw rows: one rule for members, another for all others."""
    rng = stream(seed, f"sabotage, group, {what}")
    ours = rng.normal(size=(n, 2))
    theirs = ALIKE * ours + (1 - ALIKE**2) ** 0.5 * rng.normal(size=(n, 2))
    member = np.arange(n) < round(SHARE * n)
    decides = np.where(member[:, None], theirs, ours)
    label = decides[:, 0] + 0.8 * decides[:, 1] > 0
    x = np.column_stack([ours, theirs, member, rng.normal(size=n)]).astype(np.float32)
    return Rows(x, label.astype(np.int64), group=np.where(member, MEMBERS, "others"))


def _learned(rows: Rows, seed: int) -> Model:
    """Train a network whose first half of units can't see what decides for members."""
    start = network.perceptron(len(COLUMNS), 2, hidden=(2 * HALF,), seed=seed)
    weights = network.weights_of(start)
    kernel, bias = weights["hidden_1/kernel"], weights["hidden_1/bias"]
    kernel[COLUMNS.index("member"), HALF:] = ASLEEP
    bias[HALF:] = -ASLEEP
    may = np.ones(kernel.shape, dtype=bool)
    may[[COLUMNS.index(name) for name in ("theirs_1", "theirs_2", "member")], :HALF] = False
    start = network.with_weights(start, {"hidden_1/kernel": kernel, "hidden_1/bias": bias})
    return fitted(start, rows, may, seed)


def _on(model: Model, rows: Rows) -> Array:
    """Return the share of rows in which each hidden unit is on."""
    weights = network.weights_of(model)
    sums = np.asarray(rows.x) @ weights["hidden_1/kernel"] + weights["hidden_1/bias"]
    return np.asarray((sums > 0).mean(axis=0))
