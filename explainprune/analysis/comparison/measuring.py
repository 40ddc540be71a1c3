"""Attributions of every arm under one method, measured row by row and then let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.analysis.comparison.agreements import PerRow, per_row
from explainprune.analysis.comparison.arms import (
    Explainer,
    Met,
    mark_rows,
    random_weights,
    redrawn,
    shuffled,
)
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.quality import Plan, plan, quality_rows
from explainprune.analysis.comparison.scores import output_scale_rows, scale_rows
from explainprune.types import Array

REDRAWN, RANDOM, SHUFFLED = "redrawn_background", "random_weights", "shuffled_samples"
Tick = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Measured:
    """One method's figures for every row.

    Attributes
    ----------
    dense, other : Met
        Their attributions.
    pairs : dict of str to PerRow
        Agreement of the dense model with each arm, by the arm's name, and what else is a matter
        of both: scales, ratios of quality.
    quality : dict of str to PerRow
        By model.
    k, players : int
    how : Plan
    """

    dense: Met
    other: Met
    pairs: dict[str, PerRow]
    quality: dict[str, PerRow]
    k: int
    players: int
    how: Plan


def measured(case: Case, method: Callable[..., Any], tick: Tick) -> Measured:
    """Explain every arm by one method and compare it with the dense model.

    Parameters
    ----------
    case : Case
    method : callable
    tick : callable
        Told what has been done.
    """
    explain = case.explainer(method)
    dense = explain(case.dense)
    tick(f"explained {case.dense.name}")
    p = dense.values.shape[1]
    k = case.k(p)
    how = plan(case.data, case.dense, case.flat_background, p, _flops(case), case.settings.seed)
    quality = {case.dense.name: _quality(case, [dense], how)}
    pairs: dict[str, PerRow] = {}
    other = explain(case.other)
    for name, arm in _arms(case, explain, dense, other):
        pairs[name] = per_row(dense.values, arm, case.settings.agreement, k)
        if isinstance(arm, list):  # of a model: the others are walked once and let go
            quality[name] = _quality(case, arm, how)
            _add_ratios(case, pairs[name], quality, name, dense, arm)
        tick(f"explained {name.replace('_', ' ')}")
    return Measured(dense, other, pairs, quality, k, p, how)


def _arms(
    case: Case, explain: Explainer, dense: Met, other: Met
) -> Iterator[tuple[str, Iterable[Met]]]:
    """Explain the arms one after another; those that can't be had are left out."""
    yield case.other.name, [other]
    for name, subject in case.arms.items():
        yield name, [explain(subject)]
    marked = mark_rows(len(case.targets), case.settings.seed)
    if case.backgrounds.redrawn:
        yield REDRAWN, redrawn(explain, case.dense, case.backgrounds)
    if case.copies:
        yield RANDOM, list(random_weights(explain, case.copies, marked))
    if len(marked) > 1:
        yield SHUFFLED, shuffled(dense, marked, case.settings.seed)


def _flops(case: Case) -> int:
    if case.dense.keras_model is None:
        return 0
    from explainprune.network import size_of

    return int(size_of(case.dense.keras_model, gzip=False).flops)


def _quality(case: Case, arm: list[Met], how: Plan) -> PerRow:
    return quality_rows(case.settings.quality, arm, case.targets, how, case.settings.seed)


def _add_ratios(
    case: Case,
    pair: PerRow,
    quality: dict[str, PerRow],
    name: str,
    dense: Met,
    arm: list[Met],
) -> None:
    """Add to a pair's figures what follows from both models' attributions and outputs."""
    ours, theirs = quality[case.dense.name], quality[name]
    here = np.flatnonzero(pair.met)
    logs = [np.log(quality["effective_features"][here]) for quality in (ours, theirs)]
    drop = ours["naopc"][here] - theirs["naopc"][here]
    pair.add(here, {"log_effective_features_ratio": logs[1] - logs[0], "naopc_drop": drop})
    for met in arm:
        scale = scale_rows(dense.values[met.index], met.values)
        pair.add(met.index, {"log_attribution_scale": scale})
    if len(arm) == 1:
        explained = [_explained(s.outputs, case.targets) for s in (case.dense, arm[0].subject)]
        pair.add(here, {"log_output_scale": output_scale_rows(*explained)})


def _explained(outputs: Array, targets: Array) -> Array:
    return outputs[np.arange(len(targets)), targets]
