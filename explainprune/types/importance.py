"""How much each unit or weight matters, by one criterion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from explainprune.types.arrays import Array, frozen


@dataclass(frozen=True, eq=False, repr=False)
class Importance:
    """Scores of units or weights: what pruning removes lowest-first and what reports rank.

    Attributes
    ----------
    criterion : str
        Name of the criterion.
    level : str
        ``"unit"``: `scores` has one vector for each layer path. ``"weight"``: one array for each
        kernel's variable path, shaped like the kernel.
    scores : dict of str to ndarray
    std_error : dict of str to ndarray, optional
        Standard errors, shaped like the scores; None for deterministic criteria.
    original : dict of str to ndarray of int, optional
        Original index of each unit, where the model was shrunk; None: units are as they were.
    kept : dict of str to ndarray of bool, optional
        Whether each unit (or weight) survives in a pruned model; None: not known.
    figures : dict of str to dict, optional
        By path, what the criterion says of its own scores: ``"completeness_gap"``, say.
    """

    criterion: str
    level: str
    scores: dict[str, Array]
    std_error: dict[str, Array] | None = None
    original: dict[str, Array] | None = None
    kept: dict[str, Array] | None = None
    figures: dict[str, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.level not in ("unit", "weight"):
            raise ValueError(f"level is 'unit' or 'weight'. Received: {self.level!r}.")
        for name in ("scores", "std_error", "original", "kept"):
            arrays: Mapping[str, Any] | None = getattr(self, name)
            if arrays is None:
                continue
            arrays = {path: frozen(values) for path, values in arrays.items()}
            object.__setattr__(self, name, arrays)
            for path, values in arrays.items():
                if path not in self.scores:
                    raise ValueError(f"{name} names {path!r}, which has no scores.")
                expected = self.scores[path].shape
                if values.shape != expected:
                    raise ValueError(
                        f"{name}[{path!r}] has shape {values.shape}; its scores have {expected}."
                    )
        for path, values in self.scores.items():
            if not np.isfinite(values).all():
                raise ValueError(f"Scores of {path!r} by {self.criterion!r} are not all finite.")

    def __getitem__(self, path: str) -> Array:
        return self.scores[path]

    def with_original(self, kept: Mapping[str, Array]) -> Importance:
        """Return a copy whose units are called by their original indices.

        Parameters
        ----------
        kept : dict of str to ndarray of int
            Of a shrunk model, by layer path: ``shrunk.kept``. Layers that it doesn't name are as
            they were.

        Raises
        ------
        ValueError
            If these are scores of weights, or a layer has another number of units.
        """
        if self.level != "unit":
            raise ValueError(f"Only units have original indices. Received: {self!r}.")
        return replace(self, original={path: kept[path] for path in self.scores if path in kept})

    def with_kept(self, masks: Mapping[str, Array]) -> Importance:
        """Return a copy that says which units (or weights) masks keep.

        Parameters
        ----------
        masks : Masks or mapping of str to ndarray of bool
            A unit is kept if ``masks.entries`` says so. Where units weren't decided on, it is if
            any weight of it in ``"<layer>/kernel"``, whose last axis is taken for the units, is.
        """
        entries = getattr(masks, "entries", {})
        found: dict[str, Array] = {}
        for path, scores in self.scores.items():
            if self.level == "weight" and path in masks:
                found[path] = masks[path]
            elif path in entries:
                found[path] = entries[path]
            elif self.level == "unit" and f"{path}/kernel" in masks:
                mask = np.asarray(masks[f"{path}/kernel"])
                if mask.shape[-1:] == scores.shape:
                    found[path] = np.asarray(mask.reshape(-1, len(scores)).any(axis=0))
        return replace(self, kept=found)

    def to_frame(self) -> Any:
        """Return a DataFrame, best first within each layer.

        Columns: ``layer, unit, score, std_error, rank, kept`` (for weights: ``variable, index``
        in place of ``layer, unit``). Rank 1 is the highest score; ties share the mean rank.
        """
        import pandas as pd
        from scipy.stats import rankdata

        first, second = ("layer", "unit") if self.level == "unit" else ("variable", "index")
        frames = []
        for path, scores in self.scores.items():
            flat = scores.ravel()
            original = None if self.original is None else self.original.get(path)
            errors = None if self.std_error is None else self.std_error.get(path)
            kept = None if self.kept is None else self.kept.get(path)
            frame = pd.DataFrame(
                {
                    first: path,
                    second: np.arange(flat.size) if original is None else original.ravel(),
                    "score": flat,
                    "std_error": np.full(flat.size, np.nan) if errors is None else errors.ravel(),
                    "rank": rankdata(-flat),
                    "kept": pd.array(
                        [None] * flat.size if kept is None else kept.ravel(), dtype="boolean"
                    ),
                }
            )
            frames.append(frame.sort_values("score", ascending=False, kind="stable"))
        return pd.concat(frames, ignore_index=True)

    def __repr__(self) -> str:
        count = sum(scores.size for scores in self.scores.values())
        return (
            f"Importance({self.criterion!r}, {count:,} {self.level}s in {len(self.scores)} layers)"
        )
