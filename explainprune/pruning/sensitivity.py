"""Sensitivity: accuracy against sparsity, one layer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explainprune.network.failing import in_words
from explainprune.network.functions.artefacts.opening import from_file
from explainprune.network.masking import apply_masks
from explainprune.network.protocol import Model
from explainprune.network.training.performance import performance
from explainprune.pruning.allocation import OutOfReach, check_sparsity
from explainprune.pruning.candidates import Protect, candidates
from explainprune.pruning.granularity import Entries, Sharing, View, view
from explainprune.pruning.rows import Given, at_most, given
from explainprune.pruning.step import (
    MEASURED_ROWS,
    Criterion,
    criterion_name,
    scores_of,
    sparsity_of,
)
from explainprune.types import Array, Rows

SPARSITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@in_words
def sensitivity(
    model: Model,
    data: Any,
    *,
    criterion: Criterion = "taylor",
    granularity: str = "weight",
    sparsities: Sequence[float] = SPARSITIES,
    protect: Protect = (),
    keep_at_least: int = 1,
    seed: int = 0,
) -> Any:
    """Prune one layer at a time, without fine-tuning, and measure what that costs.

    Parameters
    ----------
    model : keras.Model or path
        Left as it is.
    data : Data or (x, y)
        With labels. Scores learn from the rows to learn from; loss and accuracy are those of the
        validation rows or, without, of up to 5,000 of the rows learned from.
    criterion, granularity, protect, keep_at_least, seed
        As in `prune`; a granularity that itself says how much is removed won't do.
    sparsities : sequence of float
        Shares of a layer's entries to remove. Where `keep_at_least` allows no more, the row says
        what was achieved.

    Returns
    -------
    pandas.DataFrame
        Columns ``layer, requested, achieved, criterion, loss``, ``accuracy`` (or ``r2``) and
        ``drop``, what was lost of it; first, with no layer, the model as it is.

    Raises
    ------
    ValueError
        As `prune` does; if there are no labels.
    """
    import pandas as pd

    for sparsity in sparsities:
        check_sparsity(sparsity)
    model = from_file(model)
    learned = given(data, model)
    rows = _rows(learned)
    infos = candidates(model, protect=protect, outputs=granularity == "input")
    whole = view(granularity, model, infos, criterion)
    if whole.sparsity is not None:
        raise ValueError(
            f"granularity={granularity!r} itself says how much is removed, so there is nothing to "
            "scan. Expected 'weight', 'unit', 'input' or 'block:RxC'."
        )
    scores = scores_of(whole, model, learned, criterion, seed)
    lines: list[dict[str, Any]] = [{"layer": None, "requested": 0.0, "achieved": 0.0}]
    lines[0] |= performance(model, rows)
    for layer in dict.fromkeys(whole.layer_of.values()):
        for sparsity in sparsities:
            kept = _alone(whole, layer, scores, sparsity, Sharing("global", keep_at_least, seed))
            found = performance(apply_masks(model, whole.masks(kept)), rows)
            achieved = sparsity_of({k: m for k, m in kept.items() if whole.layer_of[k] == layer})
            lines.append({"layer": layer, "requested": sparsity, "achieved": achieved, **found})
    frame = pd.DataFrame(lines)
    frame.insert(3, "criterion", criterion_name(criterion))
    quality = "accuracy" if "accuracy" in frame else "r2" if "r2" in frame else None
    if quality is not None:
        frame["drop"] = frame[quality].iloc[0] - frame[quality]
    return frame


def _rows(learned: Given) -> Rows:
    """Return the rows that are measured."""
    for rows in (learned.validation, learned.learn):
        if rows is not None and rows.labelled:
            return rows if rows is learned.validation else at_most(rows, MEASURED_ROWS)
    raise ValueError("A sensitivity scan measures accuracy: it needs labels.")


def _alone(
    whole: View, layer: str, scores: dict[str, Array], sparsity: float, sharing: Sharing
) -> Entries:
    """Remove a share of one layer's entries, or as much of it as the floor allows."""
    size = sum(size for key, size in whole.sizes.items() if whole.layer_of[key] == layer)
    others = {other: 0.0 for other in whole.layer_of.values() if other != layer}
    shared = Sharing(others or "global", sharing.keep_at_least, sharing.seed)
    removed = min(round(sparsity * size), whole.total - 1)
    try:
        return whole.choose(scores, removed / whole.total, None, shared)
    except OutOfReach as error:
        return whole.choose(scores, error.removed / whole.total, None, shared)
