"""Shares of classes, softened by a temperature, and how far two models' are apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.types import Array

TEMPERATURE = 3.0
"""By which logits are divided before they become the shares that are taught."""


def shares(logits: Array, temperature: float) -> Array:
    """Return the shares of all classes at a temperature: (n, K); two for a single logit."""
    z = np.asarray(logits, dtype=np.float64) / temperature
    z = np.concatenate([np.zeros_like(z), z], axis=1) if z.shape[1] == 1 else z
    return np.asarray(np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True)))


def divergence(taught: Any, z: Any, temperature: float) -> Any:
    """Return T² KL(taught ‖ softmax(z / T)) of each row; of one logit z is (0, z)."""
    ops = keras.ops
    z = ops.concatenate([ops.zeros_like(z), z], axis=-1) if z.shape[-1] == 1 else z
    known = ops.log(ops.maximum(taught, keras.config.epsilon()))
    apart = known - ops.log_softmax(z / temperature)
    return temperature**2 * ops.sum(taught * apart, axis=-1)
