"""Attention with projections: its heads are units inside it, read by its output projection alone.

In grouped attention several heads of queries share one of keys and values, and go with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call
from explainprune.network.layers.axes import expect_axis
from explainprune.network.layers.kind import Kind, Sized, product
from explainprune.network.layers.passing import Arrays, Change, Cut, Needs, Passing, Placed, nothing
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.types import Array

_PARTS = ("query", "key", "value")


@dataclass(frozen=True, eq=False)
class Heads:
    """What is noted of a call.

    Attributes
    ----------
    roles : dict of str to int
        Which input is the query, which the key and which the value.
    atoms : ndarray of int
        One for each head of keys and values.
    each : int
        Heads of queries for each of them.
    """

    roles: dict[str, int]
    atoms: Array
    each: int

    def of_queries(self, heads: Array) -> Array:
        """Return the heads of queries that go with some of keys and values."""
        return np.arange(len(self.atoms) * self.each).reshape(-1, self.each)[heads].ravel()

    def of(self, part: str, heads: Array) -> Array:
        """Return the heads of a projection that go with some of keys and values."""
        return self.of_queries(heads) if part in ("query", "output") else heads


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
    gated = getattr(call.operation, "_use_gate", False) or getattr(
        call.operation, "use_gate", False
    )
    if gated or len(call.outputs) != 1:
        raise LeaveWhole("it is gated or hands out its attention scores")
    roles = _roles(call)
    for units, shape in zip(inputs, call.shapes_in, strict=True):
        expect_axis(call, units, len(shape) - 1)
    kernel = call.weights["output_dense/kernel"]
    if kernel.ndim != 3:
        raise LeaveWhole("its output has several axes of units")
    heads = call.weights["key_dense/kernel"].shape[1]
    outputs = ledger.fresh(kernel.shape[-1])
    if _is_grouped(call):  # its query, its value and its outputs are of one size
        for part in ("query", "value"):
            ledger.couple(inputs[roles[part]].atoms, outputs)
    extra = Heads(roles, ledger.fresh(heads), kernel.shape[0] // heads)
    return (Units(len(call.shapes_out[0]) - 1, outputs),), extra


def _is_grouped(call: Call) -> bool:
    return type(call.operation) is keras.layers.GroupQueryAttention


def _makes(placed: Placed) -> dict[str, Array]:
    heads: Heads = placed.extra
    queries = heads.atoms.repeat(heads.each)
    return {
        "query_dense": queries,
        "key_dense": heads.atoms,
        "value_dense": heads.atoms,
        "output_dense": placed.outputs[0].atoms,
    }


def _constants(placed: Placed, inputs: Arrays) -> Arrays:
    """Tell outputs that no head adds to: they are the bias."""
    kernel = placed.weights["output_dense/kernel"]
    bias = placed.weights.get("output_dense/bias", np.zeros(kernel.shape[-1]))
    return (np.where((kernel == 0).all(axis=(0, 1)), bias.astype(np.float64), np.nan),)


def _fed(placed: Placed) -> Array:
    """Return which heads of queries some value reaches."""
    fed = (placed.weights["value_dense/kernel"] != 0).any(axis=(0, 2))
    return np.asarray(fed.repeat(placed.extra.each))


def _live_heads(placed: Placed, needed: Array) -> Array:
    """Return the heads of keys and values that a needed output reads and some value reaches."""
    read = (placed.weights["output_dense/kernel"][..., needed] != 0).any(axis=(1, 2))
    live = read & _fed(placed)
    return np.asarray(live.reshape(-1, placed.extra.each).any(axis=1))


def _needs(placed: Placed, needed: Arrays, inputs: Arrays, outputs: Arrays) -> Needs:
    heads: Heads = placed.extra
    live = _live_heads(placed, needed[0])
    kept = np.flatnonzero(live) if live.any() else np.zeros(1, dtype=int)
    reads = nothing(inputs)
    for part in _PARTS:
        kernel = placed.weights[f"{part}_dense/kernel"][:, heads.of(part, kept)]
        reads[heads.roles[part]][(kernel != 0).any(axis=(1, 2))] = True
    bias = "query_dense/bias" in placed.weights
    folds = [np.isfinite(c) if bias else c == 0 for c in inputs]
    blocked = tuple(r & ~f for r, f in zip(reads, folds, strict=True))
    return Needs(reads, blocked, nothing(inputs), inner=live)


def _change(placed: Placed, cut: Cut) -> Change:
    w, heads = placed.weights, placed.extra
    weights: dict[str, Array] = {}
    moved = {part: np.zeros(w[f"{part}_dense/kernel"].shape[1:]) for part in _PARTS}
    for part in _PARTS:
        kept = heads.of(part, cut.inner)
        kernel = w[f"{part}_dense/kernel"]
        folded = cut.folded(heads.roles[part])
        moved[part] = np.einsum("i,ihd->hd", folded, kernel.astype(np.float64))
        weights[f"{part}_dense/kernel"] = kernel[cut.inputs[heads.roles[part]]][:, kept]
        if f"{part}_dense/bias" in w:
            bias = w[f"{part}_dense/bias"] + moved[part]
            weights[f"{part}_dense/bias"] = bias[kept].astype(kernel.dtype)
    weights |= _projection(placed, cut)
    silent = _constant_heads(placed, cut)
    folds = any(m.any() for m in moved.values()) or bool(silent[:, cut.outputs[0]].any())
    return Change(_config(placed, cut), weights, folds)


def _config(placed: Placed, cut: Cut) -> dict[str, Any]:
    count = len(cut.inner)
    if _is_grouped(placed.call):
        queries = count * placed.extra.each
        return {"num_query_heads": queries, "num_key_value_heads": count}
    return {"num_heads": count, "output_shape": (len(cut.outputs[0]),)}


def _constant_heads(placed: Placed, cut: Cut) -> Array:
    """Return what each removed head adds to each output, whatever its weights: (heads, out)."""
    w, heads = placed.weights, placed.extra
    if "value_dense/bias" not in w:
        return np.zeros((1, w["output_dense/kernel"].shape[-1]))
    value = w["value_dense/bias"].astype(np.float64).repeat(heads.each, axis=0)
    added = np.einsum("hd,hdo->ho", value, w["output_dense/kernel"])
    added[heads.of_queries(cut.inner)] = 0.0
    added[_fed(placed)] = 0.0  # those go because no output that stays reads them
    return np.asarray(added)


def _projection(placed: Placed, cut: Cut) -> dict[str, Array]:
    w, kept = placed.weights, placed.extra.of_queries(cut.inner)
    kernel = w["output_dense/kernel"]
    new = {"output_dense/kernel": kernel[kept][..., cut.outputs[0]]}
    if "output_dense/bias" in w:
        total = w["output_dense/bias"] + _constant_heads(placed, cut).sum(axis=0)
        new["output_dense/bias"] = total[cut.outputs[0]].astype(kernel.dtype)
    return new


def _reads(placed: Placed) -> dict[str, tuple[int, Array]]:
    roles = placed.extra.roles
    return {f"{part}_dense/kernel": (0, placed.inputs[roles[part]].atoms) for part in _PARTS}


def _inner(placed: Placed) -> Array:
    heads: Heads = placed.extra
    return heads.atoms


PASSING = Passing(_trace, _constants, _needs, _change, makes=_makes, reads=_reads, inner=_inner)


def _projected(call: Sized) -> int:
    """Projections of queries, keys, values and outputs; scores; and their weighted sums."""
    queries, values = (shape[0] or 1 for shape in (call.shapes_in[0], call.shapes_in[1]))
    kernels = {n.split("_")[0]: s for n, s in call.weights.items() if n.endswith("_dense/kernel")}
    projected = sum(
        product(shape) * (values if part in ("key", "value") else queries)
        for part, shape in kernels.items()
    )
    heads, width = kernels["query"][1], kernels["query"][2] + kernels["value"][2]
    return projected + heads * queries * values * width


def _holds(name: str, kind: Kind, shape: tuple[int, ...]) -> int:
    if name in ("query_dense", "key_dense", "value_dense"):
        return int(shape[1])
    return int(shape[-1]) if name == "output_dense" and len(shape) == 3 else 0


def _scored(call: Sized) -> int:
    """Scores of (Tq, d) against (Tv, d), and their weighted sums of (Tv, dv)."""
    (queries, width), (values, value_width) = call.shapes_in[0][-2:], call.shapes_in[1][-2:]
    return (queries or 1) * (values or 1) * ((width or 1) + (value_width or 1))


HEADS = Kind(passing=PASSING, multiply_adds=_projected, holds=_holds)
_WEIGHS = "it weighs places by all of their units"
ATTENTION = Kind(passing=_WEIGHS, multiply_adds=_scored)
ADDITIVE = Kind(passing=_WEIGHS)
