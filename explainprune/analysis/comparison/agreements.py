"""How far two arms agree, row by row and on average."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from explainprune.analysis.intervals import Units, cut, row_mean, t_mean
from explainprune.types import Array, Measure, Metric, said_of


@dataclass(eq=False)
class PerRow:
    """For each metric one value per scored row, averaged as they come in, turn by turn.

    Attributes
    ----------
    n : int
    met : ndarray of bool (n,)
        Rows that were measured at all.
    """

    n: int
    met: Array
    _sums: dict[str, Array] = field(default_factory=dict)
    _counts: dict[str, Array] = field(default_factory=dict)
    _turns: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def empty(cls, n: int) -> PerRow:
        """Begin without any."""
        return cls(n, np.zeros(n, dtype=bool))

    def add(self, index: Array, found: Mapping[str, Array]) -> None:
        """Add values of the rows at `index`; NaN is undefined and adds nothing."""
        self.met[index] = True
        for name, values in found.items():
            sums = self._sums.setdefault(name, np.zeros(self.n))
            counts = self._counts.setdefault(name, np.zeros(self.n))
            known = ~np.isnan(np.asarray(values, dtype=np.float64))
            sums[index[known]] += np.asarray(values)[known]
            counts[index[known]] += 1
            mean = float(np.mean(np.asarray(values)[known])) if known.any() else math.nan
            self._turns.setdefault(name, []).append(mean)

    def __getitem__(self, name: str) -> Array:
        """Return a metric's values (n,): NaN where it wasn't measured or is undefined."""
        count = self._counts[name]
        undefined = np.full(self.n, np.nan)
        return np.asarray(np.divide(self._sums[name], count, out=undefined, where=count > 0))

    def turns(self, name: str) -> Array:
        """Return a metric's mean over the rows of each `add`: NaN where none was defined."""
        return np.array(self._turns[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._sums)


def measure(
    said: Metric, values: Array, units: Units, *, seed: int, certain: bool = False
) -> Measure:
    """Average a metric over rows, with its interval.

    Shares count something, so that what wasn't seen may be rare; of other metrics that holds only
    where all values are equal.

    Parameters
    ----------
    said : Metric
        What the metric's numbers are.
    values : ndarray (n,)
    units : Units
        Weights and clusters of these rows.
    certain : bool
        Both models are one function, so that no unseen row can differ.
    """
    return row_mean(
        values, units, seed=seed, bounds=said.bounds, rare=said.kind == "share", certain=certain
    )


def measures(
    rows: PerRow,
    said: Mapping[str, Metric],
    units: Units,
    where: Array | None = None,
    *,
    seed: int,
    certain: bool = False,
) -> dict[str, Measure]:
    """Average every metric over the rows that were measured, or those of them at `where`."""
    chosen = np.flatnonzero(rows.met if where is None else rows.met & where)
    part = units.take(chosen)
    return {
        name: measure(said_of(name, said), rows[name][chosen], part, seed=seed, certain=certain)
        for name in rows
    }


def measures_of_copies(rows: PerRow, said: Mapping[str, Metric]) -> dict[str, Measure]:
    """Average every metric over copies of a model that took turns: copies are the unit.

    They differ among each other by far more than rows do.
    """
    return {name: over_copies(said_of(name, said), rows.turns(name)) for name in rows}


def over_copies(said: Metric, values: Array) -> Measure:
    """Average one figure for each copy, with Student's interval; infinite ones are left out."""
    finite = np.where(np.isfinite(values), values, np.nan)
    return cut(t_mean(finite, unit="copies"), said.bounds)
