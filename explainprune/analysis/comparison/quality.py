"""Quality metrics of a model's attributions: on which rows, over which players."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.comparison.agreements import PerRow
from explainprune.analysis.comparison.arms import Met, some_rows
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.explaining import Explaining, reads_words
from explainprune.analysis.comparison.needs import truth_of
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.metrics.quality.blocks import coarser, joined
from explainprune.analysis.verdict.wording import count as counted
from explainprune.types import Array, Data

WORK = 2e10
"""Floating-point operations that NAOPC may take for one model: a few seconds."""
ROWS_PER_CALL = (20_000, 1_000_000)
"""Fewest and most network rows that this is taken to be."""
FEW = 100
"""Below so many samples, players are joined further before samples are given up."""
LIMITS = (32, 16, 9)
"""Most players, tried in turn."""
REMOVING = {"network", "background_row", "players"}
"""Parameters of metrics that remove players and run the network: over few, larger players."""
UNJOINED = {"image_shape", "explain"}
"""Parameters of metrics that run the network but read every player by itself."""
EXPLAINED_AGAIN = 100
"""Most rows that are explained again and again."""


@dataclass(frozen=True, eq=False)
class Design:
    """On which rows, and over which players, removal metrics are measured.

    Attributes
    ----------
    rows : ndarray of int
    joins : ndarray of int (p,)
        The new player of each player that attributions have.
    players : ndarray of int (d,)
        The new player of each feature.
    background_row : ndarray (d,)
    note : str
    """

    rows: Array
    joins: Array
    players: Array
    background_row: Array
    note: str


def design(data: Data, dense: Subject, background: Array, p: int, flops: int, seed: int) -> Design:
    """Choose as many samples as the work allows.

    Parameters
    ----------
    background : ndarray (b, d)
        As the dense network reads it.
    p : int
        Players of the attributions.
    flops : int
        Of one row through the dense network.
    """
    n, d = dense.x.shape
    budget = float(np.clip(WORK / max(flops, 1), *ROWS_PER_CALL))
    shape = data.image_shape if p == d else None
    for limit in LIMITS:
        joins = coarser(p, limit=limit, image_shape=shape)
        count = int(joins.max()) + 1
        affordable = int(budget // (5 * count**2 + count))
        if affordable >= min(FEW, n):
            break
    m = min(n, max(affordable, 10))
    rows = np.arange(n) if m == n else np.sort(stream(seed, "naopc").choice(n, m, replace=False))
    owners = np.arange(d) if data.players is None else np.asarray(data.players)
    note = f"NAOPC was measured on {m:,} of {n:,} rows over {counted(count, 'player')}"
    note += "." if count == p else f", into which the {p:,} features were joined."
    return Design(rows, joins, joins[owners], _reference(dense, background), note)


def _reference(dense: Subject, background: Array) -> Array:
    """Return what a removed feature becomes: the background's mean; of tokens, a real row."""
    mean: Array = background[0] if reads_words(dense) else background.mean(axis=0)
    return mean


def add_quality(
    found: PerRow,
    metrics: Mapping[str, Callable[..., Array]],
    met: Met,
    case: Case,
    how: Design,
    explaining: Explaining,
) -> None:
    """Measure the quality of attributions, row by row.

    Metrics that run the network are measured on the planned rows only, and those that explain
    again on few of these.
    """
    n, seed = len(case.targets), case.settings.seed
    few = np.intersect1d(how.rows, some_rows(n, EXPLAINED_AGAIN, seed, "explained again"))
    for name, metric in metrics.items():
        asked = set(signature(metric).parameters)
        rows = few if "explain" in asked else how.rows if REMOVING & asked else np.arange(n)
        part = np.flatnonzero(np.isin(met.index, rows))
        values = _quality(metric, met, part, case, how, explaining)
        found.add(met.index[part], {name: values})


def _quality(
    metric: Callable[..., Array],
    met: Met,
    part: Array,
    case: Case,
    how: Design,
    explaining: Explaining,
) -> Array:
    """Call a metric with what it names."""
    index, asked = met.index[part], signature(metric).parameters
    if not len(index):
        return np.zeros(0)
    joins, targets = REMOVING & set(asked) and not UNJOINED & set(asked), case.targets
    truth = truth_of(case.data) if "truth" in asked else None
    given: dict[str, Any] = {
        "network": met.subject.network,
        "x": met.subject.x[index],
        "values": joined(met.values[part], how.joins) if joins else met.values[part],
        "base": met.base[part],
        "output": met.subject.outputs[index, targets[index]],
        "background_row": how.background_row,
        "targets": targets[index],
        "players": how.players,
        "image_shape": case.data.image_shape,
        "truth": None if truth is None else truth[index],
        "explain": explaining.of(met.subject, index) if "explain" in asked else None,
        "seed": case.settings.seed,
    }
    return np.asarray(metric(**{key: given[key] for key in asked if key in given}))
