"""The verb `reason_codes`: why rows are on the adverse side of a cut-off."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.attribution import METHODS
from explainprune.analysis.comparison.arms import flat
from explainprune.analysis.comparison.case import subjects_of
from explainprune.analysis.detail.columns import columns_of
from explainprune.analysis.detail.names import names_of
from explainprune.analysis.reasons.codes import leading
from explainprune.analysis.reasons.deciding import (
    NEEDED,
    amounts_of,
    cut_off,
    decided,
    just_passing,
    notes_of,
)
from explainprune.analysis.reasons.words import Words, every, words_of
from explainprune.data import load_data
from explainprune.lookup import look_up
from explainprune.network import Model, Network, opened
from explainprune.network.failing import in_words
from explainprune.types import Attribution, Data
from explainprune.types.known import Column
from explainprune.types.reasons import ReasonCodes


@in_words
def reason_codes(
    model: Model | Network | Attribution,
    data: Any,
    *,
    threshold: float,
    adverse: str | int,
    top: int = 4,
    method: Any = "expected_gradients",
    seed: int = 0,
) -> ReasonCodes:
    """Say why rows are on the adverse side of a cut-off, against rows that just pass.

    For each scored row whose chance of the adverse class is at least `threshold`, the features
    that speak most for it, as Regulation B's commentary (12 CFR 1002.9(b)(2), comment 5) has it:
    against the average of those at or slightly above the passing score. These are a tenth of the
    passing rows that may be learned from, the ones nearest to the cut-off; 50 at least, as far as
    there are as many, and 200 at most. They are the background of the explanation, so that what a
    feature does is what it does beyond them.

    Parameters
    ----------
    model : keras.Model, Network or Attribution
        Of an `Attribution` of the adverse class for all scored rows, the cut-off is in units of
        its `output`, and each feature counts against its mean over the rows that just pass.
    data : Data, DataFrame, ndarray, or whatever `load_data` takes
        With its raw columns reasons are written in the reader's own units and words.
    threshold : float
        The chance of the adverse class from which on the decision is adverse.
    adverse : str or int
        The adverse class.
    top : int
        Reasons for each row; a row may have fewer, since only what speaks against it is one.
    method : str or callable
        Attribution method.
    seed : int

    Returns
    -------
    ReasonCodes

    Raises
    ------
    ValueError
        If no row is on the adverse side, fewer than 20 rows pass, the class isn't known, or the
        model outputs numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from explainprune.network import FormulaNetwork
    >>> x = np.random.default_rng(0).normal(size=(300, 3))
    >>> risk = FormulaNetwork(lambda x: x @ [[0.0, 2.0], [0.0, -1.0], [0.0, 0.0]], 3, n_outputs=2)
    >>> codes = reason_codes(risk, x, threshold=0.9, adverse=1, method="permutation")
    >>> [reason.feature for reason in codes.reasons[0]]
    ['x0', 'x1']
    """
    if isinstance(model, Attribution):
        return _of_attribution(model, load_data(data), threshold, adverse, top)
    method = look_up(method, METHODS, "method")
    model = opened(model)
    data = load_data(data, model=model)
    (found,), task = subjects_of({"model": model}, data)
    if task != "classification":
        raise ValueError(
            "Reason codes are for decisions between classes; this model outputs numbers."
        )
    cut = cut_off(adverse, threshold, top, found.network.n_outputs, data.class_names)
    by = decided(found, data, cut, seed)
    rows = np.flatnonzero(by.adverse)
    if not len(rows):
        raise ValueError(
            f"No row has a chance of {cut.name!r} of {cut.threshold:g} or more; the largest is "
            f"{by.chance.max():.3g}."
        )
    if by.why_not:
        raise ValueError(by.why_not)
    amounts = amounts_of(by, data, method, cut, rows, seed)
    words, order = words_of(by, data, amounts.shape[1]), leading(amounts, cut.top)
    return ReasonCodes(
        cut.name,
        cut.threshold,
        rows,
        by.chance[rows],
        order,
        amounts,
        tuple(every(words, order, amounts, rows)),
        words.names,
        by.band,
        tuple(notes_of(by, data)),
    )


def _of_attribution(
    given: Attribution, data: Data, threshold: float, adverse: str | int, top: int
) -> ReasonCodes:
    """Take each adverse row's leading reasons; see `reason_codes`.

    Raises
    ------
    ValueError
        For attributions of other rows or another class, no adverse row, or too few that pass.
    """
    _check_given(given, data, adverse)
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


def _check_given(given: Attribution, data: Data, adverse: str | int) -> None:
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
