"""Where a pair differs: the rows themselves, as their reader knows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explainprune.analysis.attribution.methods import linear_in_background
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.measuring import Measured
from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.analysis.detail.columns import columns_of, own_columns, said_columns
from explainprune.analysis.detail.pair_detail import pair_detail
from explainprune.analysis.detail.samples import SampleOf, flipped, samples, sampling
from explainprune.analysis.differing import exemplars, where_they_differ
from explainprune.analysis.reasons.deciding import CutOff, cut_off
from explainprune.types import Array, Sample
from explainprune.types.differing import Exemplars, Where
from explainprune.types.known import Column

AS_GOOD_AS_SAME = 0.1
"""Predictions of numbers are the same within this part of the dense model's standard deviation."""


def sample_of(case: Case, found: Measured) -> SampleOf:
    """Return the function that shows one row with both attributions."""
    values = found.dense.values, found.other.values
    columns: tuple[Column, ...] = ()
    data, network = case.data, case.dense.network
    if data.scored.raw or data.players is not None or isinstance(data.x, dict):
        columns = columns_of(data, data.scored, network, case.dense.x, found.players)
    moved = found.pairs[case.other.name][PRIMARY]
    return sampling(
        case.data, case.dense, case.other, values, moved, case.task, case.row_numbers, columns
    )


def gallery(case: Case, found: Measured, sample: SampleOf) -> tuple[Sample, ...]:
    """Choose the rows that the page shows."""
    moved = found.pairs[case.other.name][PRIMARY]
    return samples(moved, flipped(case.dense, case.other, case.task), sample)


def where_of(case: Case, found: Measured) -> Where:
    """Look for rows in which more moved, by all that is known of rows."""
    columns = (
        *own_columns(case.data, case.dense.network, case.dense.x, found.players),
        *said_columns(case.data, case.dense, case.task),
    )
    moved = found.moved[case.other.name]
    seed = case.settings.seed
    return where_they_differ(moved, case.units, columns, seed=seed, certain=case.certain)


def exemplars_of(
    case: Case, found: Measured, method: Callable[..., Any], sample: SampleOf
) -> Exemplars:
    """Find rows of one prediction whose reasons moved by more than chance moves them."""
    return exemplars(
        (found.dense.each, found.other.each),
        found.moved,
        _same(case),
        sample,
        clusters=case.units.clusters,
        other=case.other.name,
        linear=linear_in_background(method),
        certain=case.certain,
    )


def _same(case: Case) -> Array:
    """Say for which rows both models say the same."""
    if case.task == "classification":
        return ~flipped(case.dense, case.other, case.task)
    spread = AS_GOOD_AS_SAME * case.dense.outputs.std(axis=0)
    near = np.abs(case.other.outputs - case.dense.outputs) <= spread
    return np.asarray(near.all(axis=1))


def detail_of(
    case: Case,
    found: Measured,
    method: Callable[..., Any],
    criterion: Any,
    kept: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Gather what the page shows beyond figures, and where the two differ."""
    sample = sample_of(case, found)
    return {
        "where": where_of(case, found),
        "exemplars": exemplars_of(case, found, method, sample),
        "detail": pair_detail(
            case.data,
            case.dense,
            case.other,
            (found.dense.values, found.other.values),
            gallery(case, found, sample),
            criterion=criterion,
            kept=kept,
            seed=case.settings.seed,
        ),
    }


def stated_cut_off(case: Case, adverse: Any, threshold: Any, reasons: int) -> CutOff | None:
    """Check what counts as adverse, before any work; None where nothing does."""
    if adverse is None and threshold is None:
        return None
    if threshold is None:
        raise ValueError("adverse= goes with threshold=: a class, and its chance that decides.")
    outputs = case.dense.network.n_outputs
    if case.task != "classification":
        raise ValueError(
            "adverse= and threshold= are of classes; these models output numbers. Received: "
            f"adverse={adverse!r}, threshold={threshold!r}."
        )
    if adverse is None and outputs != 2:
        raise ValueError(
            f"threshold= by itself decides between two classes; these models have {outputs}. Name "
            "the class with adverse=."
        )
    second = 1 if adverse is None else adverse
    return cut_off(second, threshold, reasons, outputs, case.data.class_names)
