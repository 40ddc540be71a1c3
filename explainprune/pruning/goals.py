"""What pruning is after, and which entries that leaves at each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from explainprune.network.protocol import Model
from explainprune.pruning.allocation import Allocation, check_sparsity
from explainprune.pruning.granularity import Entries, Sharing, View, implied_sparsity
from explainprune.pruning.granularity.view import Scores
from explainprune.pruning.schedule import Schedule, sparsities


@dataclass(frozen=True)
class Choice:
    """What one step keeps.

    Attributes
    ----------
    kept : dict of str to ndarray of bool
    requested : float
        The sparsity that was asked for at this step.
    figures : dict
        Further columns of the history.
    """

    kept: Entries
    requested: float
    figures: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Goal:
    """A way to the end, step by step.

    Attributes
    ----------
    steps : int
    choose : callable
        (step from 0, the model then, its scores, entries kept before or None) → `Choice`.
    after : callable, optional
        From a model after a step, fine-tuned, to columns of the history that this has changed.
    """

    steps: int
    choose: Callable[[int, Model, Scores, Entries | None], Choice]
    after: Callable[[Model], dict[str, object]] | None = None


def sparsity_goal(
    view: View,
    sparsity: float,
    schedule: str | Schedule,
    steps: int,
    sharing: Sharing,
    start: float = 0.0,
) -> Goal:
    """Remove a share of all entries, of which the share `start` is gone to begin with.

    What a schedule says is then of what is left: ``start + (1 − start) · s(p)``.
    """
    sparsity = max(sparsity, start)
    left = (sparsity - start) / (1 - start)
    reached = [start + (1 - start) * s for s in sparsities(schedule, steps, left)]
    reached[-1] = sparsity

    def choose(step: int, model: Model, scores: Scores, kept: Entries | None) -> Choice:
        way = (reached[step] - start) / (sparsity - start) if sparsity > start else 1.0
        shared = Sharing(sharing.allocation, sharing.keep_at_least, sharing.seed + step, way)
        return Choice(view.choose(scores, reached[step], kept, shared), reached[step])

    return Goal(len(reached), choose)


def final_sparsity(
    view: View,
    granularity: str,
    sparsity: float | None,
    budget: Mapping[str, float] | None,
    allocation: Allocation,
    before: Entries | None = None,
) -> float | None:
    """Return the sparsity that was asked for, in whichever way; None where a budget decides.

    `before` are the entries that the model comes with.

    Raises
    ------
    ValueError
        If nothing, or more than one thing, says how much is to go.
    """
    if sparsity is not None and budget is not None:
        raise ValueError(
            f"Pass sparsity or budget, not both. Received: sparsity={sparsity!r}, "
            f"budget={budget!r}."
        )
    if view.sparsity is not None:
        if sparsity is not None or budget is not None:
            raise ValueError(
                f"granularity={granularity!r} itself says how much is removed. Received: "
                f"{'budget' if sparsity is None else 'sparsity'}={sparsity or budget!r} as well."
            )
        return view.sparsity
    if sparsity is not None:
        check_sparsity(sparsity)
        return sparsity
    if budget is not None:
        return None
    if isinstance(allocation, Mapping) and allocation:
        return implied_sparsity(allocation, view, before)
    raise ValueError(
        "How much is to be removed? Pass sparsity= (a share of the prunable entries) or budget=."
    )
