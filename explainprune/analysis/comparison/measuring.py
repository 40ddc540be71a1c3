"""Attributions of every arm under one method, measured row by row and then let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.analysis.comparison.agreements import PerRow
from explainprune.analysis.comparison.arms import (
    Explainer,
    Met,
    mark_rows,
    random_weights,
    redrawn,
    shuffled,
)
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.quality import Plan, add_quality, plan
from explainprune.analysis.comparison.scores import (
    change_rows,
    output_scale_rows,
    scale_between,
    scale_rows,
)
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
    dense, other = explain(case.dense), explain(case.other)
    p = dense.values.shape[1]
    how = plan(case.data, case.dense, case.flat_background, p, _flops(case), case.settings.seed)
    scale = _Scale(case, dense, how, case.k(p))
    quality = {case.dense.name: scale.quality(dense)}
    tick(f"explained {case.dense.name}")
    pairs: dict[str, PerRow] = {}
    for name, arm in _arms(case, explain, dense, other):
        pairs[name], found = scale.read(arm, of_a_model=name not in (REDRAWN, SHUFFLED))
        if name not in (REDRAWN, SHUFFLED):
            quality[name] = found
            _add_ratios(pairs[name], quality[case.dense.name], found)
        tick(f"explained {name.replace('_', ' ')}")
    return Measured(dense, other, pairs, quality, scale.k, p, how)


@dataclass(frozen=True, eq=False)
class _Scale:
    """The dense model's attributions, which those of every arm are held against."""

    case: Case
    dense: Met
    how: Plan
    k: int

    def quality(self, met: Met) -> PerRow:
        """Measure the quality of one subject's attributions."""
        found = PerRow.empty(len(self.case.targets))
        self._add_quality(found, met)
        return found

    def read(self, arm: Iterable[Met], *, of_a_model: bool) -> tuple[PerRow, PerRow]:
        """Measure agreement with an arm, and its quality if it is a model's."""
        agreement, quality = (PerRow.empty(len(self.case.targets)) for _ in range(2))
        for met in arm:
            ours = self.dense.values[met.index]
            agreement.add(
                met.index,
                {
                    name: metric(ours, met.values, k=self.k)
                    for name, metric in self.case.settings.agreement.items()
                },
            )
            fit = scale_between(self.case.dense.outputs, met.subject.outputs)
            if fit is not None:
                change = change_rows(ours, met.values, fit.beta)
                agreement.add(met.index, {"rescaled_change": change})
            if of_a_model:
                agreement.add(met.index, self._scales(ours, met))
                self._add_quality(quality, met)
        return agreement, quality

    def _scales(self, ours: Array, met: Met) -> dict[str, Array]:
        """Compare the sizes of attributions, and of the outputs they explain."""
        outputs = (s.outputs for s in (self.case.dense, met.subject))
        a, b = (out[np.arange(len(out)), self.case.targets] for out in outputs)
        return {
            "log_attribution_scale": scale_rows(ours, met.values),
            "log_output_scale": output_scale_rows(a, b)[met.index],
        }

    def _add_quality(self, found: PerRow, met: Met) -> None:
        settings = self.case.settings
        add_quality(found, settings.quality, met, self.case.targets, self.how, settings.seed)


def explained(case: Case) -> int:
    """Count the ticks that `measured` makes: the dense model and each arm."""
    made = bool(case.backgrounds.redrawn) + (case.copies is not None) + (len(case.targets) > 1)
    return 2 + len(case.arms) + made


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
    if case.copies is not None:
        yield RANDOM, random_weights(explain, case.copies, marked)
    if len(marked) > 1:
        yield SHUFFLED, shuffled(dense, marked, case.settings.seed)


def _add_ratios(pair: PerRow, ours: PerRow, theirs: PerRow) -> None:
    """Add what follows from the quality of both models' attributions."""
    here = np.flatnonzero(pair.met)
    logs = [np.log(quality["effective_features"][here]) for quality in (ours, theirs)]
    drop = ours["naopc"][here] - theirs["naopc"][here]
    pair.add(here, {"log_effective_features_ratio": logs[1] - logs[0], "naopc_drop": drop})


def _flops(case: Case) -> int:
    if case.dense.keras_model is None:
        return 0
    from explainprune.network import size_of

    return int(size_of(case.dense.keras_model, gzip=False).flops)
