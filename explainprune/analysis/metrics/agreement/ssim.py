"""Structural similarity of two attribution maps."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide, pair
from explainprune.types import Array, metric

WINDOW = 7
_C1, _C2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2  # maps run from −1 to 1: their range is 2


@metric("correlation", "SSIM", "structure of the two maps, window by window", better="more")
def ssim(
    a: Array, b: Array, *, k: int | None = None, image_shape: Sequence[int] | None = None
) -> Array:
    r"""Return the structural similarity of two maps of each image.

    .. math:: \frac{(2 \mu_a \mu_b + c_1)(2 \sigma_{ab} + c_2)}
              {(\mu_a^2 + \mu_b^2 + c_1)(\sigma_a^2 + \sigma_b^2 + c_2)}

    averaged over all windows of 7 × 7 pixels (the largest odd size that fits a smaller image) that
    lie within it; c₁ and c₂ are (.01 L)² and (.03 L)². A map is the sum over channels, divided by
    its largest absolute value, so that L = 2 and the scale of neither side counts.

    Parameters
    ----------
    a, b : ndarray (n, d)
        Two attributions of the same images, laid flat.
    k : int, optional
        Not used.
    image_shape : (height, width) or (height, width, channels)
        `compare` takes it from ``Data.image_shape``.

    Returns
    -------
    ndarray (n,)
        In [−1, 1], 1 for equal maps; NaN where either is 0 everywhere. Large empty parts are
        alike in all maps: read it beside random weights (``ssim_beyond_chance``).

    Raises
    ------
    ValueError
        If the shape is missing or doesn't hold the values.

    Notes
    -----
    Wang et al. 2004, doi:10.1109/TIP.2003.819861; of attributions: Adebayo et al. 2018,
    arXiv:1810.03292. As scikit-image's ``structural_similarity`` with its defaults.

    Examples
    --------
    >>> a = np.random.default_rng(0).normal(size=(1, 64))
    >>> ssim(a, 3 * a, image_shape=(8, 8))
    array([1.])
    """
    from scipy.ndimage import uniform_filter

    a, b = pair(a, b)
    if image_shape is None or prod(image_shape) != a.shape[1]:
        raise ValueError(
            "SSIM compares images: it needs image_shape, (height, width) or (height, width, "
            f"channels), of {a.shape[1]} values in all. Received: image_shape={image_shape!r}."
        )
    first, second = (_maps(values, image_shape) for values in (a, b))
    size = min(WINDOW, *(side - (side + 1) % 2 for side in image_shape[:2]))
    cut = slice(size // 2, -(size // 2) or None)

    def mean(values: Array) -> Array:
        smooth = uniform_filter(values, size=(1, size, size))
        return np.asarray(smooth[:, cut, cut])

    sample = size**2 / max(1, size**2 - 1)  # variances of a sample, as scikit-image has them
    mu_a, mu_b = mean(first), mean(second)
    var_a, var_b = (sample * (mean(m * m) - mu**2) for m, mu in ((first, mu_a), (second, mu_b)))
    both = sample * (mean(first * second) - mu_a * mu_b)
    top = (2 * mu_a * mu_b + _C1) * (2 * both + _C2)
    bottom = (mu_a**2 + mu_b**2 + _C1) * (var_a + var_b + _C2)
    found = np.clip((top / bottom).mean(axis=(1, 2)), -1.0, 1.0)
    empty = ~(first.any(axis=(1, 2)) & second.any(axis=(1, 2)))
    return np.where(empty, np.nan, found)


def _maps(values: Array, shape: Sequence[int]) -> Array:
    """Sum channels and divide each map by its largest absolute value: (n, height, width)."""
    maps = values.reshape(len(values), shape[0], shape[1], -1).sum(axis=3)
    largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    return np.nan_to_num(divide(maps, np.broadcast_to(largest, maps.shape)))
