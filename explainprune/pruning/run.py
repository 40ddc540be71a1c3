"""The steps of one pruning: score, choose, mask, train, note down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.criteria import importance
from explainprune.lookup import name_of
from explainprune.network.masking import apply_masks
from explainprune.network.performance import performance
from explainprune.network.protocol import Model
from explainprune.network.variables import clone
from explainprune.pruning.finetuning import Recipe, finetuner
from explainprune.pruning.goals import Goal
from explainprune.pruning.granularity import Entries, View
from explainprune.pruning.rows import Given, at_most
from explainprune.types import Masks

MEASURED_ROWS = 5000
"""On how many of the rows learned from loss and accuracy are measured."""


@dataclass
class Run:
    """One pruning, from a dense model to the last step.

    Attributes
    ----------
    view : View
    given : Given
    criterion : str or callable
    epochs : list of int
        Of fine-tuning, for each step.
    recipe : callable or None
    seed : int
    rows : list of dict
        The history so far.
    """

    view: View
    given: Given
    criterion: str | Callable[..., Any]
    epochs: list[int]
    recipe: Recipe | None
    seed: int
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, model: Model, goal: Goal) -> tuple[Model, Masks, Any]:
        """Prune a clone of `model`; return it, its masks and the history as a DataFrame."""
        import pandas as pd

        finetune = finetuner(self.recipe, self.given)
        self._note(model, step=0, requested=0.0, achieved=0.0, epochs=0)
        current, kept = clone(model), None
        for step, epochs in enumerate(self.epochs):
            choice = goal.choose(step, current, self._scores(current, step), kept)
            kept = choice.kept
            masks = self.view.masks(kept)
            current = apply_masks(current, masks)
            if epochs:
                current = finetune(current, masks, epochs, self._seed("training", step))
            self._note(
                current,
                step=step + 1,
                requested=choice.requested,
                achieved=sparsity_of(kept),
                **choice.figures,
                epochs=epochs if self.recipe is None else None,
            )
        return current, masks, pd.DataFrame(self.rows)

    def _scores(self, model: Model, step: int) -> dict[str, Any]:
        """Score every entry of `model` as it is now."""
        found = importance(
            model,
            self.given.learn,
            criterion=self.criterion,
            level=self.view.level,
            seed=self._seed("criterion", step),
        )
        missing = sorted(set(self.view.needs) - set(found.scores))
        if missing:
            raise ValueError(
                f"Criterion {name_of(self.criterion)!r} is not defined for {missing}: choose "
                "another, or name them in protect."
            )
        return dict(found.scores)

    def _note(self, model: Model, **figures: Any) -> None:
        """Append a line to the history."""
        parts = {"train": self.given.learn, "validation": self.given.validation}
        line = {**figures, "criterion": name_of(self.criterion)}
        for name, rows in parts.items():
            if rows is not None and rows.y is not None:
                scores = performance(model, at_most(rows, MEASURED_ROWS))
                line |= {f"{name}_{key}": value for key, value in scores.items()}
        self.rows.append(line)

    def _seed(self, stream: str, step: int) -> int:
        """Derive the seed of one stream at one step."""
        names = {"criterion": 1, "training": 2}
        sequence = np.random.SeedSequence([self.seed, names[stream], step])
        return int(sequence.generate_state(1)[0])


def sparsity_of(kept: Entries) -> float:
    """Return the share of entries that are not kept."""
    total = sum(mask.size for mask in kept.values())
    return sum(int((~mask).sum()) for mask in kept.values()) / total
