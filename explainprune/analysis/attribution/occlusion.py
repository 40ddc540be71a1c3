"""Occlusion: what is lost when one player, or a patch, is replaced by the background."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import (
    Explained,
    base_output,
    explained_output,
)
from explainprune.analysis.attribution.images.patches import patch_masks
from explainprune.analysis.attribution.images.shapes import places_of
from explainprune.analysis.attribution.reading.players import moving, n_players
from explainprune.analysis.attribution.sampling.coalition_values import coalition_values
from explainprune.network import Network
from explainprune.types import Array


def occlusion(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    players: Array,
    patch: int | tuple[int, ...] | None = None,
    stride: int | tuple[int, ...] | None = None,
    shape: tuple[int, ...] | None = None,
) -> Explained:
    r"""Replace one player at a time by background rows and measure what the output loses.

    .. math:: \phi_p(x) = f(x) - \frac1{|B|} \sum_{b \in B} f(x_{\bar p}, b_p)

    Forward passes only, ``players × background`` of them for each sample. Every player is removed
    from the full input, so what two players only do together is counted for both.

    With `patch`, patches of an image or a sequence are removed instead. A patch's loss is shared
    equally by the features it covers, and a feature gets the mean over the patches that cover it.

    Parameters
    ----------
    network : Network
    x : ndarray (n, d)
    background : ndarray (b, d)
    targets : ndarray of int (n,), optional
        None: all outputs.
    players : ndarray of int (d,)
    patch : int or tuple of int, optional
        Size along each axis; all channels of a pixel are removed together.
    stride : int or tuple of int, optional
        Steps between patches. None: their size, so that none overlap.
    shape : tuple of int, optional
        Of one row, for patches where the model reads flat rows.

    Returns
    -------
    Explained
        One value per player, in units of the output; per feature with patches.

    Raises
    ------
    ValueError
        If `patch` comes with players, or with rows that have no places, or doesn't fit them.

    References
    ----------
    Zeiler & Fergus 2014, arXiv:1311.2901; Covert, Lundberg, Lee 2021, arXiv:2011.14878 (removal
    with a background).

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: 5 * x[:, 0] + x[:, 1] * x[:, 2], 3)
    >>> occlusion(network, np.ones((1, 3)), np.zeros((1, 3)), np.array([0]),
    ...           players=np.arange(3)).values
    array([[5., 1., 1.]])
    """
    if patch is None and (stride is not None or shape is not None):
        raise ValueError("stride= and shape= are those of patches: pass patch= as well.")
    count = n_players(players)
    if patch is None:
        removed = players == np.arange(count)[:, None]
    elif count < len(players):
        raise ValueError(
            f"patch= and players= both say what is removed together. Received: patch={patch!r} "
            f"and {count} players of {len(players)} features."
        )
    else:
        removed = patch_masks(places_of(network, shape, "occlusion"), patch, stride)
    kept = coalition_values(network, x, background, ~removed, targets)
    lost = explained_output(network, x, targets)[:, None] - kept
    # What is like all background rows changes nothing: exactly, however batches are rounded.
    still = ~(moving(x, background, np.arange(x.shape[1])) @ removed.T)
    lost[still] = 0.0
    values = lost if patch is None else _spread(lost, removed)
    return Explained(values, base_output(network, background, targets, len(x)))


def _spread(lost: Array, patches: Array) -> Array:
    """Share each patch's loss among its features; average over patches that overlap."""
    each = np.moveaxis(lost, 1, -1) / patches.sum(axis=1)
    spread: Array = np.moveaxis((each @ patches) / patches.sum(axis=0), -1, 1)
    return spread
