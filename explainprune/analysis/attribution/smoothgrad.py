"""SmoothGrad: gradients averaged over noisy copies of the sample."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.analysis.attribution.reading.players import per_player_sums
from explainprune.analysis.attribution.sampling.replicates import (
    check_sampling,
    replicated_together,
)
from explainprune.network import Network
from explainprune.network.integrals import slopes
from explainprune.types import Array

_NUMBERS_AT_ONCE = 2**20


def smoothgrad(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rng: np.random.Generator,
    players: Array,
    draws: int = 50,
    noise: float = 0.15,
    tolerance: float | None = None,
) -> Explained:
    r"""Average gradients at copies of the sample with Gaussian noise added.

    .. math:: \phi_i(x) = E_\varepsilon \left[ \partial_i f(x + \varepsilon) \right],
              \quad \varepsilon_j \sim N(0, \sigma^2),
              \quad \sigma = \text{noise} \, (\max_j x_j - \min_j x_j)

    Parameters
    ----------
    network, x, background, targets, rng, players, draws, tolerance
        As all methods have them: see `METHODS`. The background is only for the base. Draws are
        noisy copies; values of a player's features are added up.
    noise : float
        Standard deviation of the noise as a share of the sample's range, ≥ 0.

    Returns
    -------
    Explained
        Values in units of output per unit of input; they don't add up to anything.

    References
    ----------
    Smilkov et al. 2017, arXiv:1706.03825.
    """
    if not math.isfinite(noise) or noise < 0:
        raise ValueError(f"noise is a number ≥ 0. Received: {noise!r}.")
    check_sampling(draws, tolerance)
    if noise == 0:  # nothing is drawn
        draws, tolerance = 1, None
    width = noise * np.ptp(x, axis=1, keepdims=True)

    def several(children: list[np.random.Generator], samples: Array) -> Iterator[Array]:
        away = np.empty((len(children), *x.shape), np.float32)
        for drawn, child in zip(away, children, strict=True):
            # For all samples, so that each one's noise doesn't depend on the others.
            child.standard_normal(out=drawn, dtype=np.float32)
        at = width[samples] * (away if len(samples) == len(x) else away[:, samples])
        at = at.astype(x.dtype, copy=False)
        at += x[samples]
        own = None if targets is None else np.tile(targets[samples], len(children))
        found = np.asarray(slopes(network, at.reshape(-1, x.shape[1]), own), dtype=np.float64)
        found = per_player_sums(found, players)
        yield found.reshape(len(children), len(samples), *found.shape[1:])

    at_once = max(1, min(network.rows_per_call, _NUMBERS_AT_ONCE // x.shape[1]) // len(x))
    estimate = replicated_together(
        several, rng, len(x), draws=draws, tolerance=tolerance, at_once=at_once
    )
    return Explained(
        estimate.mean,
        base_output(network, background, targets, len(x)),
        std_error=estimate.std_error,
        notes=estimate.notes,
        settled={"draws": int(estimate.draws.min())},
    )
