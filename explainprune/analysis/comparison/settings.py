"""What a comparison was asked for, checked before any work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explainprune.analysis.attribution import METHODS
from explainprune.analysis.metrics import METRICS, kind_of
from explainprune.analysis.metrics.derived import DERIVED, on_scale
from explainprune.lookup import look_up, name_of, unknown
from explainprune.types import Metric, beyond_chance_of, metric_of

PRIMARY = "moved_weight"
NEEDED = (PRIMARY, "effective_features", "naopc")
"""Metrics that the verdicts rest on: measured whatever is asked for."""
DEFAULT = (
    *NEEDED,
    "signed_top_k",
    "signed_rank_correlation",
    "rank_correlation",
    "feature_agreement",
    "sign_agreement",
    "cosine",
    "gini",
    "additivity_residual",
    "accuracy",
    "balanced_accuracy",
    "precision",
    "auc",
    "log_loss",
    "brier",
    "ece",
    "r2",
    "churn",
    "churn_where_right",
    "negative_flips",
)
COPIES = ("clustered", "independent")
ARMS = ("redrawn_background", "random_weights", "shuffled_samples")
"""Arms that every comparison makes itself."""

Named = Callable[..., Any]


@dataclass(frozen=True)
class Settings:
    """Everything that decides the figures, but the models and the data.

    Attributes
    ----------
    names : (str, str)
    methods : dict of str to callable
        The first is the primary one.
    agreement, quality, behaviour : dict of str to callable
        Metrics by kind.
    margin, accuracy_margin, faithfulness_margin, clarity_margin : float
    k : int or None
        Leading features; None: by the rule of `leading`.
    effort : int or None
        Pairs of a row and a background row to explain each model on, at most.
    copies : str
        Whether exact copies of a row are ``"clustered"`` or ``"independent"``.
    seed : int
    """

    names: tuple[str, str]
    methods: dict[str, Named]
    agreement: dict[str, Named]
    quality: dict[str, Named]
    behaviour: dict[str, Named]
    margin: float
    accuracy_margin: float
    faithfulness_margin: float
    clarity_margin: float
    k: int | None
    effort: int | None
    copies: str
    seed: int

    @property
    def said(self) -> dict[str, Metric]:
        """What every figure is, by its name: what metrics say of themselves, and what follows."""
        own = {**self.agreement, **self.quality, **self.behaviour}
        said = {name: metric_of(function) for name, function in own.items()}
        corrected = {beyond_chance_of(n): on_scale(said[n]) for n in self.agreement}
        return DERIVED | said | corrected

    @property
    def pair(self) -> str:
        """Key of the pair that is judged."""
        return "|".join(self.names)


def settled(
    *,
    names: Sequence[str],
    methods: Sequence[Any],
    metrics: Sequence[Any] | None,
    margins: Mapping[str, float],
    arms: Sequence[str],
    k: int | None,
    effort: int | None,
    copies: str,
    seed: int,
) -> Settings:
    """Check names and numbers.

    Raises
    ------
    ValueError
        For an unknown method or metric, with the nearest name; a margin that isn't above 0; names
        that are used twice.
    """
    chosen = ["default"] if metrics is None else [*metrics]
    asked = [m for each in chosen for m in (DEFAULT if _is_default(each) else (each,))]
    found = {name_of(m): look_up(m, METRICS, "metric") for m in (*NEEDED, *asked)}
    kinds = {name: kind_of(metric) for name, metric in found.items()}
    if isinstance(methods, str) or not methods:
        raise ValueError(f"methods is a sequence of at least one method. Received: {methods!r}.")
    for name, margin in margins.items():
        if not isinstance(margin, (int, float)) or not 0 < margin < 1:
            raise ValueError(f"{name} is a share between 0 and 1. Received: {margin!r}.")
    if k is not None and (isinstance(k, bool) or not isinstance(k, int) or k < 1):
        raise ValueError(f"k counts leading features: at least 1. Received: {k!r}.")
    if effort is not None and (isinstance(effort, bool) or not effort >= 1):
        raise ValueError(f"effort counts pairs of rows: at least 1. Received: {effort!r}.")
    if copies not in COPIES:
        raise unknown("value of copies", copies, COPIES)
    return Settings(
        names=distinct(names, arms),
        methods={name_of(m): look_up(m, METHODS, "method") for m in methods},
        agreement={n: found[n] for n in found if kinds[n] == "agreement"},
        quality={n: found[n] for n in found if kinds[n] == "quality"},
        behaviour={n: found[n] for n in found if kinds[n] == "behaviour"},
        k=k,
        effort=effort,
        copies=copies,
        seed=seed,
        **margins,
    )


def _is_default(metric: Any) -> bool:
    return isinstance(metric, str) and metric == "default"


def distinct(names: Sequence[str], arms: Sequence[str]) -> tuple[str, str]:
    """Check the names of the two models and of the arms."""
    if isinstance(names, str) or len(names) != 2 or not all(isinstance(n, str) for n in names):
        raise ValueError(f"names holds two names, dense and other. Received: {names!r}.")
    used = [*names, *arms]
    for name in used:
        if "|" in name or not name:
            raise ValueError(
                f"A model's name has no '|' in it and isn't empty. Received: {name!r}."
            )
        if name in ARMS or used.count(name) > 1:
            raise ValueError(
                f"Models and arms need names of their own. Received: {name!r}, which is "
                f"{'an arm of every comparison' if name in ARMS else 'used twice'}."
            )
    return names[0], names[1]


def leading(players: int, *, table: bool, k: int | None = None) -> int:
    """Return how many leading features are compared: 4 for tables, else 5 % of the players.

    At most a third of them: of few features, nearly all lead, whatever a model does.

    >>> leading(30, table=True), leading(6, table=True), leading(784, table=False)
    (4, 2, 40)

    Raises
    ------
    ValueError
        If `k` is given and there are fewer players.
    """
    if k is not None and k > players:
        raise ValueError(f"k={k} leading features were asked for, but there are {players}.")
    if k is not None:
        return k
    return max(1, min(4, players // 3)) if table else max(1, -(-players // 20))


def check_criterion(criterion: Any) -> None:
    """Raise for a criterion that isn't known, before any work."""
    from explainprune.criteria import CRITERIA

    if isinstance(criterion, str) and criterion not in CRITERIA:
        raise unknown("criterion", criterion, CRITERIA)
