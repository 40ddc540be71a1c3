"""A model's checksum: of what it computes, not of the file that holds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.network.protocol import Model
from explainprune.network.variables import weights_of
from explainprune.types import Array


def model_sha256(model: Model, masks: Mapping[str, Array] | None = None) -> str:
    """Return a checksum of a model's configuration and weights.

    A ``.keras`` file holds its date as well, so that two files of one model differ; how a model is
    compiled, or was built, decides nothing that it computes. A subclassed
    model that doesn't say how it is built counts by its class and its weights. That of an artefact
    is its file's; a function has none.

    Parameters
    ----------
    model : keras.Model
    masks : mapping of str to ndarray of bool, optional
        By variable path: entries that are not kept count as zeros.
    """
    if isinstance(own := getattr(model, "sha256", None), str):
        return own or "none: a function"
    kept = masks or {}
    try:
        config = json.dumps(_computing(json.loads(model.to_json())))
    except (NotImplementedError, TypeError, ValueError):
        config = f"{type(model).__module__}.{type(model).__qualname__}"
    digest = hashlib.sha256(config.encode("utf-8"))
    for name, values in sorted(weights_of(model).items()):
        digest.update(name.encode("utf-8"))
        if name in kept:
            values = np.where(kept[name], values, np.zeros((), values.dtype))
        digest.update(values.tobytes())
    return digest.hexdigest()


def _computing(config: Any) -> Any:
    """Drop from a configuration what decides nothing that the model computes."""
    if isinstance(config, dict):
        kept = {k: v for k, v in config.items() if k not in ("compile_config", "build_config")}
        return {key: _computing(value) for key, value in kept.items()}
    return [_computing(part) for part in config] if isinstance(config, list) else config
