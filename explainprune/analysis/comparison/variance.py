"""What one comparison says of how chance moves its moved weight: rows, backgrounds, draws.

Plain numbers, which a study puts together over seeds: see `explainprune.study.sources`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.comparison.arms import Met
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.measuring import Measured
from explainprune.analysis.comparison.moving import moved_values
from explainprune.analysis.intervals import Units
from explainprune.types import Array


def variance_parts(case: Case, found: Measured, again: str | None = None) -> dict[str, Any]:
    """Return the moved weight, and estimates of the variance that each kind of chance gives it.

    With p the values of each background and row (R, n), p̄ their mean:

    - ``rows``: :math:`s^2_{rows}/n`, of the choice of rows
    - ``backgrounds``: :math:`s^2_{background}/R`, of the choice of backgrounds, each of which the
      explainer draws for anew: its noise is in it
    - ``both``: what rows and backgrounds do together, which is in either of the two
    - ``explainer``: half the squared difference to a second run of the explainer on both models;
      None where it draws nothing at random. ``explainer_rows`` is the part of it that differs from
      row to row, which is in ``rows`` as well

    Parameters
    ----------
    case : Case
    found : Measured
    again : str, optional
        The arm that is the other model pruned once more: ``apart`` is then how far its moved weight
        lies from the other's, ``apart_noise`` the variance that rows and backgrounds give that.

    Returns
    -------
    dict of str to number, list or None
        With ``influences``, each unit of rows' own (G,): they tell what seeds do to single rows.
    """
    name = case.other.name
    values = found.moved[name]
    parts = _parts(values, case.units)
    parts |= _drawn_again(case, found, values)
    parts["row_numbers"] = [int(number) for number in case.row_numbers]
    if again is not None and again in found.moved:
        apart = _parts(values - found.moved[again], case.units)
        parts["apart"] = apart["value"]
        parts["apart_noise"] = apart["rows"] + apart["backgrounds"] - apart["both"]
    return parts


def _parts(values: Array, units: Units) -> dict[str, Any]:
    """Split the variance of the mean of values (R, n) over rows and backgrounds."""
    draws = len(values)
    each = [_influences(row, units) for row in values]
    mean = np.mean(each, axis=0)
    known = ~np.isnan(values).any(axis=0)
    of_draws = units.take(np.flatnonzero(known)).mean(values[:, known])
    both = sum(float(np.square(one - mean).sum()) for one in each)
    return {
        "value": float(of_draws.mean()),
        "draws": draws,
        "units": len(mean),
        "rows": float(np.square(mean).sum()),
        "backgrounds": float(of_draws.var(ddof=1) / draws) if draws > 1 else 0.0,
        "both": both / (draws - 1) / draws if draws > 1 else 0.0,
        "influences": mean.tolist(),
    }


def _influences(values: Array, units: Units) -> Array:
    """Return what each unit does to the mean, so that the squares sum to the mean's variance.

    Units of which no row is defined do nothing. (G,)
    """
    known = np.flatnonzero(~np.isnan(values))
    part = units.take(known)
    labels, held = np.unique(units.clusters), np.unique(part.clusters)
    scaled = part.influences(values[known]) / len(held)
    scaled = scaled / np.sqrt(np.maximum(1 - part.shares(), np.finfo(float).eps))
    found = np.zeros(len(labels))
    found[np.searchsorted(labels, held)] = scaled
    return found


def _drawn_again(case: Case, found: Measured, values: Array) -> dict[str, Any]:
    """Explain both models with draws of their own, on the same rows and backgrounds."""
    method = next(iter(case.settings.methods.values()))
    explain, dense = case.explainer(method), found.dense
    if not explain.sampled:
        return {"explainer": None, "explainer_rows": 0.0}

    def once_more(met: Met) -> Array:
        draws, repeats = range(len(met.each)), range(met.draws, 2 * met.draws)
        return explain(met.subject, draws=draws, repeats=repeats).each

    second = moved_values(once_more(dense), once_more(found.other), linear=explain.linear)
    apart = _parts(values - second, case.units)
    return {"explainer": apart["value"] ** 2 / 2, "explainer_rows": apart["rows"] / 2}
