"""From two Keras models and a box of inputs to a bound on the difference of their outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.functions.inputs import pack
from explainprune.network.functions.signature import signature_of
from explainprune.network.protocol import Model, chunks
from explainprune.network.scalars.aligned import aligned
from explainprune.network.scalars.apart import Apart
from explainprune.network.scalars.elements import Ends, Unrolled
from explainprune.network.scalars.reading import unroll
from explainprune.network.scalars.walked_back import outputs_apart
from explainprune.network.ways.size import size_of
from explainprune.types import Array, OutputBound

MOST_WEIGHTS = 2_000_000
"""Multiply-adds of a row beyond which no certificate waits for a bound: it would take minutes."""
MEASURED_ROWS = 1_000
ROWS_AT_ONCE = 100
NO_PAIRS = (
    "their layers don't correspond, so that each model was bounded by itself "
    "(of a smaller model, `kept` says which units it has)"
)


def bound_between(
    first: Model,
    second: Model,
    *,
    x: Any = None,
    box: Ends | None = None,
    output: str = "logit",
    yes_or_no: tuple[bool, bool] = (False, False),
    masks: Mapping[str, Array] | None = None,
    kept: Mapping[str, Array] | None = None,
) -> OutputBound:
    """Bound how far the outputs of two models differ, for any input of a box.

    Parameters
    ----------
    first, second : keras.Model
    x : ndarray or dict, optional
        Rows: their range is the box where none is given, and outputs are measured on them.
    box : (ndarray, ndarray), optional
        Least and greatest value of each input, or one number for all.
    output, yes_or_no, masks
        As in `unroll`: `yes_or_no` of each model, `masks` of the first.
    kept : mapping of str to ndarray of int, optional
        For each layer of a smaller second model, the original index of every unit.

    Raises
    ------
    TypeError
        If one of the models is not a Keras model.
    ValueError
        If a layer can't be read or has no rule (it is named), the models have other inputs or
        outputs, or the box is none.
    """
    for model in (first, second):
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"A bound is one of two Keras models. Received: {type(model).__name__}."
            )
    ours = unroll(first, output, masks=masks, yes_or_no=yes_or_no[0])
    theirs = unroll(second, output, yes_or_no=yes_or_no[1])
    for what, mine, other in (
        ("inputs", ours.n_inputs, theirs.n_inputs),
        ("outputs", ours.output.width, theirs.output.width),
    ):
        if mine != other:
            raise ValueError(
                f"Both models need the same number of {what}. Received: {mine} and {other}."
            )
    rows = None
    if x is not None:
        signature = signature_of(first, x)
        rows = np.asarray(pack(x, signature.parts, signature.dtype), np.float64)
    low, high = box_of(box, rows, ours.n_inputs)
    found, note = _apart(ours, theirs, kept, (low, high))
    each, alone = (np.maximum(np.abs(low), np.abs(high)) for low, high in found)
    if not np.isfinite(alone).all():
        raise ValueError("the bound is beyond any number")
    return OutputBound(
        tuple(each.tolist()),
        tuple(alone.tolist()),
        tuple(low.tolist()),
        tuple(high.tolist()),
        "the box given" if box is not None or rows is None else f"the range of {len(rows):,} rows",
        output,
        **_measured(ours, theirs, rows),
        note=note,
    )


def bound_if_cheap(first: Model, second: Model, **options: Any) -> tuple[OutputBound | None, str]:
    """Return a bound for a certificate, or None and the reason why there is none."""
    cost = size_of(first, gzip=False).flops // 2
    if cost > MOST_WEIGHTS:
        return None, (
            f"the model has {cost:,} multiply-adds, more than the {MOST_WEIGHTS:,} that a "
            "certificate waits for: ask output_bound"
        )
    try:
        return bound_between(first, second, **options), ""
    except ValueError as reason:
        return None, str(reason)


def _apart(
    ours: Unrolled, theirs: Unrolled, kept: Mapping[str, Array] | None, box: Ends
) -> tuple[tuple[Ends, Ends], str]:
    """Return the ends of the difference, and those from each network by itself."""
    laid = aligned(theirs, ours, kept)
    if laid is not None:
        found = outputs_apart(ours, laid, *box)
        return (found.between, found.alone), ""
    each = [outputs_apart(network, network, *box).first for network in (ours, theirs)]
    alone = Apart(each[0], each[1], each[0]).alone
    return (alone, alone), NO_PAIRS


def box_of(box: Ends | None, rows: Array | None, n_inputs: int) -> Ends:
    """Return the least and the greatest value of each input."""
    if box is None:
        if rows is None:
            raise ValueError("A bound needs rows, or a box. Received: neither.")
        return rows.min(axis=0), rows.max(axis=0)
    ends = []
    for name, given in zip(("low", "high"), box, strict=True):
        values = np.asarray(given, np.float64)
        values = values.ravel() if values.size == n_inputs else values
        if values.shape not in ((), (n_inputs,)):
            raise ValueError(
                f"A box has one number for each of the {n_inputs} inputs, or one for all. "
                f"Received: {name} with shape {values.shape}."
            )
        if not np.isfinite(values).all():
            raise ValueError(f"A box has finite ends. Received: {name} with NaN or infinite.")
        ends.append(np.broadcast_to(values, (n_inputs,)))
    if (ends[0] > ends[1]).any():
        at = int(np.argmax(ends[0] > ends[1]))
        raise ValueError(
            f"A box goes from low to high. Received: {ends[0][at]:g} to {ends[1][at]:g} for "
            f"input {at}."
        )
    return ends[0], ends[1]


def _measured(ours: Unrolled, theirs: Unrolled, rows: Array | None) -> dict[str, Any]:
    """Measure the largest difference, and how far outputs reach, on rows spread over those given.

    In float64, as the bound is: float32 adds its own rounding to the models themselves.
    """
    if rows is None:
        return {}
    count = min(len(rows), MEASURED_ROWS)
    some = rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]
    pairs = [
        (ours.outputs(some[part]), theirs.outputs(some[part]))
        for part in chunks(count, 1, ROWS_AT_ONCE)
    ]
    a, b = (np.concatenate(each) for each in zip(*pairs, strict=True))
    return {
        "measured": float(np.abs(a - b).max()),
        "spread": float(np.ptp(a, axis=0).max()),
        "rows": count,
    }
