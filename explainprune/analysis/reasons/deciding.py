"""Who is on the adverse side of a cut-off, and who just passes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.comparison.arms import flat, some_rows
from explainprune.analysis.comparison.backgrounds import index_of
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.metrics.behaviour.prediction import log_probabilities
from explainprune.lookup import unknown
from explainprune.types import Array, Data, Inputs, Rows
from explainprune.types.arrays import rows as take
from explainprune.types.reasons import Band

SHARE = 0.1
"""Of the passing rows, those nearest to the cut-off: they are "at or slightly above" it."""
FEWEST, MOST = 50, 200
"""The reference population has so many rows, as far as there are as many."""
NEEDED = 20
"""Fewer passing rows can't stand for a population."""
POOL = 5000
"""Most rows that the reference population is looked for in."""


@dataclass(frozen=True)
class CutOff:
    """What is adverse: a class, and the chance of it from which on it is decided."""

    adverse: int
    name: str
    threshold: float
    top: int


@dataclass(frozen=True, eq=False)
class Decided:
    """One model's decisions.

    Attributes
    ----------
    subject : Subject
    chance : ndarray (n,)
        Of the adverse outcome, for each scored row.
    adverse : ndarray of bool (n,)
    pool : Rows
        Rows that the reference population was looked for in.
    nearest : ndarray of int
        Which of the pool's rows it is; too few where `why_not` says so.
    band : Band
    why_not : str
    """

    subject: Subject
    chance: Array
    adverse: Array
    pool: Rows
    nearest: Array
    band: Band
    why_not: str = ""


def cut_off(adverse: Any, threshold: Any, top: Any, outputs: int, names: Any) -> CutOff:
    """Check what is adverse.

    Parameters
    ----------
    adverse : str or int
        A class.
    threshold : float
        Between 0 and 1.
    top : int
        Reasons for each row.
    outputs : int
        Classes that there are.
    names : sequence of str, optional

    Raises
    ------
    ValueError
        For a class that isn't there, a threshold that is no chance, or no reasons asked for.
    """
    known = list(names or [])
    if isinstance(adverse, str) and adverse not in known:
        raise unknown("adverse class", adverse, known or [str(i) for i in range(outputs)])
    number = known.index(adverse) if isinstance(adverse, str) else adverse
    whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
    if not whole or not 0 <= number < outputs or outputs < 2:
        raise ValueError(
            f"adverse is a class of {max(outputs, 2)}, by its name or number. "
            f"Received: {adverse!r}."
            + (" The model has one output for all rows." if outputs < 2 else "")
        )
    number_like = isinstance(threshold, (int, float, np.number))
    if isinstance(threshold, bool) or not number_like or not 0 < threshold < 1:
        raise ValueError(
            "threshold is the chance of the adverse class from which on a decision is adverse, "
            f"between 0 and 1. Received: {threshold!r}."
        )
    if isinstance(top, bool) or not isinstance(top, (int, np.integer)) or top < 1:
        raise ValueError(f"top counts the reasons for each row: at least 1. Received: {top!r}.")
    name = known[number] if number < len(known) else str(number)
    return CutOff(int(number), name, float(threshold), int(top))


def decided(subject: Subject, data: Data, cut: CutOff, seed: int) -> Decided:
    """Hold every scored row against the cut-off, and find the rows to learn from that just pass."""
    chance = chance_of(subject, subject.x, cut)
    pool = data.learnable
    pool = pool.take(some_rows(len(pool), POOL, seed, "reference pool"))
    theirs = chance_of(subject, pack(subject.network, pool.x, "rows"), cut)
    nearest, band = just_passing(theirs, cut.threshold)
    why_not = ""
    if band.rows < NEEDED:
        why_not = (
            f"Only {band.rows:,} of {len(pool):,} rows to learn from pass the cut-off in "
            f"{subject.name}: a reference population needs {NEEDED}."
        )
    return Decided(subject, chance, chance >= cut.threshold, pool, nearest, band, why_not)


def just_passing(scores: Array, threshold: float) -> tuple[Array, Band]:
    """Return the reference population: a tenth of the rows below a threshold, the nearest to it.

    50 at least, as far as there are as many, and 200 at most; by their place, and who they are.
    """
    passing = np.flatnonzero(scores < threshold)
    size = min(len(passing), MOST, max(FEWEST, math.ceil(SHARE * len(passing))))
    nearest = np.sort(passing[np.argsort(-scores[passing], kind="stable")[:size]])
    ends = scores[nearest] if size else np.array([threshold])
    return nearest, Band(size, float(ends.min()), float(ends.max()), len(passing))


def chance_of(subject: Subject, x: Array, cut: CutOff) -> Array:
    """Return the chance of the adverse class for flat rows (n, d)."""
    outputs = subject.outputs if x is subject.x else subject.network.outputs(x)
    logits = replace(subject, x=x, outputs=outputs).logits
    return np.asarray(np.exp(log_probabilities(logits))[:, cut.adverse])


def amounts_of(
    by: Decided, data: Data, method: Any, cut: CutOff, index: Array, seed: int, redraw: str = ""
) -> Array:
    """Explain scored rows against the reference population: (m, p), towards the adverse outcome.

    Parameters
    ----------
    index : ndarray of int (m,)
        Which scored rows.
    redraw : str
        Name of a stream by which the population is drawn anew, with replacement; "": as it is.
    """
    nearest = by.nearest
    if redraw:
        nearest = nearest[stream(seed, redraw).integers(0, len(nearest), len(nearest))]
    subject = by.subject
    shaped = hasattr(subject.network, "pack")
    reference: Inputs = take(by.pool.x, nearest)
    found = attribute(
        subject.network,
        take(data.x, index) if shaped else subject.x[index],
        background=reference if shaped else pack(subject.network, reference, "background"),
        method=method,
        target=np.full(len(index), cut.adverse),
        output=subject.kind,
        players=data.players,
        seed=index_of(seed, f"reasons {redraw}"),
    )
    return flat(found)


def notes_of(by: Decided, data: Data) -> Iterator[str]:
    """Say what a reader must know of the reference population."""
    if by.band.rows < FEWEST:
        yield f"Fewer than {FEWEST} rows pass at all: the reference population has {by.band.rows}."
    if data.train is None:
        yield "The reference population is taken from the scored rows, since there are no others."
