"""ROAD: leading pixels are taken away so that their absence cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from explainprune.analysis.metrics.quality.removal import places
from explainprune.network import Network
from explainprune.types import Array, metric

SHARES = tuple(step / 10 for step in range(1, 10))
NOISE = 0.01
_NEIGHBOURS = [(i, j, 1 / 6 if 0 in (i, j) else 1 / 12)
               for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]  # fmt: skip
_UNKNOWNS = 2**19
"""Pixels solved for at once."""


@metric("share", "ROAD", "removals of leading pixels that leave the answer as it is", better="less")
def road(
    network: Network,
    x: Array,
    values: Array,
    targets: Array,
    *,
    image_shape: Sequence[int] | None = None,
    shares: Sequence[float] = SHARES,
    noise: float = NOISE,
    seed: int = 0,
) -> Array:
    """Return in how many of the removals the network still answers with the target.

    For each share of the pixels, the leading ones (by signed value, summed over channels) are
    replaced by noisy linear imputation: each by the weighted mean of its eight neighbours
    (1/6 beside, 1/12 across), solved for all removed pixels at once, plus normal noise. An
    attribution that finds what the answer rests on loses it soon.

    Parameters
    ----------
    network : Network
        Of at least two outputs, the largest of which is the answer.
    x : ndarray (n, d)
        Images laid flat.
    values : ndarray (n, d)
    targets : ndarray of int (n,)
        The answer that is explained.
    image_shape : (height, width) or (height, width, channels)
        `compare` takes it from ``Data.image_shape``.
    shares : sequence of float
        Within (0, 1).
    noise : float
        Standard deviation of the noise, in units of the inputs.
    seed : int

    Returns
    -------
    ndarray (n,)
        In [0, 1], lower is better: the area under ROAD's curve of accuracy (against the explained
        answer) over the share removed, most relevant first. NaN where all values are 0.

    Raises
    ------
    ValueError
        If the shape doesn't hold the values, there is a single output, or a share isn't in (0, 1).

    Notes
    -----
    Rong, Leemann et al. 2022, arXiv:2202.00449.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> outputs = lambda x: np.stack([x[:, 5] - 0.5, 0 * x[:, 5]], axis=1)
    >>> network = FormulaNetwork(outputs, 16, n_outputs=2)
    >>> x, values = np.zeros((2, 16)), np.zeros((2, 16))
    >>> x[:, 5], values[0, 5], values[1, 5] = 1.0, 1.0, -1.0  # the only pixel: first, then last
    >>> road(network, x, values, np.zeros(2, int), image_shape=(4, 4), noise=0.0)
    array([0., 1.])
    """
    x, values = np.asarray(x, dtype=np.float64), np.asarray(values, dtype=np.float64)
    _check(network, x, values, image_shape, shares)
    assert image_shape is not None
    images = x.reshape(len(x), prod(image_shape[:2]), -1)
    weight = values.reshape(images.shape).sum(axis=2)
    place = places(weight)
    counts = [int(share * images.shape[1]) for share in shares]
    kept = np.zeros(len(x))
    for count, rng in zip(counts, np.random.default_rng(seed).spawn(len(counts)), strict=True):
        filled = imputed(images, place < count, image_shape)
        filled[place < count] += noise * rng.normal(size=(len(x) * count, images.shape[2]))
        kept += network.outputs(filled.reshape(x.shape)).argmax(axis=1) == targets
    return np.where(values.any(axis=1), kept / len(counts), np.nan)


def imputed(images: Array, removed: Array, image_shape: Sequence[int]) -> Array:
    """Replace removed pixels by the weighted mean of their neighbours, removed ones included.

    All images' equations are one block-diagonal system, which is symmetric: solved at once.

    Parameters
    ----------
    images : ndarray (n, pixels, channels)
    removed : ndarray of bool (n, pixels)
        Not all of an image.
    image_shape : (height, width, …)
    """
    filled = np.array(images, dtype=np.float64)
    block = max(1, _UNKNOWNS // max(1, int(removed.sum(axis=1).max(initial=1))))
    for start in range(0, len(images), block):
        part = slice(start, start + block)
        if removed[part].any():
            filled[part][removed[part]] = _solved(images[part], removed[part], image_shape)
    return filled


def _solved(images: Array, removed: Array, image_shape: Sequence[int]) -> Array:
    """Solve for all removed pixels of some images: (unknowns, channels)."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import splu

    count = int(removed.sum())
    number = np.full(removed.shape, -1)
    number[removed] = np.arange(count)
    image, pixel = np.nonzero(removed)
    whole, known = np.zeros(count), np.zeros((count, images.shape[2]))
    rows, columns, entries = [np.arange(count)], [np.arange(count)], [whole]
    for inside, neighbour, weight in _beside(pixel, image_shape):
        whole[inside] += weight
        at, unknown = image[inside], number[image[inside], neighbour]
        here = np.flatnonzero(inside)
        known[here] += np.where(unknown < 0, weight, 0.0)[:, None] * images[at, neighbour]
        joint = unknown >= 0
        rows.append(here[joint])
        columns.append(unknown[joint])
        entries.append(np.full(int(joint.sum()), -weight))
    parts = np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))
    system = coo_array(parts, shape=(count, count)).tocsc()
    options = {"SymmetricMode": True}
    factors = splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    return np.asarray(factors.solve(known))


def _beside(pixel: Array, image_shape: Sequence[int]) -> Iterator[tuple[Array, Array, float]]:
    """Yield for each direction which pixels have such a neighbour, which it is, and its weight."""
    height, width = image_shape[:2]
    row, column = pixel // width, pixel % width
    for down, across, weight in _NEIGHBOURS:
        i, j = row + down, column + across
        inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
        yield inside, (i * width + j)[inside], weight


def _check(
    network: Network,
    x: Array,
    values: Array,
    image_shape: Sequence[int] | None,
    shares: Sequence[float],
) -> None:
    if image_shape is None or prod(image_shape) != x.shape[1] or values.shape != x.shape:
        raise ValueError(
            "ROAD removes pixels of images: it needs image_shape, (height, width) or (height, "
            f"width, channels), of {x.shape[1]} values, and as many in an attribution. "
            f"Received: image_shape={image_shape!r}, values.shape={values.shape}."
        )
    if network.n_outputs < 2:
        raise ValueError("ROAD asks which class is answered. Received: a network of one output.")
    if not shares or not all(0 < share < 1 for share in shares):
        raise ValueError(f"shares of pixels lie within (0, 1). Received: {tuple(shares)}.")
