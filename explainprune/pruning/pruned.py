"""What `prune` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from explainprune.network.protocol import Model
from explainprune.types import Masks


@dataclass(frozen=True, eq=False, repr=False)
class Pruned:
    """A model some of whose entries are held at zero.

    Attributes
    ----------
    model : keras.Model
        The architecture it was; removed entries are exactly 0.
    masks : Masks
        Which entries are kept, by variable path; True = keep.
    history : pandas.DataFrame
        One row for each step, step 0 being the model before. Columns: ``step``, ``requested`` and
        ``achieved`` sparsity, ``criterion``, ``epochs``, and, with labels, ``train_loss``,
        ``train_accuracy`` (``train_r2``) and the same of ``validation``, measured after the step;
        of several outputs ``train_NAME_accuracy`` as well, and the mean.
        With a budget ``budget``, ``budget_requested`` and ``budget_achieved``.
    notes : tuple of str
        What the reader must know: what was assumed, what was left whole.
    left_whole : dict of str to str
        Layers (or inputs) that this granularity can't prune, with the reason.
    frontier : pandas.DataFrame or None
        Of an objective: a line for each pruning that was tried. Columns: ``stage``, ``sparsity``,
        ``lost`` of accuracy, ``moved_weight`` and the upper end of its interval, live ``inputs``
        and ``connections``, ``exact_cost``, whether ``within`` the margins, whether ``chosen``.
    """

    model: Model
    masks: Masks
    history: Any
    notes: tuple[str, ...] = ()
    left_whole: dict[str, str] = field(default_factory=dict)
    frontier: Any = None

    def __repr__(self) -> str:
        steps = len(self.history) - 1
        return f"Pruned({self.model.name!r}, {self.masks!r}, {steps} steps)"
