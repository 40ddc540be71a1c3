"""What methods and metrics need of models and data, checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

import numpy as np

from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.attribution.price import check_forward
from explainprune.analysis.comparison.settings import Settings
from explainprune.lookup import name_of
from explainprune.types import Array, Data


def methods_for(asked: Sequence[Any] | None, models: Sequence[Any]) -> Sequence[Any]:
    """Return the methods asked for; else the usual one that all models can be explained by.

    Raises
    ------
    ValueError
        If one goes by gradients, which a model that only runs forward hasn't.
    """
    for method in () if isinstance(asked, str) else asked or ():
        function: Any = METHODS.get(method, method) if isinstance(method, str) else method
        for model in models:
            check_forward(function, name_of(method), model)
    if asked is not None:
        return asked
    forward = any(getattr(model, "forward_only", False) for model in models)
    return ("permutation",) if forward else ("expected_gradients",)


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
