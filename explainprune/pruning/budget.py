"""Budgets in place of a sparsity: how much must go so that what is left costs no more."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.protocol import Model
from explainprune.network.variables import weights_of
from explainprune.pruning.allocation import OutOfReach
from explainprune.pruning.costs import COSTS, COSTS_ON_ROWS, cost_of
from explainprune.pruning.goals import Choice, Goal
from explainprune.pruning.granularity import Entries, Sharing, View
from explainprune.pruning.granularity.view import Scores
from explainprune.pruning.rows import Given
from explainprune.pruning.schedule import Schedule, sparsities

BUDGETS = (*COSTS, *COSTS_ON_ROWS, "accuracy_drop")
TRIALS = 7
"""Prunings tried for an accuracy budget: sparsity is found to 1/128 of what can be reached."""

Outcome = tuple[Model, Any, Any]
"""A pruned model, its masks and the history."""


def read_budget(budget: Mapping[str, float]) -> tuple[str, float]:
    """Return a budget's name and number.

    Raises
    ------
    ValueError
        If there isn't exactly one, its name is unknown, or its number out of range.
    """
    if not isinstance(budget, Mapping) or len(budget) != 1:
        raise ValueError(
            f"budget has one entry, such as {{'params_kept': 0.25}}. Received: {budget!r}."
        )
    ((name, value),) = budget.items()
    if name not in BUDGETS:
        raise unknown("budget", name, BUDGETS)
    number = isinstance(value, int | float | np.number) and math.isfinite(value)
    low_enough = name not in ("params_kept", "flops_kept") or (number and value <= 1)
    if not number or not low_enough or value < 0 or (value == 0 and name != "accuracy_drop"):
        expected = (
            "a number above 0" if name in ("bytes", "exact_cost") else "a share between 0 and 1"
        )
        raise ValueError(f"budget {name!r} takes {expected}. Received: {value!r}.")
    return name, float(value)


def cost_goal(
    view: View,
    model: Model,
    name: str,
    most: float,
    schedule: str | Schedule,
    steps: int,
    sharing: Sharing,
    learned: Given,
    before: Entries,
) -> Goal:
    """Remove, at each step, no more than it takes for the cost to be as low as is due by then.

    Raises
    ------
    ValueError
        If the model, of which only `before` isn't gone, costs less than that to begin with.
    """
    cost = cost_of(name, model, learned, shrinks=view.level == "unit")
    start = cost(model, view.masks(before))
    if most > start * (1 + 1e-9) and not all(mask.all() for mask in before.values()):
        raise ValueError(
            f"The model begins at {name}={start:.4g}, so budget={{{name!r}: {most:g}}} asks for "
            "less to be removed than is gone already. Ask for more, or pass keep_zeros=False."
        )
    path = _path(start, most, schedule, steps, in_orders=name in COSTS_ON_ROWS)

    def choose(step: int, model: Model, scores: Scores, kept: Entries | None) -> Choice:
        due = path[step]
        shared = Sharing(sharing.allocation, sharing.keep_at_least, sharing.seed + step)

        def keep(removed: int) -> tuple[Entries, float]:
            entries = view.choose(scores, removed / view.total, kept, shared)
            return entries, cost(model, view.masks(entries))

        fewest = 0 if kept is None else sum(int((~mask).sum()) for mask in kept.values())
        removed, entries, spent = _fewest(keep, due, fewest, view.total)
        if spent > due:
            raise ValueError(
                f"budget={{{name!r}: {most:g}}} can't be reached with "
                f"keep_at_least={sharing.keep_at_least}: the closest is {name}={spent:g}, at "
                f"sparsity={removed / view.total:g}."
            )
        figures = {"budget": name, "budget_requested": due, "budget_achieved": spent}
        return Choice(entries, removed / view.total, figures)

    def after(model: Model) -> dict[str, object]:
        return {"budget_achieved": cost(model, {})}

    # Whether a unit's sign is fixed depends on weights: what is counted on rows moves in training.
    return Goal(len(path), choose, after if name in COSTS_ON_ROWS else None)


def _path(
    start: float, most: float, schedule: str | Schedule, steps: int, *, in_orders: bool
) -> list[float]:
    """Return what is due at each step: by equal amounts, or by equal orders of magnitude."""
    if not in_orders:
        reached = sparsities(schedule, steps, max(0.0, 1 - most / start))
        return [*(start * (1 - share) for share in reached[:-1]), most]
    ways = [share / 0.5 for share in sparsities(schedule, steps, 0.5)]
    begin = max(math.log(start), math.log(most))
    return [*(math.exp(begin + way * (math.log(most) - begin)) for way in ways[:-1]), most]


def _fewest(
    keep: Callable[[int], tuple[Entries, float]], due: float, fewest: int, total: int
) -> tuple[int, Entries, float]:
    """Bisect for the fewest entries to remove so that the cost is at most `due`.

    Where none are enough, it is the most that can go, with what is then spent.
    """
    fewest = _within_reach(keep, fewest)
    entries, spent = keep(fewest)
    if spent <= due:
        return fewest, entries, spent
    low, high = fewest, _within_reach(keep, total - 1)
    entries, spent = keep(high)
    while high - low > 1 and spent <= due:
        middle = (low + high) // 2
        tried, cost = keep(middle)
        if cost <= due:
            high, entries, spent = middle, tried, cost
        else:
            low = middle
    return high, entries, spent


def _within_reach(keep: Callable[[int], tuple[Entries, float]], removed: int) -> int:
    """Return `removed`, or the nearest number that the floor and the limits allow."""
    try:
        keep(removed)
    except OutOfReach as error:
        return error.removed
    return removed


def within_accuracy(
    trial: Callable[[float], Outcome],
    view: View,
    model: Model,
    drop: float,
    sharing: Sharing,
    start: float = 0.0,
) -> Outcome:
    """Bisect for the highest sparsity whose pruned, fine-tuned model loses at most `drop`.

    Accuracy (R² for numbers) is that of the validation rows; without, of the rows learned from.
    Of several outputs none may lose more.

    Raises
    ------
    ValueError
        If there are no labels, or even the lowest sparsity tried loses more.
    """
    low, high = start, _highest(view, model, sharing)
    best: Outcome | None = None
    closest = (math.inf, 0.0)
    for _ in range(TRIALS):
        sparsity = (low + high) / 2
        outcome = trial(sparsity)
        lost = _lost(outcome[2])
        outcome[2]["budget"] = "accuracy_drop"
        outcome[2]["budget_requested"], outcome[2]["budget_achieved"] = drop, lost
        closest = min(closest, (float(lost.iloc[-1]), sparsity))
        if lost.iloc[-1] <= drop + 1e-12:
            low, best = sparsity, outcome
        else:
            high = sparsity
    if best is None:
        raise ValueError(
            f"budget={{'accuracy_drop': {drop:g}}} can't be reached: the closest is "
            f"accuracy_drop={closest[0]:.4g}, at sparsity={closest[1]:.4g}. More finetune_epochs "
            "may help."
        )
    return best


def _lost(history: Any) -> Any:
    """Return what each step lost of the first row's accuracy: of several outputs, the most."""
    known = measured(history)
    return (history[known].iloc[0] - history[known]).max(axis=1)


def measured(history: Any) -> list[str]:
    """Return the columns that say how well a model does: of validation rows, where there are some.

    Raises
    ------
    ValueError
        If there are none.
    """
    for rows in ("validation", "train"):
        known = [name for name in history if re.fullmatch(rf"{rows}_(.+_)?(accuracy|r2)", name)]
        if known:
            return known
    raise ValueError(
        "budget 'accuracy_drop' and objective 'clear' need labels, and a loss of classes or "
        f"numbers. Received: a history of {', '.join(history)}."
    )


def _highest(view: View, model: Model, sharing: Sharing) -> float:
    """Return the highest sparsity that the floor allows, which no scores change."""
    weights = weights_of(model) if view.level == "weight" else {}
    scores = {
        key: np.ones(weights[key].shape if weights else view.sizes[key]) for key in view.needs
    }
    try:
        view.choose(scores, (view.total - 1) / view.total, None, sharing)
    except OutOfReach as error:
        return error.removed / view.total
    return (view.total - 1) / view.total
