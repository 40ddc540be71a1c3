"""The rule of `compare`, without what can't change a label: figures, drawings, other verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

import explainprune as xp
from calibrated.planted import Pair, path_means
from explainprune.analysis.comparison.case import Case, case_of
from explainprune.analysis.comparison.growth import Look, explained_pair
from explainprune.analysis.comparison.judging import _obstacles, _worst
from explainprune.analysis.comparison.moving import moved_values
from explainprune.analysis.comparison.settings import settled
from explainprune.analysis.intervals import crossed_mean
from explainprune.analysis.verdict import same_reasons
from explainprune.analysis.verdict.same_reasons import NO_FLOOR
from explainprune.types import Array, Data, Verdict

MARGIN = 0.15
MARGINS = {"accuracy_margin": 0.02, "faithfulness_margin": 0.05, "clarity_margin": 0.05}


@dataclass(frozen=True)
class Judged:
    """A verdict, and how much was explained for it."""

    verdict: Verdict
    backgrounds: int
    draws: int

    @property
    def label(self) -> str:
        return self.verdict.label

    def counts(self) -> dict[str, float]:
        """Return what is added up over runs."""
        moved = self.verdict.evidence["moved_weight"]
        return {
            "preserved": float(self.label == "preserved"),
            "changed": float(self.label == "changed"),
            "moved": float(moved.value or 0.0),
            "backgrounds": float(self.backgrounds),
            "draws": float(self.draws),
        }

    def foreseen(self, truth: float) -> dict[str, float]:
        """Return how often the verdict's power curve says that such a truth is called what."""
        if not self.verdict.power:
            return {}
        at = [point.true for point in self.verdict.power]
        return {
            f"foreseen_{label}": float(
                np.interp(truth, at, [getattr(point, label) for point in self.verdict.power])
            )
            for label in ("preserved", "changed")
        }


def data_of(
    x: Any, pool: Any, *, weights: Any = None, clusters: Any = None, group: Any = None
) -> Any:
    """Return scored rows and the rows to learn from, with weights, clusters and groups."""
    scored = (x, None, weights) if weights is not None else x
    data = xp.load_data(scored).with_(train=xp.load_data(pool).scored)
    return data.with_(scored=replace(data.scored, clusters=clusters, group=group))


def explained(
    pair: Pair,
    data: Any,
    *,
    background: Any = 20,
    backgrounds: int = 6,
    margin: float = MARGIN,
    method: Callable[..., Any] = path_means,
    copies: str = "clustered",
    effort: int | None = None,
    seed: int = 0,
) -> tuple[Case, Look, Array]:
    """Explain both networks as `compare` does: the case, what was explained, moved weights."""
    settings = settled(
        names=("dense", "other"), methods=[method], metrics=[], arms=[], k=None, effort=effort,
        copies=copies, seed=seed, margins={"margin": margin, **MARGINS},
    )  # fmt: skip
    if not isinstance(data, Data):
        data = data_of(data, pair.pool)
    case = case_of(
        pair.dense, pair.other, data, {}, settings, target="dense prediction",
        background=background, backgrounds=backgrounds, rows=None,
    )  # fmt: skip
    explain = case.explainer(method)
    look = explained_pair(case, explain, lambda what: None)
    return case, look, moved_values(look.dense.each, look.other.each, linear=explain.linear)


def judged(pair: Pair, data: Any, **options: Any) -> Judged:
    """Judge whether both decide for the same reasons, as `compare` does.

    Left out is only what can withhold *preserved*: whether random weights would have been seen.
    """
    case, look, values = explained(pair, data, **options)
    spread = crossed_mean(values, case.units)
    found: Any = SimpleNamespace(moved={"other": values})
    worst, figures = _worst(case, found)
    verdict = same_reasons(
        spread.measure(),
        margin=case.settings.margin,
        floor=NO_FLOOR if look.floor is None else look.floor.measure(),
        spread=spread,
        obstacles=tuple(_obstacles(case, found)),
        worst=worst,
        beside=figures,
    )
    return Judged(verdict, look.backgrounds, look.dense.draws)
