"""The certificate of a pair: how far outputs moved on the scored rows, and can move at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.slices import labels_of
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.comparison.two_classes import TwoClasses
from explainprune.types import Certificate, OutputBound, flips_of, rows_sha256


def certificate_of(case: Case, kept: Mapping[str, Any] | None = None) -> Certificate:
    """Say how far the other model's outputs lie from the dense one's.

    Whatever made the other, nothing is known but what was measured, and the bound: it is
    ``"approximate"``, on ``"rows compared"``.
    """
    dense, other = case.dense, case.other
    moved = float(np.abs(dense.outputs - other.outputs).max())
    largest = float(np.abs(dense.outputs).max())
    classes = case.task == "classification"
    bound, no_bound = _bound(case, kept)
    return Certificate(
        kind="approximate",
        basis="rows compared",
        max_difference=moved,
        relative_difference=moved / largest if largest else moved,
        rows=len(case.data),
        **flips_of(
            dense.classes if classes else None,
            other.classes if classes else None,
            labels_of(case.data, dense) if classes else None,
        ),
        **_facts("before", dense),
        **_facts("after", other),
        output=dense.kind,
        rows_sha256=rows_sha256(case.data.scored),
        bound=bound,
        no_bound=no_bound,
    )


def _bound(case: Case, kept: Mapping[str, Any] | None) -> tuple[OutputBound | None, str]:
    dense, other = case.dense.keras_model, case.other.keras_model
    if dense is None or other is None:
        return None, "one of the models is a file or a formula, whose layers aren't known"
    from explainprune.network.scalars.bounded import bound_if_cheap

    both = [
        isinstance(each.network, TwoClasses) or getattr(each.network, "yes_or_no", False)
        for each in (case.dense, case.other)
    ]
    return bound_if_cheap(
        dense, other, x=case.data.x, output=case.dense.kind, yes_or_no=tuple(both), kept=kept
    )


def _facts(part: str, subject: Subject) -> dict[str, Any]:
    """Return a model's size and checksum; of a file only the latter, of a formula neither."""
    model = subject.keras_model
    if model is None:
        return {part: None, f"{part}_sha256": str(getattr(subject.model, "sha256", ""))}
    from explainprune.network import model_sha256, size_of

    return {part: size_of(model), f"{part}_sha256": model_sha256(model)}
