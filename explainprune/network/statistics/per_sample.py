"""Squared gradients of a kernel, sample by sample, without a loop over samples where possible."""

from __future__ import annotations

import math
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.statistics.patches import has_patches, patches_of
from explainprune.network.statistics.taps import Tap

FEW_WEIGHTS = 32
"""Incoming weights of a kernel whose inputs a convolution gathers faster than TensorFlow's own
patches."""


def has_rule(layer: Any) -> bool:
    """Tell whether `squared_gradients` knows the kernel of a layer."""
    return layer is not None and has_patches(layer) and len(layer.kernel.shape) <= 4


def squared_gradients(layer: Any, tap: Tap, slope: Any) -> Any:
    """Sum (∂L/∂w)² over samples, where `slope` is each sample's ∂L/∂z.

    With one position a sample's gradient is the outer product h δᵀ, so the sum is (h²)ᵀ(δ²). With
    several (images, sequences) each sample's gradient is a sum over positions, squared after.
    """
    if len(tap.input.shape) == 2:
        return tf.matmul(tap.input**2, slope**2, transpose_a=True)
    seen = tap.input if len(layer.kernel.shape) == 2 else _patches(layer, tap.input)
    units = slope.shape[-1]
    width = seen.shape[-1]
    n = tf.shape(slope)[0]
    each = tf.matmul(
        tf.reshape(seen, (n, -1, width)), tf.reshape(slope, (n, -1, units)), transpose_a=True
    )
    return tf.reshape(tf.reduce_sum(each**2, axis=0), layer.kernel.shape)


def _patches(layer: Any, images: Any) -> Any:
    """Return what each position of a convolution reads: (…, kernel · channels)."""
    if math.prod(layer.kernel.shape[:-1]) <= FEW_WEIGHTS:
        return patches_of(layer, images)
    two = len(images.shape) == 4
    sizes, strides, rates = layer.kernel_size, layer.strides, layer.dilation_rate
    if not two:
        images = images[:, :, None, :]
        sizes, strides, rates = (*sizes, 1), (*strides, 1), (*rates, 1)
    return tf.image.extract_patches(
        images, (1, *sizes, 1), (1, *strides, 1), (1, *rates, 1), layer.padding.upper()
    )
