"""The steps of one pruning: score, choose, mask, train, note down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from explainprune.network.functions.copies import check_clone
from explainprune.network.functions.feeding import feed
from explainprune.network.masking import apply_masks
from explainprune.network.protocol import Model
from explainprune.network.tracing.same import FIRST_ROWS
from explainprune.network.training.preserving import Preserve
from explainprune.network.variables import clone
from explainprune.pruning.finetuning import Recipe, finetuner
from explainprune.pruning.goals import Goal
from explainprune.pruning.granularity import Entries, View
from explainprune.pruning.repair import Refit, repaired
from explainprune.pruning.rows import Given
from explainprune.pruning.step import (
    Criterion,
    criterion_name,
    measured,
    scores_of,
    sparsity_of,
    stream,
)
from explainprune.types import Masks


@dataclass
class Run:
    """One pruning, from a dense model to the last step.

    Attributes
    ----------
    view : View
    given : Given
    criterion : str, callable or Importance
    epochs : list of int
        Of fine-tuning, for each step.
    recipe : callable or None
    refit : bool or str
    seed : int
    before : dict of str to ndarray of bool
        Entries that aren't gone to begin with.
    patience : int, optional
    preserve : Preserve, optional
    rows : list of dict
        The history so far.
    """

    view: View
    given: Given
    criterion: Criterion
    epochs: list[int]
    recipe: Recipe | None
    refit: Refit
    seed: int
    before: Entries
    patience: int | None = None
    preserve: Preserve | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, model: Model, goal: Goal) -> tuple[Model, Masks, Any]:
        """Prune a clone of `model`; return it, its masks and the history as a DataFrame."""
        import pandas as pd

        finetune = finetuner(self.recipe, self.given, self.patience, self.preserve)
        begun = sparsity_of(self.before)
        self._note(model, step=0, requested=begun, achieved=begun, epochs=0)
        current, kept = clone(model), self.before
        if self.given.learn is not None:
            rows = feed(model, self.given.learn.take(slice(FIRST_ROWS)).x)
            check_clone(model, current, rows, "The copy that is pruned")
        reference = model
        for step, epochs in enumerate(self.epochs):
            drawn = stream(self.seed, "criterion", step)
            scores = scores_of(self.view, current, self.given, self.criterion, drawn)
            choice = goal.choose(step, current, scores, kept)
            # A pattern may want what is gone already; it doesn't come back.
            kept = {key: mask & self.before[key] for key, mask in choice.kept.items()}
            masks = self.view.masks(kept)
            current = apply_masks(current, masks)
            figures = dict(choice.figures)
            if self.refit:
                repair = repaired(current, reference, masks, self.given, self.refit)
                current, figures["refit"] = repair
            if epochs:
                current = finetune(current, masks, epochs, stream(self.seed, "training", step))
                reference = current
                if goal.after is not None:
                    figures |= goal.after(current)
            self._note(
                current,
                step=step + 1,
                requested=choice.requested,
                achieved=sparsity_of(kept),
                **figures,
                epochs=epochs if self.recipe is None else None,
            )
        return current, masks, pd.DataFrame(self.rows)

    def _note(self, model: Model, **figures: Any) -> None:
        """Append a line to the history."""
        name = criterion_name(self.criterion)
        self.rows.append({**figures, "criterion": name, **measured(model, self.given)})
