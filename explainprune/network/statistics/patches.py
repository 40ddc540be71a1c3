"""What a kernel reads at each place."""

from __future__ import annotations

import math
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.layers.families import CONV


def has_patches(kind: str, layer: Any) -> bool:
    """Tell whether `patches_of` knows what this layer's kernel reads."""
    return (
        (kind == "Dense" or kind in CONV)
        and getattr(layer, "groups", 1) == 1
        and getattr(layer, "padding", "valid") != "causal"
        and getattr(layer, "data_format", "channels_last") == "channels_last"
    )


def patches_of(kind: str, layer: Any, values: Any) -> Any:
    """Return what a layer reads, laid beside its kernel: (n, ...) → (places, incoming weights)."""
    shape = layer.kernel.shape[:-1]
    size = math.prod(shape)
    if kind != "Dense":  # a convolution whose kernel is the identity gathers its inputs
        eye = tf.reshape(tf.eye(size, dtype=values.dtype), (*shape, size))
        values = keras.ops.conv(
            values,
            eye,
            strides=layer.strides,
            padding=layer.padding,
            data_format="channels_last",
            dilation_rate=layer.dilation_rate,
        )
    return tf.reshape(values, (-1, size))
