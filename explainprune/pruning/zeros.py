"""What a model comes with that is pruned already, and stays so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explainprune.lookup import some
from explainprune.network.listing import LayerInfo
from explainprune.network.masking import apply_masks
from explainprune.network.protocol import Model
from explainprune.network.variables import check_paths, variables, weights_of
from explainprune.pruning.granularity import Entries, View
from explainprune.pruning.ranking import as_rows
from explainprune.types import Array, Masks


@dataclass(frozen=True, eq=False)
class Start:
    """Where pruning begins.

    Attributes
    ----------
    model : keras.Model
    held : dict of str to ndarray of bool
        Entries that are 0 and stay 0, by variable path; True = free.
    view : View
        Whose masks hold these, too.
    kept : dict of str to ndarray of bool
        What the view may still remove; the rest is gone already.
    note : str or None
    """

    model: Model
    held: dict[str, Array]
    view: View
    kept: Entries
    note: str | None = None

    @property
    def removed(self) -> int:
        """Number of the view's entries that are gone already."""
        return sum(int((~each).sum()) for each in self.kept.values())

    @property
    def sparsity(self) -> float:
        """Their share."""
        return self.removed / self.view.total


def start_of(
    model: Model,
    view: View,
    infos: Sequence[LayerInfo],
    masks: Mapping[str, Array] | None,
    keep_zeros: bool,
) -> Start:
    """Find what is pruned already: what `masks` say or, without, the weights that are exactly 0.

    Raises
    ------
    ValueError
        If a mask is of no variable, or of another shape.
    """
    if masks is not None:
        check_paths(model, masks, "mask")
        held = {path: np.asarray(mask, bool) for path, mask in masks.items()}
        model, note = apply_masks(model, held), None
    elif keep_zeros:
        held = zeros_of(model)
        note = _said(held)
    else:
        held, note = {}, None
    if not any((~mask).any() for mask in held.values()):
        return Start(model, {}, view, _whole(view, model))
    holding = replace(view, masks=lambda kept: _merged(view.masks(kept), held))
    return Start(model, held, holding, _kept_before(model, view, infos, held), note)


def zeros_of(model: Model) -> dict[str, Array]:
    """Return, by path, which entries of the trainable weights aren't 0, where some are.

    A tensor of zeros alone isn't pruned: biases begin so, and scales of residual branches.
    """
    found = {}
    for path, variable in variables(model).items():
        values = np.asarray(variable)
        kept = values != 0
        if variable.trainable and values.dtype.kind == "f" and kept.any() and not kept.all():
            found[path] = kept
    return found


def _said(held: Mapping[str, Array]) -> str | None:
    gone = {path: int((~mask).sum()) for path, mask in held.items()}
    if not gone:
        return None
    most = [f"{gone[path]:,} of {path!r}" for path in sorted(gone, key=lambda path: -gone[path])]
    return (
        "Weights that are 0 to begin with stay 0 (keep_zeros=False lets them learn): "
        f"{sum(gone.values()):,}, {some(most, 'masks')}."
    )


def _merged(masks: Masks, held: Mapping[str, Array]) -> Masks:
    """Hold what is gone already as well."""
    arrays = dict(masks.arrays)
    for path, mask in held.items():
        arrays[path] = arrays[path] & mask if path in arrays else mask
    return Masks(arrays, masks.prunable, masks.entries)


def _whole(view: View, model: Model) -> Entries:
    """Return all entries of a view as kept."""
    weights = weights_of(model) if view.level == "weight" else {}
    return {key: np.ones(_shape(view, key, weights.get(key)), bool) for key in view.sizes}


def _shape(view: View, key: str, kernel: Array | None) -> tuple[int, ...]:
    """Return the shape of a view's entries: of a kernel, of its blocks, or a vector."""
    if kernel is not None and kernel.size == view.sizes[key]:
        return tuple(kernel.shape)
    return view.shapes.get(key, (view.sizes[key],))


def _kept_before(
    model: Model, view: View, infos: Sequence[LayerInfo], held: Mapping[str, Array]
) -> Entries:
    """Return the entries that have a weight left which isn't 0."""
    kept, weights = _whole(view, model), weights_of(model)
    if all(key in weights and kept[key].shape == weights[key].shape for key in kept):
        return {key: held.get(key, mask).copy() for key, mask in kept.items()}
    zero = {path: values == 0 for path, values in weights.items()}
    for key in kept:
        gone = _empty(view, kept, key, _candidates(view, key, infos, zero), zero)
        kept[key].reshape(-1)[gone] = False
    return kept


def _candidates(
    view: View, key: str, infos: Sequence[LayerInfo], zero: Mapping[str, Array]
) -> Array:
    """Return the entries of one key that may be empty: units whose kernel is, where it is known."""
    for info in infos:
        if info.path == view.layer_of[key] and view.level == "unit" and info.kernel is not None:
            axis = info.axis_of(info.kernel, zero[info.kernel].ndim)
            rows = as_rows(zero[info.kernel], axis)
            if len(rows) == view.sizes[key]:
                return np.flatnonzero(rows.all(axis=1))
    return np.arange(view.sizes[key]) if view.sizes[key] <= 4096 else np.arange(0)


def _empty(
    view: View, kept: Entries, key: str, entries: Array, zero: Mapping[str, Array]
) -> list[int]:
    """Return those of some entries whose removal takes nothing but zeros, by halving."""
    if len(entries) == 0:
        return []
    without = kept[key].copy()
    without.reshape(-1)[entries] = False
    masks = view.masks({**kept, key: without})
    if all(zero[path][~mask].all() for path, mask in masks.items()):
        return [int(each) for each in entries]
    if len(entries) == 1:
        return []
    half = len(entries) // 2
    return [each for part in (entries[:half], entries[half:])
            for each in _empty(view, kept, key, part, zero)]  # fmt: skip
