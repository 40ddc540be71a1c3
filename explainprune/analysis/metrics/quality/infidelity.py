"""Normalised infidelity: how badly sums of values predict what removals do."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.quality.removal import ROUNDING, Removal
from explainprune.network import Network
from explainprune.types import Array, metric


@metric(
    "number", "Normalised infidelity", "lower is more faithful", better="less", bounds=(0.0, 1.0)
)
def infidelity(
    network: Network,
    x: Array,
    values: Array,
    background_row: Array,
    targets: Array,
    *,
    players: Array | None = None,
    draws: int = 64,
    seed: int = 0,
) -> Array:
    """Return ``min_β E_S (β Σ_{i∈S} φ_i − Δ_S)² / E_S Δ_S²`` over random sets S of players.

    ``Δ_S = f(x) − f(x with S replaced)``; the size of S is uniform on 1 … p. β makes it blind to
    the scale of the values.

    Parameters
    ----------
    network, x, values, background_row, targets, players
        As for `insertion`.
    draws : int
        Sets, the same for all samples and for every attribution with this seed.
    seed : int

    Returns
    -------
    ndarray (n,)
        In [0, 1], 0 is best; NaN where no removal changes the output.

    Notes
    -----
    Yeh et al. 2019, arXiv:1901.09392, with removals as perturbations and the scale fitted.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: x @ np.array([4.0, 2.0, -1.0]), 3)
    >>> values = np.array([[8.0, 4.0, -2.0]])
    >>> infidelity(network, np.ones((1, 3)), values, np.zeros(3), np.zeros(1, int)).round(9)
    array([0.])
    """
    if draws < 1:
        raise ValueError(f"draws counts sets of players: at least 1. Received: {draws}.")
    game = Removal(network, x, background_row, targets, players)
    values = game.check_values(values)
    sets = _sets(np.random.default_rng(seed), draws, game.n_players)
    result = np.full(game.n, np.nan)
    block = game.samples_per_block(draws)
    for start in range(0, game.n, block):
        samples = np.arange(start, min(start + block, game.n))
        removed = np.broadcast_to(sets, (len(samples), *sets.shape))
        drops = game.drops(samples, removed)
        told = values[samples] @ sets.T
        result[samples] = _unexplained(told, drops, game.scale[samples])
    return result


def _sets(rng: np.random.Generator, draws: int, players: int) -> Array:
    """Draw boolean sets (draws, players) whose size is uniform on 1 … players."""
    size = rng.integers(1, players + 1, size=(draws, 1))
    place = rng.random((draws, players)).argsort(axis=1).argsort(axis=1)
    return np.asarray(place < size)


def _unexplained(told: Array, drops: Array, scale: Array) -> Array:
    """Return 1 − R² of a regression of `drops` on `told` through the origin."""
    total = (drops**2).sum(axis=1)
    size = (told**2).sum(axis=1)
    cross = (told * drops).sum(axis=1) ** 2
    fitted = np.divide(cross, size, out=np.zeros_like(cross), where=size > 0)
    moved = total > drops.shape[1] * (ROUNDING * scale) ** 2
    rest = np.divide(total - fitted, total, out=np.full(len(total), np.nan), where=moved)
    return np.asarray(np.clip(rest, 0.0, 1.0))
