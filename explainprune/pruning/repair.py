"""Repair before fine-tuning: what helps on held-out rows is kept, what does not is not."""

from __future__ import annotations

import numpy as np

from explainprune.network.functions.networks import as_network
from explainprune.network.listing import layers
from explainprune.network.masking import apply_masks
from explainprune.network.protocol import Model
from explainprune.network.training.performance import performance
from explainprune.network.training.recalibrating import recalibrated
from explainprune.network.training.refitting import refitted
from explainprune.pruning.rows import Given, at_most
from explainprune.types import Masks, Rows

CALIBRATION_ROWS = 2000
HELD_OUT_ROWS = 2000


Refit = bool | str
"""Whether to fit anew, and how: True for least squares, ``"obs"`` for the sweep."""


def repaired(
    model: Model, reference: Model, masks: Masks, given: Given, how: Refit = True
) -> tuple[Model, str]:
    """Fit what lost its inputs anew, and normalisation statistics, where held-out rows say so.

    Tried are the model as it is, refitted, and, where it normalises batches, each of the two with
    new statistics. Judged by the validation rows (by a fifth of the rows learned from, where there
    are none): accuracy, then loss; the loss, where there is no accuracy; without labels, the
    squared distance to the reference's outputs. Rows count by their weights.

    Parameters
    ----------
    model : keras.Model
        Masked.
    reference : keras.Model
        The model before: what the masked one should still do.
    masks : Masks
    given : Given
    how : bool or str
        True: by least squares. ``"obs"``: by the optimal brain surgeon's sweep.

    Returns
    -------
    model : keras.Model
    chosen : str
        ``"none"``, ``"refit"``, ``"batchnorm"`` or ``"refit+batchnorm"`` (``"obs"`` for refit).

    Raises
    ------
    ValueError
        If there are no rows, or the model is subclassed.
    """
    fitting, judging = _split(given)
    name, solver = ("obs", "obs") if how == "obs" else ("refit", "exact")
    tried = {
        "none": model,
        name: refitted(model, reference, masks, fitting.x, solver=solver, weight=fitting.weight),
    }
    if any(info.family.learnt_statistics for info in layers(model)):
        for name in list(tried):
            renewed = apply_masks(
                recalibrated(tried[name], fitting.x, weight=fitting.weight), masks
            )
            tried["batchnorm" if name == "none" else f"{name}+batchnorm"] = renewed
    badness = {name: _badness(each, reference, judging) for name, each in tried.items()}
    # The first of equals, so that nothing changes without a gain; NaN never wins.
    best = min(badness, key=badness.__getitem__)
    return tried[best], best


def _split(given: Given) -> tuple[Rows, Rows]:
    """Return rows to fit on, and others to judge by."""
    if given.learn is None:
        raise ValueError("refit=True needs rows to fit on. Received: no data.")
    if given.validation is not None:
        judging = at_most(given.validation, HELD_OUT_ROWS)
        return at_most(given.learn, CALIBRATION_ROWS), judging
    rows = at_most(given.learn, CALIBRATION_ROWS + HELD_OUT_ROWS // 4)
    if len(rows) < 5:
        raise ValueError(
            f"refit=True holds a fifth of the rows out to judge by. Received: {len(rows)} rows; "
            "expected at least 5."
        )
    held_out = np.arange(len(rows)) % 5 == 4
    return rows.take(~held_out), rows.take(held_out)


def _badness(model: Model, reference: Model, rows: Rows) -> tuple[float, ...]:
    """Return what the best model has least of, in order of weight.

    A fit to logits may be right more often, and yet so sure of its errors that its loss is higher.
    """
    if rows.labelled:
        found = performance(model, rows)
        worst = (np.inf, np.inf)
        return (-found.get("accuracy", 0.0), found["loss"]) if found["loss"] < np.inf else worst
    ours, theirs = (
        network.outputs(network.pack(rows.x)) for network in map(as_network, (model, reference))
    )
    away = np.average(np.square(ours - theirs).mean(axis=1), weights=rows.weight)
    return (float(np.nan_to_num(away, nan=np.inf)),)


def check_refit(how: Refit) -> None:
    """Raise unless it is a yes, a no, or ``"obs"``."""
    if not isinstance(how, bool) and how != "obs":
        raise ValueError(f"refit is True, False or 'obs'. Received: {how!r}.")
