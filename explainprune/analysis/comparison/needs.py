"""What chosen metrics need of the data, checked before any work."""

from __future__ import annotations

from inspect import signature

import numpy as np

from explainprune.analysis.comparison.settings import Settings
from explainprune.types import Array, Data


def check_needs(settings: Settings, data: Data) -> None:
    """Raise for a metric of images without their shape, or of the truth without a mask.

    Raises
    ------
    ValueError
    """
    for name, metric in {**settings.agreement, **settings.quality}.items():
        asked = signature(metric).parameters
        if "image_shape" in asked and (data.image_shape is None or data.players is not None):
            raise ValueError(
                f"{name!r} needs the shape of images: data with image_shape=(height, width) or "
                "(height, width, channels), every value a player of its own. "
                f"Received: {data!r}."
            )
        if "truth" in asked and data.truth is None:
            raise ValueError(
                f"{name!r} needs the truth, a mask of the features that each row's answer rests "
                f"on: load_data(…, truth=mask). Received: {data!r}."
            )


def truth_of(data: Data) -> Array | None:
    """Return the truth of each row and player, laid flat: a player's is that of any feature."""
    if data.truth is None:
        return None
    flat = data.truth.reshape(len(data), -1)
    if data.players is None:
        return flat
    owners = np.asarray(data.players)
    return np.stack([flat[:, owners == each].any(axis=1) for each in range(owners.max() + 1)], 1)
