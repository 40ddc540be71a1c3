"""Reason codes from attributions that are there: against the mean of those that just pass."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.comparison.arms import flat
from explainprune.analysis.detail.columns import columns_of
from explainprune.analysis.detail.names import names_of
from explainprune.analysis.reasons.codes import leading
from explainprune.analysis.reasons.deciding import NEEDED, just_passing
from explainprune.analysis.reasons.words import Words, every
from explainprune.types import Attribution, Data
from explainprune.types.known import Column
from explainprune.types.reasons import ReasonCodes


def codes_of_attribution(
    given: Attribution, data: Data, threshold: float, adverse: str | int, top: int
) -> ReasonCodes:
    """Take each adverse row's leading reasons; see `reason_codes`.

    Raises
    ------
    ValueError
        For attributions of other rows or another class, no adverse row, or too few that pass.
    """
    _check(given, data, adverse)
    nearest, band = just_passing(given.output, threshold)
    rows = np.flatnonzero(given.output >= threshold)
    if not len(rows) or band.passing < NEEDED:
        raise ValueError(
            f"Of {len(data)} rows {len(rows)} have an output of {threshold:g} or more and "
            f"{band.passing} less. Reason codes need one of the first, and {NEEDED} of the others "
            "as a reference population."
        )
    values = flat(given)
    amounts = (values - values[nearest].mean(axis=0))[rows]
    order, p = leading(amounts, top), values.shape[1]
    columns: tuple[Column, ...] = ()
    if not isinstance(data.x, dict):
        columns = columns_of(data, data.scored, None, data.x.reshape(len(data), -1), p)
    usual = tuple(column.take(nearest).typical() for column in columns)
    words = Words(names_of(data, p), columns, usual or ("",) * p)
    return ReasonCodes(
        str(adverse),
        float(threshold),
        rows,
        given.output[rows],
        order,
        amounts,
        tuple(every(words, order, amounts, rows)),
        words.names,
        band,
        ("Each feature counts against its mean over the rows that just pass.",),
    )


def _check(given: Attribution, data: Data, adverse: str | int) -> None:
    """Raise unless there is one value of the adverse class for each feature of every row."""
    if given.base.ndim != 1 or len(given) != len(data):
        raise ValueError(
            "Reason codes need the attributions of one output for every scored row. Received: "
            f"base.shape={given.base.shape} for {len(data)} rows."
        )
    names = data.class_names or ()
    number = names.index(adverse) if adverse in names else adverse
    if given.targets is None or not (given.targets == number).all():
        raise ValueError(
            f"Reason codes need the attributions of {adverse!r} for every row, by "
            f"attribute(..., target={adverse!r}). Received: those of other outputs."
        )
