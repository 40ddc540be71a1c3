"""Lottery tickets: train, prune, go back to the first weights, again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from explainprune.network.masking import apply_masks
from explainprune.network.protocol import Model
from explainprune.network.redrawing import randomised
from explainprune.network.variables import clone
from explainprune.pruning.allocation import Allocation, check_sparsity
from explainprune.pruning.candidates import Protect, candidates
from explainprune.pruning.finetuning import Finetune, Recipe, finetuner
from explainprune.pruning.goals import Goal, sparsity_goal
from explainprune.pruning.granularity import Entries, Sharing, View, view
from explainprune.pruning.rows import Given, given
from explainprune.pruning.step import (
    Criterion,
    criterion_name,
    measured,
    scores_of,
    sparsity_of,
    stream,
)
from explainprune.types import Masks


@dataclass(frozen=True, eq=False, repr=False)
class Ticket:
    """A sparse network that was found by training, and trained from its first weights.

    Attributes
    ----------
    model : keras.Model
        The ticket, trained.
    initial : keras.Model
        The same at the weights it was taken back to.
    masks : Masks
    control : keras.Model or None
        The same masks on newly drawn weights, trained the same way.
    history : pandas.DataFrame
        One row for each round, round 0 being the dense network. Columns: ``round``, ``requested``
        and ``achieved`` sparsity, ``criterion``, and loss and accuracy (or R²) of the ticket on
        the rows of ``train`` and ``validation``, and, as ``control_…``, of the control.
    """

    model: Model
    initial: Model
    masks: Masks
    control: Model | None
    history: Any

    def __repr__(self) -> str:
        return f"Ticket({self.model.name!r}, {self.masks!r}, {len(self.history) - 1} rounds)"


def lottery_ticket(
    model: Model,
    data: Any,
    *,
    sparsity: float,
    rounds: int | None = None,
    epochs: int = 10,
    rewind_epochs: int = 0,
    criterion: Criterion = "magnitude",
    granularity: str = "weight",
    allocation: Allocation = "global",
    recipe: Recipe | None = None,
    protect: Protect = (),
    keep_at_least: int = 1,
    control: bool = True,
    seed: int = 0,
) -> Ticket:
    """Look for a sparse network that trains as well as the dense one from the same first weights.

    Each round trains what is left from its first weights, scores the trained weights, and removes
    the same share of what is left. The control shows whether the first weights matter: the same
    masks on weights drawn anew.

    Frankle & Carbin 2019, arXiv:1803.03635; going back to an early epoch instead of the first
    weights (`rewind_epochs`): Frankle et al. 2020, arXiv:1912.05671.

    Parameters
    ----------
    model : keras.Model
        Untrained: its weights are those that the ticket goes back to. Left as it is.
    data : Data or (x, y)
        With labels.
    sparsity : float
        Of the last round, as in `prune`.
    rounds : int, optional
        None: as many as remove a fifth of what is left each.
    epochs : int
        Of training, in each round.
    rewind_epochs : int
        Train the dense network so long first, and go back to there.
    criterion, granularity, allocation, recipe, protect, keep_at_least
        As in `prune`. A recipe decides itself how long it trains.
    control : bool
        Whether to train the control in each round, too.
    seed : int

    Returns
    -------
    Ticket

    Raises
    ------
    ValueError
        As `prune` does; if there are no labels and no recipe.
    """
    check_sparsity(sparsity)
    learned = given(data, model)
    if recipe is None and not learned.labelled:
        raise ValueError("A lottery ticket is trained: it needs labels, or a recipe.")
    seen = view(granularity, model, candidates(model, protect=protect), criterion)
    if rounds is None:
        rounds = max(1, math.ceil(math.log(1 - sparsity) / math.log(0.8) - 1e-9))
    sharing = Sharing(allocation, keep_at_least, seed)
    goal = sparsity_goal(seen, sparsity, "geometric", rounds, sharing)
    train = finetuner(recipe, learned)
    start = clone(model)
    if rewind_epochs:
        start = train(start, Masks({}), rewind_epochs, stream(seed, "rewind", 0))
    drawn = randomised(model, stream(seed, "control", 0)) if control else None
    search = _Search(seen, learned, criterion, train, start, drawn, seed)
    return search(goal, epochs, rewind_epochs)


@dataclass
class _Search:
    """The rounds; `start` and `drawn` hold the first weights of the ticket and of the control."""

    view: View
    given: Given
    criterion: Criterion
    train: Finetune
    start: Model
    drawn: Model | None
    seed: int

    def __call__(self, goal: Goal, epochs: int, rewind_epochs: int) -> Ticket:
        import pandas as pd

        rows: list[dict[str, Any]] = []
        kept: Entries | None = None
        masks, trained, control = Masks({}), self.start, self.drawn
        for turn in range(goal.steps + 1):
            figures: dict[str, Any] = {"round": turn, "requested": 0.0, "achieved": 0.0}
            if turn:
                seed = stream(self.seed, "criterion", turn)
                scores = scores_of(self.view, trained, self.given, self.criterion, seed)
                choice = goal.choose(turn - 1, trained, scores, kept)
                kept, masks = choice.kept, self.view.masks(choice.kept)
                figures |= {"requested": choice.requested, "achieved": sparsity_of(kept)}
            trained = self._trained(self.start, masks, epochs, turn)
            figures |= {
                "criterion": criterion_name(self.criterion),
                **measured(trained, self.given),
            }
            if self.drawn is not None:
                control = self._trained(self.drawn, masks, rewind_epochs + epochs, turn)
                figures |= measured(control, self.given, "control_")
            rows.append(figures)
        initial = apply_masks(self.start, masks)
        return Ticket(trained, initial, masks, control, pd.DataFrame(rows))

    def _trained(self, model: Model, masks: Masks, epochs: int, turn: int) -> Model:
        """Train a ticket or a control, both in the same order of rows."""
        seed = stream(self.seed, "training", turn)
        return self.train(apply_masks(model, masks), masks, epochs, seed)
