"""Attributions of every arm under one method, measured row by row and then let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np

from explainprune.analysis.comparison.agreements import PerRow
from explainprune.analysis.comparison.arms import (
    Met,
    PairedExplainer,
    halves,
    mark_rows,
    random_weights,
    shuffled,
)
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.explaining import Explaining
from explainprune.analysis.comparison.growth import Look, explained_pair
from explainprune.analysis.comparison.moving import moved_values
from explainprune.analysis.comparison.quality import Design, add_quality, design
from explainprune.analysis.comparison.scores import (
    change_rows,
    output_scale_rows,
    scale_between,
    scale_rows,
)
from explainprune.lookup import name_of
from explainprune.types import Array

REDRAWN, RANDOM, SHUFFLED = "redrawn_background", "random_weights", "shuffled_samples"
Tick = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Measured:
    """One method's figures for every row.

    Attributes
    ----------
    look : Look
        What the two were explained on.
    pairs : dict of str to PerRow
        Agreement of the dense model with each arm, by the arm's name, and what else is a matter
        of both: scales, ratios of quality.
    moved : dict of str to ndarray (R, n)
        Moved weight of each trained arm under each background.
    settled : ndarray of bool (n,)
        Rows whose k-th place the backgrounds settle, in both models.
    quality : dict of str to PerRow
        By model.
    k, players : int
    how : Design
    """

    look: Look
    pairs: dict[str, PerRow]
    moved: dict[str, Array]
    settled: Array
    quality: dict[str, PerRow]
    k: int
    players: int
    how: Design

    @property
    def dense(self) -> Met:
        """The dense model's attributions."""
        return self.look.dense

    @property
    def other(self) -> Met:
        """The other model's attributions."""
        return self.look.other


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
    look = explained_pair(case, explain, tick)
    dense, other = look.dense, look.other
    p = dense.values.shape[1]
    how = design(case.data, case.dense, case.flat_background, p, case.flops, case.settings.seed)
    scale = _Scale(case, dense, how, case.k(p), Explaining(explain))
    quality = {case.dense.name: scale.own}
    pairs: dict[str, PerRow] = {}
    moved: dict[str, Array] = {}
    for name, arm in _trained(case, explain, look):
        moved[name] = moved_values(dense.each, arm.each, linear=explain.linear)
        pairs[name], quality[name] = scale.read([arm], of_a_model=True)
        tick(f"measured {name}")
    if len(dense.each) > 1:
        first, second = halves(dense)
        pairs[REDRAWN], _ = replace(scale, dense=first).read([second], of_a_model=False)
    for name, marks in _marks(case, explain, dense):
        known = name == RANDOM
        try:
            agreement, found = scale.read(marks, of_a_model=known)
        except ValueError:
            if not known or case.copies.weights:
                raise
            continue  # a method that explains Keras models only: no random network for it
        pairs[name] = agreement
        if known:
            quality[name] = found
        tick(f"explained {name.replace('_', ' ')}")
    settled = settled_places(dense.each, scale.k) & settled_places(other.each, scale.k)
    return Measured(look, pairs, moved, settled, quality, scale.k, p, how)


def settled_places(each: Array, k: int) -> Array:
    """Say in which rows the backgrounds settle which features are the k leading ones.

    The k-th and the next largest mean differ by more than Student's t times the standard error of
    their difference over backgrounds. (n,)
    """
    draws, n, p = each.shape
    if draws < 2 or k >= p:
        return np.ones(n, dtype=bool)
    from scipy.stats import t

    mean = each.mean(axis=0)
    order = np.argsort(-np.abs(mean), axis=1, kind="stable")[:, k - 1 : k + 1]
    rows = np.arange(n)[:, None]
    sizes = each[:, rows, order] * np.sign(mean[rows, order])
    gaps = sizes[..., 0] - sizes[..., 1]
    error = gaps.std(axis=0, ddof=1) / np.sqrt(draws)
    return np.asarray(gaps.mean(axis=0) > t.ppf(0.975, draws - 1) * error)


@dataclass(frozen=True, eq=False)
class _Scale:
    """The dense model's attributions, which those of every arm are held against."""

    case: Case
    dense: Met
    how: Design
    k: int
    explaining: Explaining

    @cached_property
    def own(self) -> PerRow:
        """The quality of the dense model's attributions."""
        return self.quality(self.dense)

    def quality(self, met: Met) -> PerRow:
        """Measure the quality of one subject's attributions."""
        found = PerRow.empty(len(self.case.targets))
        wanted = self.case.settings.quality
        add_quality(found, wanted, met, self.case, self.how, self.explaining)
        return found

    def read(self, arm: Iterable[Met], *, of_a_model: bool) -> tuple[PerRow, PerRow]:
        """Measure agreement with an arm, and its quality if it is a model's."""
        agreement, quality = (PerRow.empty(len(self.case.targets)) for _ in range(2))
        for met in arm:
            ours = self.dense.values[met.index]
            agreement.add(
                met.index,
                {
                    name: self._agreement(metric, ours, met.values)
                    for name, metric in self.case.settings.agreement.items()
                },
            )
            fit = scale_between(self.case.dense.outputs, met.subject.outputs)
            if fit is not None:
                change = change_rows(ours, met.values, fit.beta)
                agreement.add(met.index, {"rescaled_change": change})
            if of_a_model:
                agreement.add(met.index, self._scales(ours, met))
                each = self.quality(met)
                _add_ratios(agreement, self.own, each)
                at = np.flatnonzero(each.met)
                quality.add(at, {metric: each[metric][at] for metric in each})
        return agreement, quality

    def _agreement(self, metric: Callable[..., Array], ours: Array, theirs: Array) -> Array:
        """Compare two attributions, with the shape of images where a metric asks for it."""
        asks = "image_shape" in signature(metric).parameters
        own = {"image_shape": self.case.data.image_shape} if asks else {}
        found = np.asarray(metric(ours, theirs, k=self.k, **own))
        if found.shape != (len(ours),):
            raise ValueError(
                f"Metric {name_of(metric)!r} returns one number for each of {len(ours)} rows. "
                f"Received: shape={found.shape}."
            )
        return found

    def _scales(self, ours: Array, met: Met) -> dict[str, Array]:
        """Compare the sizes of attributions, and of the outputs they explain."""
        outputs = (s.outputs for s in (self.case.dense, met.subject))
        a, b = (out[np.arange(len(out)), self.case.targets] for out in outputs)
        return {
            "log_attribution_scale": scale_rows(ours, met.values),
            "log_output_scale": output_scale_rows(a, b)[met.index],
        }


def explained(case: Case) -> int:
    """Count the ticks that `measured` makes: the models and each arm."""
    return 4 + len(case.arms) + (len(case.targets) > 1)


def _trained(case: Case, explain: PairedExplainer, look: Look) -> Iterator[tuple[str, Met]]:
    """Explain the given arms just as the pair was."""
    yield case.other.name, look.other
    draws, repeats = range(look.backgrounds), range(look.dense.draws)
    for name, subject in case.arms.items():
        yield name, explain(subject, draws=draws, repeats=repeats)


def _marks(case: Case, explain: PairedExplainer, dense: Met) -> Iterator[tuple[str, Iterable[Met]]]:
    """Explain what sets the scale: random weights, and other rows."""
    marked = mark_rows(len(case.targets), case.settings.seed)
    yield RANDOM, random_weights(explain, case.copies, marked)
    if len(marked) > 1:
        yield SHUFFLED, shuffled(dense, marked, case.settings.seed)


def _add_ratios(pair: PerRow, ours: PerRow, theirs: PerRow) -> None:
    """Add what follows from the quality of both models' attributions."""
    here = np.flatnonzero(pair.met)
    logs = [np.log(quality["effective_features"][here]) for quality in (ours, theirs)]
    drop = ours["naopc"][here] - theirs["naopc"][here]
    pair.add(here, {"log_effective_features_ratio": logs[1] - logs[0], "naopc_drop": drop})
