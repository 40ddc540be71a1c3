"""The shap package, which this file alone imports, and its form of an attribution."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from explainprune.types.arrays import Array, Inputs


def shap_package() -> Any:
    """Import shap where it is needed, quietly: it takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

    return shap


def explanation(
    values: Inputs,
    base: Array,
    std_error: Inputs | None,
    x: Inputs | None,
    feature_names: tuple[str, ...] | None,
    *,
    flat: bool,
) -> Any:
    """Return a ``shap.Explanation``: see `Attribution.to_shap`, whose fields these are."""
    trailing = base.ndim - 1
    named, flat = _names(values, trailing, feature_names), flat or isinstance(values, dict)
    laid, data = _one_array(values, trailing, flat), _one_array(x, 0, flat)
    features = laid.shape[1 : laid.ndim - trailing]
    if len(features) > 1:
        # One name for each number: shap cuts names as it cuts values only if they have all axes.
        named = np.broadcast_to(np.array(named).reshape(features), (len(laid), *features))
    return shap_package().Explanation(
        values=laid,
        base_values=np.array(base),
        data=data if data is not None and data.shape[1:] == features else None,
        feature_names=named,
        error_std=_one_array(std_error, trailing, flat),
    )


def _one_array(part: Any, trailing: int, flat: bool) -> Any:
    """Copy an array; if asked, lay its features flat, those of several inputs side by side."""
    if part is None:
        return None
    if not flat:
        return np.array(part)
    parts = part.values() if isinstance(part, dict) else [part]
    return np.concatenate([_flat(each, trailing) for each in parts], axis=1)


def _flat(part: Array, trailing: int) -> Array:
    return part.reshape(len(part), -1, *part.shape[part.ndim - trailing :])


def _names(values: Inputs, trailing: int, known: tuple[str, ...] | None) -> Any:
    """Name every place of the values: as it is known, else by input and indices."""
    parts = values if isinstance(values, dict) else {"x": values}
    shapes = {name: part.shape[1 : part.ndim - trailing] for name, part in parts.items()}
    if known is not None and len(known) == sum(math.prod(shape) for shape in shapes.values()):
        return list(known)
    if not isinstance(values, dict) and len(shapes["x"]) == 1:
        return [f"x{number}" for number in range(shapes["x"][0])]
    return [
        f"{name}[{', '.join(map(str, place))}]"
        for name, shape in shapes.items()
        for place in np.ndindex(*shape)
    ]
