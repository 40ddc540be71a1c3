"""Explaining a model again: other rows, or other weights, with the same background and draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.analysis.comparison.arms import PairedExplainer
from explainprune.analysis.comparison.subjects import Subject, subject
from explainprune.types import Array, Inputs
from explainprune.types.arrays import rows as take


@dataclass(frozen=True, eq=False)
class Explaining:
    """Explains any arm again; copies whose weights are replaced are traced once for each model.

    Attributes
    ----------
    explain : PairedExplainer
        Its first background is used, and its first draws.
    """

    explain: PairedExplainer
    _carriers: dict[int, Subject] = field(default_factory=dict)

    def of(self, subject: Subject, index: Array) -> Again | None:
        """Return a function that explains rows in place of those at `index`.

        None for tokens and text, which can't be moved a little.
        """
        return None if reads_words(subject) else Again(self, subject, index)

    def carrier(self, source: Subject, like: Inputs) -> Subject:
        """Return a copy of a model, whose weights may be replaced."""
        from explainprune.network.variables import uncompiled_clone

        key = id(source.keras_model)
        if key not in self._carriers:
            task = "classification" if source.network.n_outputs > 1 else "regression"
            copy = uncompiled_clone(source.keras_model)
            self._carriers[key] = subject("randomised", copy, like, source.kind, task)
        return self._carriers[key]


@dataclass(frozen=True, eq=False)
class Again:
    """Explains rows of one subject: ``again(rows, targets, weights=None)`` → values (m, p)."""

    explaining: Explaining
    subject: Subject
    index: Array

    def __call__(
        self, rows: Array, targets: Array, weights: dict[str, Array] | None = None
    ) -> Array:
        """Explain flat rows, one for each of the index; with some of the weights replaced."""
        explain, seen = self.explaining.explain, self.subject
        shaped = hasattr(seen.network, "unpack")
        like = take(explain.x, self.index) if shaped else rows
        if weights is not None:
            from explainprune.network import weights_of
            from explainprune.network.variables import assign

            own = weights_of(seen.keras_model)
            seen = self.explaining.carrier(seen, like)
            assign(seen.keras_model, {**own, **weights})
        given = seen.network.unpack(np.asarray(rows), like) if shaped else rows  # type: ignore[attr-defined]
        background = explain.backgrounds[0]
        return explain.values(seen, given, targets, background, "explainer 0 0")[0]


def reads_words(subject: Subject) -> bool:
    """Whether a network reads tokens or text."""
    network: Any = subject.network
    if getattr(network, "whole_numbers", False):  # they may be tokens, which a file doesn't say
        return True
    tokens = hasattr(network, "embedding") and network.embedding() is not None
    return tokens or bool(getattr(getattr(network, "signature", None), "texts", ()))
