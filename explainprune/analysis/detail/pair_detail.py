"""Everything a page shows of one pair beyond its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.analysis.comparison.scores import scale_between
from explainprune.analysis.comparison.slices import class_name
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.detail.drawing import drawing, shown_units
from explainprune.analysis.detail.features import feature_rows
from explainprune.analysis.detail.filters import chosen_tiles, drawn_filters, room_for
from explainprune.analysis.detail.kinds import called_channels, kind_of_rows
from explainprune.analysis.detail.names import names_of
from explainprune.analysis.detail.rewiring import rewired
from explainprune.analysis.detail.units import Scores, joined, original, scored, unit_rows
from explainprune.analysis.detail.wiring import INPUTS, Wiring, wiring
from explainprune.lookup import name_of
from explainprune.types import Array, Data, Detail, Drawing, Rescaling, Rewired, Sample, UnitRow


def pair_detail(
    data: Data,
    dense: Subject,
    other: Subject,
    values: tuple[Array, Array],
    shown: tuple[Sample, ...],
    *,
    criterion: Any,
    kept: Mapping[str, Any] | None,
    seed: int,
) -> Detail:
    """Gather drawings, units, features and samples.

    Parameters
    ----------
    values : (ndarray (n, p), ndarray (n, p))
        Attributions of both models.
    shown : tuple of Sample
        Rows for the gallery.
    criterion : str or callable
        By which units are ranked and sized.
    kept : mapping of str to ndarray of int, optional
        Original indices of the other model's units, where it is physically smaller.
    """
    names = names_of(data, values[0].shape[1], dense.network)
    drawings: dict[str, Drawing] = {}
    units: tuple[UnitRow, ...] = ()
    changed: tuple[Rewired, ...] = ()
    if dense.keras_model is not None and other.keras_model is not None:
        sizes = [np.abs(v).mean(axis=0) for v in values]
        drawings, units, changed = _networks(
            data, dense, other, sizes, names, criterion, kept, seed
        )
    fit = scale_between(dense.outputs, other.outputs)
    beta = None if fit is None else fit.beta
    return Detail(
        drawings=drawings,
        units=units,
        criterion=name_of(criterion),
        features=feature_rows(*values, names, seed=seed, beta=beta),
        samples=shown,
        feature_names=names,
        **kind_of_rows(data, dense),
        rescaling=None if fit is None else Rescaling(fit.beta, fit.r2),
        rewired=changed,
    )


def _networks(
    data: Data,
    dense: Subject,
    other: Subject,
    sizes: list[Array],
    names: tuple[str, ...],
    criterion: Any,
    kept: Mapping[str, Any] | None,
    seed: int,
) -> tuple[dict[str, Drawing], tuple[UnitRow, ...], tuple[Rewired, ...]]:
    """Draw both networks and list their units; nothing where a model has no layer graph."""
    owners = np.arange(dense.network.n_inputs) if data.players is None else np.array(data.players)
    try:
        plans = [wiring(s.keras_model, owners) for s in (dense, other)]
    except ValueError:
        return {}, (), ()
    before, after = (scored(s.keras_model, data, criterion, seed) for s in (dense, other))
    ours, theirs = ({}, {}) if before is None else joined(before, after, kept)
    importance = [
        {**scores, **({INPUTS: size} if plan.features else {})}
        for scores, size, plan in zip((ours, theirs), sizes, plans, strict=True)
    ]
    labels = [{INPUTS: _input_labels(p, names, data), **_class_labels(data, p)} for p in plans]
    at = _positions(plans[0], plans[1], kept)
    units = {INPUTS: len(plans[0].alive[INPUTS]), **plans[0].units}
    shown = shown_units(units, importance)
    joined_up = plans[1].units.keys() <= at.keys()
    drawings = {
        dense.name: drawing(plans[0], units, shown, importance[0], labels[0], _everywhere(units)),
        other.name: drawing(plans[1], units, shown, importance[1], labels[0], at)
        if joined_up
        else _by_itself(plans[1], importance[1], labels[1]),
    }
    if joined_up:
        drawings = _with_filters(drawings, plans, units, importance, labels[0], at)
    changed = rewired(plans[0], plans[1], at) if joined_up else ()
    lives = {p: (to >= 0) & plans[1].alive[p][np.maximum(to, 0)] for p, to in at.items()}
    return drawings, unit_rows(ours, theirs, lives, plans[0].outputs), changed


def _with_filters(
    drawings: Mapping[str, Drawing],
    plans: Sequence[Wiring],
    units: Mapping[str, int],
    sizes: Sequence[Mapping[str, Array]],
    labels: Mapping[str, tuple[str, ...]],
    at: Mapping[str, Array],
) -> dict[str, Drawing]:
    """Add the filters that matter most in either model, and their inputs, to both drawings."""
    filters = plans[0].filters
    shown = {
        path: shown_units(
            {path: each.count},
            [{path: each.size.ravel()}] if each.alone else sizes,  # channels have no score
            room_for(each),
        )[path]
        for path, each in filters.items()
    }
    counts = {path: each.count for path, each in filters.items()}
    tiles = chosen_tiles(filters, shown)
    places = (_everywhere(units), at)
    return {
        name: replace(drawn, filters=drawn_filters(plan.filters, tiles, counts, place, labels))
        for (name, drawn), plan, place in zip(drawings.items(), plans, places, strict=True)
    }


def _everywhere(units: Mapping[str, int]) -> dict[str, Array]:
    return {path: np.arange(count) for path, count in units.items()}


def _positions(dense: Wiring, other: Wiring, kept: Mapping[str, Any] | None) -> dict[str, Array]:
    """For each dense unit of the layers that can be joined, which unit of the other it is."""
    found = {path: np.full(count, -1) for path, count in dense.units.items()}
    index = original(dense.units, other.units, kept)
    for path, units in index.items():
        found[path][units] = np.arange(len(units))
    joint = {path: found[path] for path in index}
    if len(dense.alive[INPUTS]) == len(other.alive[INPUTS]):
        joint[INPUTS] = np.arange(len(dense.alive[INPUTS]))
    return joint


def _by_itself(plan: Wiring, sizes: Scores, labels: Mapping[str, tuple[str, ...]]) -> Drawing:
    """Draw a model whose layers aren't the dense model's."""
    units = {INPUTS: len(plan.alive[INPUTS]), **plan.units}
    own = {path: size for path, size in sizes.items() if path == INPUTS}
    return drawing(plan, units, shown_units(units, [own]), own, labels, _everywhere(units))


def _input_labels(plan: Wiring, names: tuple[str, ...], data: Data) -> tuple[str, ...]:
    return names if plan.features else called_channels(data, len(plan.alive[INPUTS]))


def _class_labels(data: Data, plan: Wiring) -> dict[str, tuple[str, ...]]:
    if data.task == "regression":
        return {}
    return {path: _outputs(data, plan.units[path]) for path in plan.outputs}


def _outputs(data: Data, count: int) -> tuple[str, ...]:
    """Name output units by their classes; a single one stands for two."""
    if count == 1:
        return (f"high: {class_name(data, 1)}\nlow: {class_name(data, 0)}",)
    return tuple(class_name(data, i) for i in range(count))
