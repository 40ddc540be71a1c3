"""The difference of two means over rows and backgrounds: inside a part of the rows, and outside."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.intervals.clusters import Units
from explainprune.analysis.intervals.crossed import ALIKE, Crossed, crossed_mean
from explainprune.types import Array


def contrast(values: Array, units: Units, inside: Array) -> Crossed:
    r"""Return the mean of values (R, n) where `inside`, less that of the other rows.

    Each side's variance from rows is that of `crossed_mean`; clusters with rows on both sides
    count with their covariance. Both sides share the backgrounds, so that what these do is the
    variance of the R differences. Degrees of freedom of the two sides by Welch and Satterthwaite.

    Parameters
    ----------
    values : ndarray (R, n)
        Without NaN.
    units : Units
    inside : ndarray of bool (n,)
        Of both kinds there are rows.
    """
    sides = [np.flatnonzero(inside), np.flatnonzero(~inside)]
    ours, theirs = (crossed_mean(values[:, at], units.take(at)) for at in sides)
    of_rows = max(0.0, ours.rows + theirs.rows - 2 * _shared(values, units, sides))
    per_background = [units.take(at).mean(values[:, at]) for at in sides]
    differences = np.asarray(per_background[0] - per_background[1])
    draws = len(differences)
    return Crossed(
        value=ours.value - theirs.value,
        rows=of_rows,
        backgrounds=float(differences.var(ddof=1) / draws) if draws > 1 else 0.0,
        n_rows=units.count,
        n_backgrounds=draws,
        skew=_skew(ours, theirs, of_rows),
        freedom=_freedom(ours, theirs),
        seen=len(units),
        unit=units.unit if units.count < len(units) else "rows",
    )


def _shared(values: Array, units: Units, sides: list[Array]) -> float:
    """Return the covariance of both means, from clusters that lie on both sides."""
    _, cluster = np.unique(units.clusters, return_inverse=True)
    sums = []
    for at in sides:
        part, mean = units.take(at), values[:, at].mean(axis=0)
        shares = np.bincount(cluster[at], part.weights, cluster.max() + 1) / part.weights.sum()
        pulls = part.weights * (mean - part.mean(mean)) / part.weights.sum()
        pull = np.bincount(cluster[at], pulls, cluster.max() + 1)
        # As `crossed_mean` does: a heavy cluster hides some of its own variance.
        sums.append(pull / np.sqrt(np.maximum(1 - shares, ALIKE)))
    return float(sums[0] @ sums[1])


def _skew(ours: Crossed, theirs: Crossed, of_rows: float) -> float:
    """Return the skewness of the difference: third moments add up, with the sign of each side."""
    if of_rows <= ALIKE:
        return 0.0
    third = ours.skew * ours.rows**1.5 - theirs.skew * theirs.rows**1.5
    return float(third / of_rows**1.5)


def _freedom(ours: Crossed, theirs: Crossed) -> float:
    parts = [each.rows**2 / max(each.df_rows, ALIKE) for each in (ours, theirs)]
    total = (ours.rows + theirs.rows) ** 2
    return float(total / sum(parts)) if sum(parts) > 0 else min(ours.df_rows, theirs.df_rows)
