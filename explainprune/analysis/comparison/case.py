"""Who is compared on what: models, rows, targets and backgrounds, checked and ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from explainprune.analysis.attribution.permutation import permutation
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.comparison.arms import PairedExplainer, Remembered
from explainprune.analysis.comparison.backgrounds import Backgrounds
from explainprune.analysis.comparison.backgrounds import backgrounds as settled_backgrounds
from explainprune.analysis.comparison.belonging import units_of
from explainprune.analysis.comparison.copies import Copies, copies_of
from explainprune.analysis.comparison.settings import Settings, leading
from explainprune.analysis.comparison.subjects import (
    DENSE_PREDICTION,
    Subject,
    check_comparable,
    identical,
    inputs_of,
    subject,
    targets_of,
    task_of,
)
from explainprune.analysis.intervals import Units
from explainprune.analysis.metrics.behaviour.prediction import as_labels, one_hot
from explainprune.analysis.verdict.same_reasons import FEWEST_UNITS
from explainprune.network import Model, Network
from explainprune.network.files.columns import check_order
from explainprune.types import Array, Data

MUCH = 5e11
"""Floating-point operations from which on a first look at both models costs much: many seconds."""
OF_A_PAIR = 6
"""Passes that a pair of a row and a background row is taken to need: two gradients."""


@dataclass(frozen=True, eq=False)
class Case:
    """Everything that is measured.

    Attributes
    ----------
    settings : Settings
    data : Data
        Its scored rows are those compared.
    row_numbers : ndarray of int (n,)
        Which scored row of the data each one was, before a cap.
    rows_given : int
    labels_given : bool
    units : Units
        Weights and clusters of the rows.
    dense, other : Subject
    arms : dict of str to Subject
    copies : Copies
        With random weights; random networks where neither model's can be drawn anew.
    task : str
        ``"classification"`` or ``"regression"``.
    targets : ndarray of int (n,)
        The output explained in every arm.
    target : str, int or None
        The class that is explained for all rows; None: the dense prediction.
    backgrounds : Backgrounds
    certain : bool
        Both models are one function, so that no unseen row can differ.
    remembered : Remembered, optional
        What earlier comparisons with the dense model have explained of it.
    """

    settings: Settings
    data: Data
    row_numbers: Array
    rows_given: int
    labels_given: bool
    units: Units
    dense: Subject
    other: Subject
    arms: dict[str, Subject]
    copies: Copies
    task: str
    targets: Array
    target: str | int | None
    backgrounds: Backgrounds
    certain: bool
    remembered: Remembered | None = None

    @property
    def subjects(self) -> dict[str, Subject]:
        """Dense, other and the given arms, by name."""
        return {self.dense.name: self.dense, self.other.name: self.other, **self.arms}

    @cached_property
    def flops(self) -> int:
        """Floating-point operations of one row through the dense network; 0 of a formula."""
        if self.dense.keras_model is None:
            return 0
        from explainprune.network import size_of

        return int(size_of(self.dense.keras_model, gzip=False).flops)

    @property
    def costly(self) -> bool:
        """Whether a first look at both models takes so long that none follows unasked."""
        pairs = 2 * len(self.targets) * self.backgrounds.size * self.backgrounds.first
        return pairs * OF_A_PAIR * self.flops > MUCH

    @property
    def flat_background(self) -> Array:
        """All backgrounds of the first look, as the dense network reads them."""
        joined = self.backgrounds.joined(self.backgrounds.first)
        return pack(self.dense.network, joined, "background")

    @property
    def as_probabilities(self) -> bool:
        """Whether probabilities are explained, since one side has nothing else."""
        return self.task == "classification" and self.other.kind == "probability"

    def explainer(self, method: Callable[..., Any]) -> PairedExplainer:
        """Bind a method to the rows, the backgrounds and the targets.

        Of artefacts, which are run more often for the same noise, orders come one at a time: there
        are more where the floor needs them.
        """
        artefacts = any(each.forward_only for each in self.subjects.values())
        return PairedExplainer(
            method,
            self.data.x,
            self.backgrounds,
            self.targets,
            self.data.players,
            self.settings.seed,
            lambda rows: pack(self.dense.network, rows, "background"),
            self.remembered,
            {"draws": 1} if artefacts and method is permutation else {},
            self.costly,
        )

    def k(self, players: int) -> int:
        """How many leading features are compared."""
        data = self.data
        parts = data.x.values() if isinstance(data.x, dict) else [data.x]
        table = data.image_shape is None and all(part.ndim == 2 for part in parts)
        return leading(players, table=table, k=self.settings.k)


def case_of(
    dense: Model | Network,
    other: Model | Network,
    data: Data,
    arms: Mapping[str, Model | Network],
    settings: Settings,
    *,
    target: Any,
    background: Any,
    backgrounds: int,
    rows: int | None,
    remembered: Remembered | None = None,
) -> Case:
    """Cap the rows, look at the models as networks, choose targets and backgrounds.

    Raises
    ------
    ValueError
        If models don't fit the data or each other, the background is empty, or `rows` is below 1.
    """
    given = len(data)
    drawn = settled_backgrounds(data, background, backgrounds, settings.seed)
    capped, numbers = _capped(data, _affordable(rows, drawn, settings.effort), settings.seed)
    named = zip((*settings.names, *arms), (dense, other, *arms.values()), strict=True)
    subjects, task = subjects_of(dict(named), capped)
    capped = _scorable(capped, subjects[0], task)
    pack(subjects[0].network, drawn[0], "background")
    return Case(
        settings=settings,
        data=capped,
        row_numbers=numbers,
        rows_given=given,
        labels_given=data.scored.labelled,
        units=units_of(capped, subjects[0].x, settings.copies),
        dense=subjects[0],
        other=subjects[1],
        arms={each.name: each for each in subjects[2:]},
        copies=copies_of(subjects[0], subjects[1], capped.x, settings.seed),
        task=task,
        targets=targets_of(subjects[0], task, target, capped.class_names),
        target=None if target == DENSE_PREDICTION else target,
        backgrounds=drawn,
        certain=identical(subjects[0], subjects[1]),
        remembered=remembered,
    )


def subjects_of(models: Mapping[str, Model | Network], data: Data) -> tuple[list[Subject], str]:
    """Look at all models alike: as centred logits, or as probabilities where one has no others."""

    def seen(kind: str, task: str = "regression") -> list[Subject]:
        found: list[Subject] = []
        for name, model in models.items():
            check_order(name, model, data.feature_names)
            x = data.x
            if found and isinstance(x, dict) and set(x) == set(inputs_of(found[0])):
                x = {each: x[each] for each in inputs_of(found[0])}
            found.append(subject(name, model, x, kind, task))
        return found

    found = seen("logit" if data.task == "regression" else "centred")
    task = task_of(data, *found[:2])
    if task == "classification":
        only = any(each.only_probabilities for each in found)
        if only or any(each.network.n_outputs == 1 for each in found):
            found = seen("probability" if only else "centred", task)
    if task == "regression":
        if not all(map(_as_it_is, found)):
            pairs = zip(seen("logit"), seen("probability"), strict=True)
            found = [raw if _as_it_is(raw) else whole for raw, whole in pairs]
    elif any(each.forward_only for each in found):
        found = _as_artefacts(found, task, seen)
    for each in found[1:]:
        check_comparable(found[0], each)
    return found, task


def _as_it_is(found: Subject) -> bool:
    """Whether outputs are what the model outputs: not behind a sigmoid, nothing subtracted."""
    if getattr(found.network, "looked_through", False):
        return False
    return found.kind != "centred" or found.network.n_outputs == 1


def _as_artefacts(
    found: list[Subject], task: str, seen: Callable[..., list[Subject]]
) -> list[Subject]:
    """Look at models as artefacts allow, whose numbers are seen as they come out of the file."""
    scores = [each for each in found if each.kind == "centred" and each.network.n_outputs > 1]
    centred = [
        np.abs(each.outputs.mean(axis=1)).max() < 1e-4 * np.abs(each.outputs).max()
        for each in scores
    ]
    return found if all(centred) else seen("logit", task)


def _affordable(rows: int | None, drawn: Backgrounds, effort: int | None) -> int | None:
    """Return the most rows that the effort allows, where that is less than what is asked for."""
    if effort is None:
        return rows
    most = max(FEWEST_UNITS, effort // (drawn.size * drawn.first))
    return most if rows is None else min(rows, most)


def _capped(data: Data, rows: int | None, seed: int) -> tuple[Data, Array]:
    """Take a seeded sample of the scored rows, where a cap is asked for."""
    if rows is None:
        return data, np.arange(len(data))
    if isinstance(rows, bool) or not isinstance(rows, (int, np.integer)) or rows < 1:
        raise ValueError(f"rows is the most rows to score: at least 1. Received: {rows!r}.")
    if rows >= len(data):
        return data, np.arange(len(data))
    index = np.sort(stream(seed, "sample").choice(len(data), int(rows), replace=False))
    capped = data.with_(scored=data.scored.take(index))
    # Backgrounds are drawn from all rows, also where the scored ones are all there is.
    return capped.with_(train=data.learnable), index


def _scorable(data: Data, dense: Subject, task: str) -> Data:
    """Check labels against the outputs; leave out those of a kind that isn't scored.

    Labels for each of several outputs, or for each step of a sequence, are such.
    """
    if data.y is None:
        return data
    if task == "classification":
        if data.y.size != len(data) and not one_hot(data.y, dense.outputs.shape):
            return data.with_(scored=replace(data.scored, y=None))
        as_labels(data.y, dense.outputs)
    elif data.y.reshape(len(data), -1).shape != dense.outputs.shape:
        raise ValueError(
            f"A regression needs a label for each of {dense.network.n_outputs} outputs. "
            f"Received: y.shape={data.y.shape}."
        )
    return data
