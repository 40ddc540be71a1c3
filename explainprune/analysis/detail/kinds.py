"""What kind of rows a page draws: images, series, texts, or tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.comparison.explaining import reads_words
from explainprune.analysis.comparison.subjects import Subject
from explainprune.types import Data

FIRST_STEP = ", step 0"
"""How names of features end that `data.words` makes of channels."""


def kind_of_rows(data: Data, dense: Subject) -> dict[str, Any]:
    """Return the fields of a `Detail` that say how rows lie."""
    if reads_words(dense):
        return {"tokens": data.players is None}
    return {
        "image_shape": data.image_shape,
        "series_shape": series_shape(data),
        "channels": channels(data),
        "owners": tuple(data.players or ()) if drawn_whole(data) else (),
    }


def series_shape(data: Data) -> tuple[int, int] | None:
    """Return (steps, channels) of rows that are a series; None of all others."""
    if data.image_shape is not None or isinstance(data.x, dict) or data.x.ndim != 3:
        return None
    return int(data.x.shape[1]), int(data.x.shape[2])


def channels(data: Data) -> tuple[str, ...]:
    """Return the names of a series' channels, as `labels` gave them to the features of a step."""
    shape = series_shape(data)
    return () if shape is None else _words(data, shape)


def called_channels(data: Data, count: int) -> tuple[str, ...]:
    """Return what the channels of a series or an image are called: by their words, or number."""
    shape = () if isinstance(data.x, dict) else tuple(data.image_shape or data.x.shape[1:])
    words = _words(data, shape) if len(shape) > 1 and shape[-1] == count else ()
    numbers = tuple(str(i) for i in range(count))
    return tuple(
        f"channel {number}" if word == number else word
        for word, number in zip(words or numbers, numbers, strict=True)
    )


def _words(data: Data, shape: tuple[int, ...]) -> tuple[str, ...]:
    """Return the names of channels, of those of the features at the first place; () without."""
    first = (data.feature_names or ())[: shape[-1]]
    end = FIRST_STEP if len(shape) == 2 else ", " + ",".join("0" * (len(shape) - 1))
    named = first and all(name.endswith(end) for name in first)
    return tuple(name.removesuffix(end) for name in first) if named else ()


def drawn_whole(data: Data) -> bool:
    """Whether rows are drawn as they lie though players join their features."""
    lies = data.image_shape is not None or series_shape(data) is not None
    return lies and data.players is not None and len(np.unique(data.players)) < len(data.players)
