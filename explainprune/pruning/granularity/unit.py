"""Granularities ``"unit"`` and ``"coupled"``: whole neurons, channels and heads.

One analysis of the graph says for both which units can go, and which only together. They differ
where units meet, in a sum, a product or a maximum: ``"coupled"`` removes all that meet as one, so
that `shrink` can rebuild the model without them; ``"unit"`` silences each alone, which comes to the
sum as exactly zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from explainprune.criteria.scorer import scores_units_of
from explainprune.lookup import some
from explainprune.network.graph.nodes import has_graph
from explainprune.network.listing import LayerInfo, layers
from explainprune.network.protocol import Model
from explainprune.network.shrinking.removable import Removable, removable_units
from explainprune.network.variables import weights_of
from explainprune.pruning.allocation import allocate
from explainprune.pruning.candidates import kind_of
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, by_key
from explainprune.types import Array, Masks

Groups = dict[str, list[int]]
"""Indices of groups of units, by the names of their layers joined with ``+``."""

LaidOut = dict[str, tuple[Array, Array]]
"""Units of each layer, and for each of them the number of its group."""


def unit(model: Model, infos: Sequence[LayerInfo], *, criterion: Any = None) -> View:
    """See a model as the units of some layers, each alone where units meet.

    Removing a unit masks its kernel slice, its bias, its normalisation parameters, and the weights
    of all layers that read it. Where something else reads it (a sum, an unknown layer), it arrives
    there as exactly 0; layers for which that is not so are left whole.

    Raises
    ------
    ValueError
        If the model is subclassed, or none of the layers can lose units.
    """
    return _view(model, infos, criterion, couples=False)


def coupled(model: Model, infos: Sequence[LayerInfo], *, criterion: Any = None) -> View:
    """See a model as groups of units that go together, keyed by the layers they are units of.

    Groups with a unit in an output layer, or in a layer that is not among `infos`, stay.

    Raises
    ------
    ValueError
        If the model is subclassed, or no group can be removed.
    """
    return _view(model, infos, criterion, couples=True)


def _view(model: Model, infos: Sequence[LayerInfo], criterion: Any, *, couples: bool) -> View:
    """See a model as the units that can go.

    A unit's score is taken over the mean of its layer's units that are left, and a group's is the
    mean over its units: across layers, what is compared is how a unit stands in its own layer.
    """
    found = _followed(model, couples=couples)
    able = [info for info in infos if criterion is None or scores_units_of(criterion, info)]
    groups = _groups(found, model, infos, able, couples=couples)
    left = _left(found, infos, groups, able)
    if not groups:
        raise ValueError(f"Model {model.name!r} has no unit that can be removed: {some(left)}.")
    members = {key: [found.members[index] for index in indices] for key, indices in groups.items()}
    layers_of = {key: tuple(each[0]) for key, each in members.items()}
    present = {path for each in members.values() for units in each for path in units}
    scored = [info for info in able if info.has_units and info.path in present]
    named = {info.path: info for info in scored}
    shapes = {path: values.shape for path, values in weights_of(model).items()}
    first = {
        key: next(named[path] for path in paths if path in named)
        for key, paths in layers_of.items()
    }
    own_kernels = {key: shapes[info.kernels[0]] for key, info in first.items()}
    layer_of = {key: layers_of[key][0] for key in groups}
    laid = {key: laid_out(each, named) for key, each in members.items()}
    sizes = {key: len(indices) for key, indices in groups.items()}

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        return allocate(
            standing({path: scores[path] for path in named}, laid, sizes, kept),
            sparsity,
            allocation=by_key(sharing, layer_of),
            # A layer can't lose its last unit.
            keep_at_least=max(1, sharing.keep_at_least),
            kept=kept,
            shapes=own_kernels,
            kinds={key: kind_of(info, own_kernels[key]) for key, info in first.items()},
            seed=sharing.seed,
        )

    kernels = tuple(path for info in scored for path in info.kernels)

    def masks(kept: Entries) -> Masks:
        gone = [i for key, indices in groups.items() for i in np.asarray(indices)[~kept[key]]]
        whole = {path: np.ones(shapes[path], bool) for path in kernels}
        return Masks(whole | found.masks(gone), kernels, kept)

    told = _alone([path for path in found.meets if path in named])
    return View("unit", tuple(named), sizes, choose, masks, layer_of, None, left, told)


def _alone(paths: Sequence[str]) -> tuple[str, ...]:
    """Say which units `shrink` keeps although they are silent, until those they meet are too."""
    if not paths:
        return ()
    named = ", ".join(repr(path) for path in paths[:3])
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return (
        f"Silent units of {named}{more} come as zeros to where they meet others, or to a layer "
        "that is not known. shrink takes them out where all that meet are silent; "
        "granularity='coupled' makes them so.",
    )


def _followed(model: Model, *, couples: bool) -> Removable:
    if not has_graph(model):
        granularity = "coupled" if couples else "unit"
        raise ValueError(
            f"granularity={granularity!r} follows units along the graph. Model {model.name!r} of "
            f"type {type(model).__name__} has no layer graph: only Sequential and Functional "
            "models have one."
        )
    return removable_units(model, couples=couples)


def _groups(
    found: Removable,
    model: Model,
    infos: Sequence[LayerInfo],
    able: Sequence[LayerInfo],
    *,
    couples: bool,
) -> Groups:
    """Return the groups that may go: with a unit in a layer that can be scored, none barred."""
    barred = {info.path for info in layers(model) if info.prunable} - {i.path for i in infos}
    scored = {info.path for info in able if info.has_units}
    groups: Groups = {}
    for index, members in enumerate(found.members):
        if barred.isdisjoint(members) and not scored.isdisjoint(members):
            # Alone, a unit is one of its layer; the filters on its way go with it.
            shown = [path for path in members if couples or path in scored]
            groups.setdefault("+".join(shown), []).append(index)
    return groups


def _left(
    found: Removable, infos: Sequence[LayerInfo], groups: Groups, able: Sequence[LayerInfo]
) -> dict[str, str]:
    """Return the layers that can lose no unit, with the reason."""
    mine = {path for indices in groups.values() for i in indices for path in found.members[i]}
    left = {}
    for info in infos:
        if info.path not in mine:
            reason = f"units of kind {info.kind!r} can't be removed one by one"
            if info not in able:
                reason = "the criterion is not defined for it"
            left[info.path] = _reason(found, info.path) or reason
    return left


def _reason(found: Removable, path: str) -> str:
    """Return why a layer, or one that holds it, stays whole; "" where that isn't known."""
    parts = path.split("/")
    holders = ("/".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((found.reasons[each] for each in holders if each in found.reasons), "")


def laid_out(groups: Sequence[Mapping[str, Array]], scored: Collection[str]) -> LaidOut:
    """Return, for each layer that is scored, its units in some groups, and the group of each."""
    found: LaidOut = {}
    for path in scored:
        here = [(units[path], index) for index, units in enumerate(groups) if path in units]
        if here:
            owners = np.repeat([index for _, index in here], [len(units) for units, _ in here])
            found[path] = (np.concatenate([units for units, _ in here]), owners)
    return found


def standing(
    scores: Scores, members: Mapping[str, LaidOut], sizes: Mapping[str, int], kept: Entries | None
) -> dict[str, Array]:
    """Return how each group stands among the units of its layers.

    A unit's score is divided by the mean |score| of its layer's units that are left; a group has
    the mean over its units. Sums over 784 incoming weights and over 64 don't compare, and neither
    do scores whose scale follows the layer's width: without this a global ranking empties one layer
    after the other.

    Parameters
    ----------
    scores : mapping of str to ndarray
        By layer.
    members : dict of str to `LaidOut`
    sizes : dict of str to int
        Number of groups by key.
    kept : dict of str to ndarray of bool, optional
        By key, which groups are left.

    Examples
    --------
    >>> scores = {"a": np.array([1.0, 3.0]), "b": np.array([10.0, 40.0, 10.0])}
    >>> alone = {"a": {"a": (np.arange(2), np.arange(2))}, "b": {"b": (np.arange(3), np.arange(3))}}
    >>> standing(scores, alone, {"a": 2, "b": 3}, None)
    {'a': array([0.5, 1.5]), 'b': array([0.5, 2. , 0.5])}
    """
    left = {path: np.ones(len(values), dtype=bool) for path, values in scores.items()}
    for key, of_key in members.items() if kept is not None else ():
        for path, (units, owners) in of_key.items():
            left[path][units[~kept[key][owners]]] = False  # type: ignore[index]
    over = {path: _over_mean(scores[path], left[path]) for path in scores}
    found = {}
    for key, of_key in members.items():
        total, count = np.zeros(sizes[key]), np.zeros(sizes[key])
        for path, (units, owners) in of_key.items():
            total += np.bincount(owners, over[path][units], sizes[key])
            count += np.bincount(owners, minlength=sizes[key])
        found[key] = total / count
    return found


def _over_mean(scores: Array, left: Array) -> Array:
    mean = float(np.abs(scores[left]).mean()) if left.any() else 0.0
    return scores / mean if mean > 0 else scores
