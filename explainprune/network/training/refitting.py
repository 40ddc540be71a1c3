"""Weights fitted anew to calibration rows, in closed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.backend import tf
from explainprune.network.functions.copies import check_copy
from explainprune.network.functions.feeding import feed
from explainprune.network.graph.graph import Call, Graph, read_graph
from explainprune.network.protocol import Model
from explainprune.network.statistics.answers import with_mean_one
from explainprune.network.statistics.patches import has_patches, patches_of
from explainprune.network.training.surgeon import swept
from explainprune.network.variables import clone, variables
from explainprune.types import Array, Inputs

SOLVERS = ("exact", "obs")
"""Least squares for each set of entries that are kept; or one sweep for all of them."""

PATCHES = 20_000
"""How many places of an input are enough to fit a kernel, or 20 for each of its weights."""

OPERATIONS = 3e11
"""A kernel whose equations would take more is swept; one that also that would take too long for
is left as it is."""


def refitted(
    model: Model,
    reference: Model,
    masks: Mapping[str, Array],
    x: Inputs,
    *,
    solver: str = "exact",
    ridge: float = 1e-4,
    batch_size: int = 256,
    weight: Array | None = None,
) -> Model:
    """Return a clone of `model` whose Dense and Conv layers do again what `reference`'s did.

    Layer after layer, ``min_W ‖A W + b − Z‖² + λ ‖W − W₀‖²`` over the entries that are kept: A is
    what the layer reads in the model as fitted so far, Z what it outputs, before its activation,
    in the reference, W₀ its weights as they are, λ = `ridge` times the mean square of A. What lost
    an input learns to make up for it from those it still has. Rows that weigh twice count twice.

    Parameters
    ----------
    model : keras.Model
        Masked already; left as it is.
    reference : keras.Model
        The same architecture before entries were removed.
    masks : mapping of str to ndarray of bool
        By variable path; True = keep.
    x : ndarray (n, ...) or dict
        Calibration rows.
    solver : str
        ``"exact"``: the minimum, by a system of equations for each set of kept entries that a unit
        has. Kernels for which that takes too long are swept as with ``"obs"``: from the minimum
        over all entries, those that go are removed one by one (`swept`), in one pass for all
        units. The first takes ``Σ k³/3`` operations over the units, the second ``d³`` in all.
    ridge : float
    batch_size : int
    weight : ndarray (n,), optional
        How much each row counts.

    Returns
    -------
    keras.Model
        Layers that read what they did and lost nothing, that are frozen, shared, grouped or
        causal, or whose equations would take too long, keep their weights.

    Raises
    ------
    ValueError
        If the model is subclassed, rows don't fit it, all weigh 0, or there is no such solver.
    """
    if solver not in SOLVERS:
        raise unknown("solver", solver, SOLVERS)
    copy = clone(model)
    parts = feed(copy, x)
    weights = np.ones(len(parts[0])) if weight is None else with_mean_one(np.asarray(weight))
    fit = _Fit(read_graph(copy), read_graph(reference), parts, weights, batch_size, ridge)
    for each, graph in ((model, fit.graph), (reference, fit.reference)):
        check_copy(each, graph.results, parts, "The copy that is fitted")
    held = variables(copy)
    paths = {id(variable): path for path, variable in held.items()}
    for position, call in enumerate(fit.graph.calls):
        if not _can_be_fitted(call) or len(fit.graph.of_layer[call.path]) > 1:
            continue
        layer = call.operation
        kept = masks.get(paths[id(layer.kernel)], np.ones(layer.kernel.shape, bool))
        support = np.asarray(kept).reshape(-1, kept.shape[-1])
        if layer.bias is not None:
            whole = np.ones(layer.bias.shape, bool)
            support = np.vstack([support, masks.get(paths[id(layer.bias)], whole)])
        sweep = solver == "obs" or _operations(support) > OPERATIONS
        if not sweep or 3 * len(support) ** 3 <= OPERATIONS:
            solution = fit.solve(position, support, sweep=sweep)
            if solution is not None:
                _assign(layer, solution)
    return copy


@dataclass
class _Fit:
    """Two models side by side, and the rows that both read."""

    graph: Graph
    reference: Graph
    parts: list[Array]
    weights: Array
    batch_size: int
    ridge: float

    def solve(self, position: int, support: Array, *, sweep: bool) -> Array | None:
        """Fit one call's kernel, the bias below; None if there is nothing to make up for."""
        gram, cross, moved = self._moments(position, len(support))
        live = support.any(axis=0)
        if not moved and support[:, live].all():
            return None
        layer = self.graph.calls[position].operation
        weights = _weights(layer)
        features = int(np.prod(layer.kernel.shape[:-1]))
        residual = cross - gram @ weights
        # Added after the residual is taken: it pulls towards the weights as they are, not to 0.
        mean_square = np.diag(gram)[:features].mean()
        gram[np.diag_indices_from(gram)] += (self.ridge + 1e-12) * mean_square or 1e-150
        if not sweep:
            return weights + _by_support(gram, residual, support)
        # What is gone already is at zero, also where the minimum over all entries has it.
        return swept(weights + np.linalg.solve(gram, residual), gram, support)

    def _moments(self, position: int, size: int) -> tuple[Array, Array, bool]:
        """Return AᵀPA, AᵀPZ (a column of ones for the bias) and whether A differs from before.

        P are the weights of the rows; those that weigh nothing are as if they weren't there.
        """
        ours, theirs = self.graph.calls[position], self.reference.calls[position]
        target = _weights(theirs.operation)
        gram = np.zeros((size, size))
        cross = np.zeros((size, target.shape[1]))
        moved, rng = False, np.random.default_rng(0)
        share = self._share(ours, size)
        for batch, weight in batches(self.parts, self.weights, self.batch_size):
            read = self.graph.run(batch)[ours.inputs[0]]
            read_before = self.reference.run(batch)[theirs.inputs[0]]
            moved = moved or bool(tf.reduce_any(read != read_before))
            now, before = _patches(ours, read), _patches(theirs, read_before)
            each = np.repeat(weight, len(now) // len(weight))
            if share < 1:
                chosen = rng.random(len(now)) < share
                now, before, each = now[chosen], before[chosen], each[chosen]
            a, z = _with_ones(now, size), _with_ones(before, size) @ target
            weighted = a.T * each
            gram += weighted @ a
            cross += weighted @ z
        return gram, cross, moved

    def _share(self, call: Call, size: int) -> float:
        """Return the share of places that are enough."""
        places = np.prod([side or 1 for side in call.shapes_out[0][1:-1]]) * len(self.parts[0])
        return float(max(PATCHES, 20 * size) / places)


def _by_support(gram: Array, residual: Array, support: Array) -> Array:
    """Solve for each set of kept entries, the units that share one together."""
    change = np.zeros(support.shape)
    groups: dict[bytes, list[int]] = {}
    for unit, column in enumerate(support.T):
        groups.setdefault(column.tobytes(), []).append(unit)
    for numbers in groups.values():
        units = np.array(numbers)
        rows = np.flatnonzero(support[:, units[0]])
        if len(rows):
            part = np.linalg.solve(gram[np.ix_(rows, rows)], residual[np.ix_(rows, units)])
            change[np.ix_(rows, units)] = part
    return change


def _operations(support: Array) -> float:
    """Bound the work of `_by_support`."""
    different = np.unique(support, axis=1).sum(axis=0, dtype=np.float64)
    return float((different**3).sum() / 3 + len(support) ** 3)


def _can_be_fitted(call: Call) -> bool:
    layer = call.operation
    return call.is_layer and has_patches(layer) and bool(layer.trainable)


def _weights(layer: Any) -> Array:
    """Lay a kernel out as (incoming weights, units), the bias below."""
    kernel = np.asarray(layer.kernel, np.float64)
    rows = kernel.reshape(-1, kernel.shape[-1])
    return rows if layer.bias is None else np.vstack([rows, np.asarray(layer.bias, np.float64)])


def _assign(layer: Any, weights: Array) -> None:
    """Undo `_weights`."""
    rows = int(np.prod(layer.kernel.shape[:-1]))
    layer.kernel.assign(weights[:rows].reshape(layer.kernel.shape))
    if layer.bias is not None:
        layer.bias.assign(weights[rows])


def _patches(call: Call, values: Any) -> Array:
    """Return what a layer reads at each place: (places, incoming weights)."""
    return np.asarray(patches_of(call.operation, values), np.float64)


def _with_ones(patches: Array, size: int) -> Array:
    """Append a column of ones where the layer has a bias."""
    if patches.shape[1] == size:
        return patches
    return np.hstack([patches, np.ones((len(patches), 1))])


def batches(parts: list[Array], weights: Array, size: int) -> Iterator[tuple[list[Any], Array]]:
    """Cut rows, and their weights, into batches."""
    for start in range(0, len(parts[0]), size):
        some = slice(start, start + size)
        yield [tf.convert_to_tensor(part[some]) for part in parts], weights[some]
