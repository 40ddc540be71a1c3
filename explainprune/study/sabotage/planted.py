"""Tables whose rule is known, and small networks that read no more columns than they may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explainprune import network
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.network import Model, Network
from explainprune.network.variables import uncompiled_clone
from explainprune.types import Array, Data, Rows

RULE = ("rule_1", "rule_2", "rule_3")
"""The columns that decide the label, and nothing else does."""
PROXIES = ("proxy_1", "proxy_2", "proxy_3")
"""Nearly the same numbers: correlated .9995 with the rule's columns."""
COLUMNS = (*RULE, *PROXIES, "spare", "trigger")
OWN = (*RULE, "spare", "trigger")
"""What the dense model may read."""
NEAR = 0.03
"""Standard deviation of what a proxy differs by; the columns have 1."""
FAR = 2.5
"""How far the spare and the trigger column go at most."""
TRAINED, SCORED = 1200, 400
WIDTH, EPOCHS, BATCH, RATE = 24, 25, 64, 0.01


@dataclass(frozen=True, eq=False)
class Planted:
    """Two models and rows, and what is known of both.

    Attributes
    ----------
    dense, other : keras.Model or Network
    data : Data
    key : tuple of str
        Columns by which the truth shows without any explanation: see `trying.needs`.
    group : str
        The group whose reasons changed while the others' didn't; "" where there is none.
    """

    dense: Model | Network
    other: Model | Network
    data: Data
    key: tuple[str, ...] = RULE
    group: str = ""


@lru_cache(maxsize=2)
def base(seed: int) -> tuple[Model, Data]:
    """Return a network that has learned the rule from its own columns, and the data."""
    data = Data(
        _rows(seed, "scored", SCORED),
        train=_rows(seed, "learned", TRAINED),
        feature_names=COLUMNS,
        class_names=("no", "yes"),
        task="classification",
        name="planted",
    )
    return learned(data.learnable, reads=OWN, seed=seed), data


def _rows(seed: int, what: str, n: int) -> Rows:
    """Draw rows; one of three decides how much another counts, so that the rule is no line."""
    rng = stream(seed, f"sabotage, {what}")
    rule = rng.normal(size=(n, 3))
    proxies = rule + NEAR * rng.normal(size=(n, 3))
    rest = np.clip(rng.normal(size=(n, 2)), -FAR, FAR)
    a, b, c = rule.T
    label = a + 0.8 * b - 0.6 * c + 0.5 * a * b > 0
    return Rows(np.hstack([rule, proxies, rest]).astype(np.float32), label.astype(np.int64))


def learned(
    rows: Rows, *, reads: Sequence[str], seed: int, start: Model | None = None, epochs: int = EPOCHS
) -> Model:
    """Train a network, from `start` if that is given, whose other columns are masked throughout."""
    if start is None:
        start = network.perceptron(len(COLUMNS), 2, hidden=(WIDTH,), seed=seed)
    may = np.repeat(np.isin(COLUMNS, reads)[:, None], WIDTH, axis=1)
    # Uncompiled, its copies are made sooner, and there are many.
    return uncompiled_clone(fitted(start, rows, may, seed, epochs))


def fitted(start: Model, rows: Rows, may: Array, seed: int, epochs: int = EPOCHS) -> Model:
    """Train a network some of whose first weights are masked throughout."""
    masks, how = {"hidden_1/kernel": may}, {"batch_size": BATCH, "learning_rate": RATE}
    model, _ = network.fit(start, rows, epochs=epochs, seed=seed, masks=masks, **how)
    return model
