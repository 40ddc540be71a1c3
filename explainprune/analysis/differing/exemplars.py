"""Rows for which both models say the same, for reasons that differ by more than chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explainprune.analysis.detail.samples import SampleOf
from explainprune.analysis.differing.nulls import beyond_redrawing, beyond_twins, discovered
from explainprune.analysis.verdict.wording import capital, count, percent
from explainprune.types import Array
from explainprune.types.differing import Exemplar, Exemplars

RATE = 0.05
SHOWN = 4
TWINS = ("retrained", "placebo")
"""Arms that were trained as the dense model was."""
WHY = "same prediction, other reasons"


def exemplars(
    values: tuple[Array, Array],
    moved: Mapping[str, Array],
    same: Array,
    sample: SampleOf,
    *,
    clusters: Array,
    other: str,
    linear: bool,
    certain: bool = False,
) -> Exemplars:
    """Find rows of one prediction and two sets of reasons.

    Each row is held against its own nulls (`nulls`): how far other backgrounds move either
    model's explanation of it, and where a row ranks among those of a twin. It must be beyond all
    of them, so that its p is the largest; rows are chosen at a false discovery rate of 5 %.

    Parameters
    ----------
    values : (ndarray (R, n, p), ndarray (R, n, p))
        Attributions of both models under each background.
    moved : mapping of str to ndarray (R, n)
        Moved weight of each arm.
    same : ndarray of bool (n,)
        Rows for which both say the same.
    sample : callable
        ``sample(row, why)``.
    clusters : ndarray (n,)
        Of one value no more than one row is shown.
    other : str
        The other model's name in `moved`.
    linear : bool
        Whether attributions are averages over background rows.
    certain : bool
        Both models are one function.
    """
    own = moved[other].mean(axis=0)
    rows = np.flatnonzero(same & ~np.isnan(own))
    twins = {name: moved[name].mean(axis=0) for name in TWINS if name in moved}
    redraws = len(values[0]) >= 3
    if certain:
        return Exemplars("Both models are one function: all reasons are the same.", len(rows))
    if not len(rows):
        return Exemplars("No row has the same prediction and a reason in both models.")
    if not redraws and not twins:
        return Exemplars(
            "Whether rows of one prediction have other reasons isn't told: that needs three "
            "backgrounds, or a twin of the dense model, to say what chance does.",
            len(rows),
        )
    p = np.zeros(len(rows))
    redrawn = error = np.full(len(rows), np.nan)
    if redraws:
        p, redrawn, error = beyond_redrawing(*(v[:, rows] for v in values), linear=linear)
    for twin in twins.values():
        p = np.maximum(p, beyond_twins(own[rows], twin[rows][~np.isnan(twin[rows])]))
    found = np.flatnonzero(discovered(p, RATE))
    leading = found[np.argsort(-own[rows[found]], kind="stable")]
    _, first = np.unique(clusters[rows[leading]], return_index=True)
    shown = [
        Exemplar(
            sample(int(rows[i]), WHY),
            None if np.isnan(redrawn[i]) else float(redrawn[i]),
            {n: float(v[rows[i]]) for n, v in twins.items() if not np.isnan(v[rows[i]])},
        )
        for i in leading[np.sort(first)[:SHOWN]]
    ]
    least = _least(redrawn, error, len(values[0]), list(twins.values()), rows) if redraws else None
    return Exemplars(
        _sentence(len(rows), len(found), list(twins), least, redraws),
        len(rows),
        len(found),
        least,
        tuple(shown),
    )


def _least(
    redrawn: Array, error: Array, draws: int, twins: list[Array], rows: Array
) -> float | None:
    """Return the moved weight from which a typical row would have stood out by itself."""
    from scipy.stats import t

    alone = float(t.isf(RATE / len(rows), min(draws, 8) - 1))
    least = float(np.median(redrawn) + alone * np.median(error))
    beyond = [float(np.nanmax(twin[rows])) for twin in twins if not np.isnan(twin[rows]).all()]
    least = max([least, *beyond])
    return least if least < 1 else None


def _sentence(rows: int, found: int, twins: list[str], least: float | None, redraws: bool) -> str:
    nulls = ["other background rows"] if redraws else []
    nulls += ["a copy trained from another start"] if "retrained" in twins else []
    nulls += ["further training without pruning"] if "placebo" in twins else []
    beyond = " or ".join(nulls)
    if found:
        return (
            f"{capital(count(found, 'row'))} of {rows:,} with the same prediction "
            f"{'has' if found == 1 else 'have'} other reasons: more moved than {beyond} would "
            "move. At most 5 % of those are expected to be chance."
        )
    seen = (
        f" A typical row would have stood out by itself from {percent(least)} % on."
        if least is not None
        else " With so few backgrounds no single row could have stood out by itself."
    )
    return (
        f"No row of {rows:,} with the same prediction has reasons that moved more than {beyond} "
        f"would move them (false discovery rate 5 %).{seen}"
    )
