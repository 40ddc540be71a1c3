"""Occlusion: what is lost when one player, or a patch, is replaced by the background."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output, explained_output
from explainprune.analysis.attribution.places import places_of
from explainprune.analysis.attribution.reading.players import moving, n_players
from explainprune.analysis.attribution.sampling.coalition_values import coalition_values
from explainprune.network import Network, chunks
from explainprune.types import Array

_MASKED_AT_ONCE = 2**23


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
    network, x, background, targets, players
        As all methods have them: see `METHODS`.
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
    count, wide = n_players(players), x.shape[1]
    if patch is not None and count < wide:
        raise ValueError(
            f"patch= and players= both say what is removed together. Received: patch={patch!r} "
            f"and {count} players of {wide} features."
        )
    patches = None
    if patch is not None:
        patches = patch_masks(places_of(network, shape, "occlusion"), patch, stride)
        count = len(patches)
    whole = explained_output(network, x, targets)
    differ = moving(x, background, players if patches is None else np.arange(wide))
    lost = np.empty((len(x), count, *whole.shape[1:]))
    for part in chunks(count, wide, _MASKED_AT_ONCE):
        numbers = np.arange(part.start, part.stop)
        removed = players == numbers[:, None] if patches is None else patches[part]
        kept = coalition_values(network, x, background, ~removed, targets)
        # What is like all background rows changes nothing: exactly, however batches are rounded.
        moves = differ[:, part] if patches is None else differ @ removed.T
        moves = moves.reshape(*moves.shape, *[1] * (kept.ndim - 2))
        lost[:, part] = np.where(moves, whole[:, None] - kept, 0.0)
    values = lost if patches is None else _spread(lost, patches)
    return Explained(values, base_output(network, background, targets, len(x)))


def _spread(lost: Array, patches: Array) -> Array:
    """Share each patch's loss among its features; average over patches that overlap."""
    each = np.moveaxis(lost, 1, -1) / patches.sum(axis=1)
    parts = chunks(len(patches), patches.shape[1], _MASKED_AT_ONCE)
    shares = sum(each[..., part] @ patches[part] for part in parts)
    spread: Array = np.moveaxis(shares / patches.sum(axis=0), -1, 1)
    return spread


def patch_masks(shape: tuple[int, ...], patch: Any, stride: Any) -> Array:
    """Lay patches over a row of `shape`, cut off at its ends, so that every feature is covered.

    Parameters
    ----------
    shape : tuple of int
        Of one row. Its last axis holds channels if there are three or more: patches span it.
    patch : int or tuple of int
        Size along each axis; a tuple may leave out the last axis, which is spanned then.
    stride : int, tuple of int or None
        Steps between patches, at most their size. None: their size, so that none overlap.

    Returns
    -------
    ndarray of bool (patches, features)

    Raises
    ------
    ValueError
        If sizes or steps aren't positive integers, have the wrong number, or leave gaps.

    Examples
    --------
    >>> patch_masks((3, 1, 1), 2, None).astype(int)
    array([[1, 1, 0],
           [0, 0, 1]])
    """
    sizes = _along(shape, "patch", patch)
    steps = sizes if stride is None else _along(shape, "stride", stride)
    if stride is not None and any(a > b for a, b in zip(steps, sizes, strict=True)):
        raise ValueError(
            f"stride is at most patch, or features are left out. Received: stride={stride!r} for "
            f"patch={patch!r}."
        )
    each = [
        [_covered(size, start, width) for start in range(0, max(size - width, 0) + step, step)]
        for size, width, step in zip(shape, sizes, steps, strict=True)
    ]
    rows = []
    for along in itertools.product(*each):
        mask = np.ones((), dtype=bool)
        for covered in along:
            mask = mask[..., None] & covered
        rows.append(mask.ravel())
    return np.array(rows)


def _along(shape: tuple[int, ...], name: str, given: Any) -> tuple[int, ...]:
    """Return a size for each axis of `shape`, checked; channels are spanned."""
    channels = shape[-1:] if len(shape) > 2 else ()
    sizes = given if isinstance(given, (tuple, list)) else (given,) * (len(shape) - len(channels))
    if len(sizes) == len(shape) - 1:
        sizes = (*sizes, shape[-1])
    whole = all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes)
    if len(sizes) != len(shape) or not whole or isinstance(given, bool):
        raise ValueError(
            f"{name} is an integer ≥ 1, or one for each axis of a row's shape {shape} (the last "
            f"may be left out). Received: {given!r}."
        )
    return tuple(int(size) for size in sizes)


def _covered(size: int, start: int, width: int) -> Array:
    """Mark what a patch covers along one axis."""
    places: Array = np.arange(size)
    return (places >= start) & (places < start + width)
