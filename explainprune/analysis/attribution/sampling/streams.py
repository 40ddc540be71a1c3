"""Named streams of randomness from one seed, and draws that don't depend on the model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explainprune.types import Array

_NUMBERS_AT_ONCE = 2**21


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of the stream `name`: other names and other seeds are independent.

    >>> float(stream(0, "background").random()) == float(stream(0, "explainer").random())
    False

    Raises
    ------
    ValueError
        If `seed` is not an integer ≥ 0.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed is an integer ≥ 0. Received: {seed!r}.")
    return np.random.default_rng([int(seed), *name.encode()])


def uniforms(
    rng: np.random.Generator, n: int, shape: tuple[int, ...], samples: Array
) -> Iterator[tuple[slice, Array]]:
    """Draw numbers in [0, 1) of `shape` for each of `n` samples and yield those of `samples`.

    Numbers are drawn for all `n` in fixed blocks, so that a sample gets the same ones whatever
    network is explained, however it is chunked, and whichever other samples are still active:
    this is what pairs the draws of two models.

    Yields
    ------
    (slice, ndarray)
        A slice of `samples` (which are sorted), and their numbers ``(len, *shape)``.
    """
    size = max(1, _NUMBERS_AT_ONCE // max(1, int(np.prod(shape))))
    for start in range(0, n, size):
        stop = min(start + size, n)
        numbers = rng.random((stop - start, *shape), dtype=np.float32)
        low, high = np.searchsorted(samples, [start, stop])
        if high > low:
            yield slice(int(low), int(high)), numbers[samples[low:high] - start]
