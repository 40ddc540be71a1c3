"""Multi-head attention: its heads are units of its own, read by its output projection alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.rebuilding.graph import Call
from explainprune.network.rebuilding.kinds.axes import expect_axis
from explainprune.network.rebuilding.kinds.kind import (
    Arrays,
    Change,
    Cut,
    Kind,
    Needs,
    Placed,
    nothing,
    unknown,
)
from explainprune.network.rebuilding.units import LeaveWhole, Ledger, Units
from explainprune.types import Array

_PARTS = ("query", "key", "value")


def _roles(call: Call) -> dict[str, int]:
    """Return which input is the query, which the key and which the value."""
    arguments = call.arguments
    named = dict(zip(("query", "value", "key"), arguments.args, strict=False))
    named |= {name: a for name, a in arguments.kwargs.items() if name in ("value", "key", "query")}
    named = {name: tensor for name, tensor in named.items() if tensor is not None}
    where = [id(t) for t in arguments.keras_tensors if not _is_mask(arguments, t)]
    if len(arguments.args) > 3 or {id(t) for t in named.values()} != set(where):
        raise LeaveWhole("it is called with further tensors")
    found = {name: where.index(id(tensor)) for name, tensor in named.items()}
    return {"key": found["value"], **found}


def _is_mask(arguments: Any, tensor: Any) -> bool:
    return any(a is tensor for name, a in arguments.kwargs.items() if name.endswith("mask"))


def _trace(call: Call, inputs: tuple[Units, ...], ledger: Ledger) -> tuple[tuple[Units, ...], Any]:
    if getattr(call.op, "_use_gate", False) or len(call.outputs) != 1:
        raise LeaveWhole("it is gated or hands out its attention scores")
    roles = _roles(call)
    for units, shape in zip(inputs, call.shapes_in, strict=True):
        expect_axis(call, units, len(shape) - 1)
    kernel = call.weights["output_dense/kernel"]
    if kernel.ndim != 3:
        raise LeaveWhole("its output has several axes of units")
    return (Units(len(call.shapes_out[0]) - 1, ledger.fresh(kernel.shape[-1])),), roles


def _live_heads(placed: Placed, needed: Array) -> Array:
    """Return the heads that a needed output reads and that some value reaches."""
    read = (placed.weights["output_dense/kernel"][..., needed] != 0).any(axis=(1, 2))
    fed = (placed.weights["value_dense/kernel"] != 0).any(axis=(0, 2))
    return np.asarray(read & fed)


def _needs(placed: Placed, needed: Arrays, inputs: Arrays, outputs: Arrays) -> Needs:
    heads = _kept_heads(placed, needed[0])
    reads = nothing(inputs)
    for part in _PARTS:
        kernel = placed.weights[f"{part}_dense/kernel"][:, heads]
        reads[placed.extra[part]][(kernel != 0).any(axis=(1, 2))] = True
    bias = "query_dense/bias" in placed.weights
    folds = [np.isfinite(c) if bias else c == 0 for c in inputs]
    return Needs(reads, tuple(r & ~f for r, f in zip(reads, folds, strict=True)), nothing(inputs))


def _kept_heads(placed: Placed, needed: Array) -> Array:
    heads = np.flatnonzero(_live_heads(placed, needed))
    return heads if len(heads) else np.zeros(1, dtype=int)


def _change(placed: Placed, cut: Cut) -> Change:
    w = placed.weights
    outputs = np.zeros(w["output_dense/kernel"].shape[-1], dtype=bool)
    outputs[cut.outputs[0]] = True
    heads = _kept_heads(placed, outputs)
    weights: dict[str, Array] = {}
    moved = {part: np.zeros(w[f"{part}_dense/kernel"].shape[1:]) for part in _PARTS}
    for part in _PARTS:
        k = placed.extra[part]
        kernel = w[f"{part}_dense/kernel"]
        moved[part] = np.einsum("i,ihd->hd", cut.folded(k), kernel.astype(np.float64))
        weights[f"{part}_dense/kernel"] = kernel[cut.inputs[k]][:, heads]
        if f"{part}_dense/bias" in w:
            bias = w[f"{part}_dense/bias"] + moved[part]
            weights[f"{part}_dense/bias"] = bias[heads].astype(kernel.dtype)
    weights |= _projection(placed, cut, heads)
    config = {"num_heads": len(heads), "output_shape": (len(cut.outputs[0]),)}
    silent = _constant_heads(placed, heads)
    folds = any(m.any() for m in moved.values()) or bool(silent[:, cut.outputs[0]].any())
    return Change(config, weights, folds)


def _constant_heads(placed: Placed, kept: Array) -> Array:
    """Return what each removed head adds to each output, whatever its weights: (heads, out)."""
    w = placed.weights
    if "value_dense/bias" not in w:
        return np.zeros((1, w["output_dense/kernel"].shape[-1]))
    value = w["value_dense/bias"].astype(np.float64)
    fed = (w["value_dense/kernel"] != 0).any(axis=(0, 2))
    added = np.einsum("hd,hdo->ho", value, w["output_dense/kernel"])
    added[kept] = 0.0
    added[fed] = 0.0  # those go because no output that stays reads them
    return np.asarray(added)


def _projection(placed: Placed, cut: Cut, heads: Array) -> dict[str, Array]:
    w = placed.weights
    kernel = w["output_dense/kernel"]
    new = {"output_dense/kernel": kernel[heads][..., cut.outputs[0]]}
    if "output_dense/bias" in w:
        total = w["output_dense/bias"] + _constant_heads(placed, heads).sum(axis=0)
        new["output_dense/bias"] = total[cut.outputs[0]].astype(kernel.dtype)
    return new


ATTENTION = Kind(
    _trace, lambda placed, inputs: unknown(placed.outputs), _needs, _change, produces=True
)
