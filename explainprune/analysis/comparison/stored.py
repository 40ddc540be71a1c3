"""Stored attributions of an earlier version in place of a model: that they match, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.analysis.attribution.explainer import explainer_for
from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.comparison.arms import flat
from explainprune.analysis.comparison.belonging import units_of
from explainprune.analysis.comparison.subjects import Subject, subject
from explainprune.analysis.intervals import Units
from explainprune.data.reading import Samples, read_samples
from explainprune.types import Array, Attribution, Data

APART = ("background_rows", "background_sha256", "seed")
"""Options of an attribution that aren't the method's own."""
TAKEN = ("margin", "clarity_margin", "clusters", "copies", "k", "names", "seed", "detail")
"""Options of `compare` that stored attributions leave open; what explains is as it was stored."""


def is_stored(model: Any) -> bool:
    """Whether what stands for a model are attributions, or a file of them.

    Raises
    ------
    ValueError
        For a table of attributions, which doesn't say enough.
    """
    if isinstance(model, Attribution):
        return True
    ending = Path(model).suffix if isinstance(model, str | Path) else ""
    if ending in (".csv", ".parquet"):
        raise ValueError(
            f"{Path(model).name!r} is a table: it doesn't say what was explained, how, and against "
            "what. Stored attributions are compared as the .npz of `explainprune attribute`."
        )
    return ending == ".npz"


def opened_stored(model: Any) -> Attribution:
    """Return attributions, or those of a file."""
    return model if isinstance(model, Attribution) else Attribution.load(model)


def check_open(asked: Mapping[str, Any], default: Mapping[str, Any]) -> None:
    """Raise for options that say how to explain, or what to measure of a model that isn't there."""

    def same(value: Any, usual: Any) -> bool:
        plain = isinstance(value, str | int | float | tuple)
        return value is usual or value == {} or (plain and value == usual)

    free = (*TAKEN, "dense", "other", "data", "progress")
    bound = [n for n, value in asked.items() if n not in free and not same(value, default[n])]
    if bound:
        raise ValueError(
            f"With stored attributions {', '.join(bound)} can't be chosen: they were explained "
            f"before. What can: {', '.join(TAKEN)}."
        )


@dataclass(frozen=True, eq=False)
class StoredPair:
    """A model explained as the stored attributions were, and these.

    Attributes
    ----------
    dense : Subject
    data : Data
    stored : Attribution
    ours, theirs : ndarray (n, p)
        Attributions of the model, and those stored.
    base : ndarray (n,)
    background : ndarray (b, d)
        Flat.
    units : Units
    """

    dense: Subject
    data: Data
    stored: Attribution
    ours: Array
    theirs: Array
    base: Array
    background: Array
    units: Units

    @property
    def own(self) -> dict[str, Any]:
        """The method's own options."""
        return {key: value for key, value in self.stored.options.items() if key not in APART}


def matched(model: Any, name: str, stored: Attribution, data: Data, copies: str) -> StoredPair:
    """Explain a model as the stored attributions were made: same rows, outputs and background.

    Raises
    ------
    ValueError
        If any of these is another, or isn't known.
    """
    targets = stored.targets
    if stored.method not in METHODS or targets is None or targets.ndim != 1:
        raise ValueError(
            "Stored attributions are compared where a method of ours explained one output of each "
            f"row. Received: {stored!r}."
        )
    two = data.task == "classification" or bool(targets.max(initial=0))
    task = "classification" if two else "regression"
    dense = subject(name, model, data.x, stored.output_kind, task)
    samples = read_samples(model, data)
    _check_rows(stored, samples)
    explainer = explainer_for(
        model,
        samples,
        background=None,
        method=stored.method,
        target=targets,
        output=stored.output_kind,
        players=None,
        batch_size=None,
        seed=int(stored.options.get("seed", 0)),
        options={key: value for key, value in stored.options.items() if key not in APART},
    )
    _check_background(stored, explainer.background_sha256)
    found = explainer.explain(samples)
    ours, theirs = flat(found), flat(stored)
    if ours.shape != theirs.shape:
        raise ValueError(
            f"The stored attributions have {theirs.shape[1]} values for each row, these "
            f"{ours.shape[1]}: other features or players."
        )
    units = units_of(data, dense.x, copies)
    return StoredPair(dense, data, stored, ours, theirs, found.base, explainer.background, units)


def _check_rows(stored: Attribution, samples: Samples) -> None:
    """Raise unless the stored attributions are of these rows, in this order."""
    given = samples.x if isinstance(samples.x, dict) else {"": samples.x}
    kept = stored.x if isinstance(stored.x, dict) else {"": stored.x}
    same = given.keys() == kept.keys() and all(
        np.array_equal(np.asarray(kept[name]), rows) for name, rows in given.items()
    )
    if not same:
        raise ValueError(
            f"The stored attributions are of other rows: {len(stored):,}, these are "
            f"{len(samples):,}. Explain and compare the same rows, read in the same way."
        )


def _check_background(stored: Attribution, ours: str) -> None:
    """Raise unless the stored attributions had the background that is drawn here."""
    theirs = stored.options.get("background_sha256")
    if theirs is None:
        raise ValueError(
            "The stored attributions don't say what their background was: an earlier version "
            "wrote them. Store them anew with `explainprune attribute`."
        )
    if theirs != ours:
        raise ValueError(
            "The stored attributions had another background. Pass the rows that they were "
            "explained against: --background FILE, or background= of load_data."
        )
