"""Shapley values with small games enumerated and large ones sampled."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import Explained, chosen, picked
from explainprune.analysis.attribution.games.certified import Certified, certified
from explainprune.analysis.attribution.games.hidden import cutter_of
from explainprune.analysis.attribution.games.split import Split, split
from explainprune.analysis.attribution.sampling.replicates import (
    Estimate,
    check_count,
    check_sampling,
    replicated,
)
from explainprune.lookup import unknown
from explainprune.network import Network
from explainprune.types import Array


def hybrid(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rng: np.random.Generator,
    players: Array,
    exact_up_to: int = 12,
    draws: int = 4,
    tolerance: float | None = None,
    bounds: str | None = None,
    boxes: int = 50_000,
) -> Explained:
    r"""Compute interventional Shapley values, exactly in small games, sampled in large ones.

    .. math::
        \phi_i(x) = \frac{1}{|B|} \sum_{b \in B} \Big[
        \sum_{j \in \text{small}} w_j\, \phi_i(g_j; x, b) +
        \sum_{j \in \text{large}} w_j\, E_\pi\, \Delta_i(g_j; x, b, \pi) \Big]

    The games are those of `exact`: one for each unit that the output is affine in, played by the
    inputs that reach it and differ between x and b. Those of more than ``2 ** exact_up_to`` steps
    are sampled as `permutation` samples the whole network, each by its own players only, in a
    random order and its reverse. Inputs without a path get exactly 0. A network that can't be
    taken apart is one game of all players.

    Parameters
    ----------
    network, x, background, targets, rng, players, draws, tolerance
        As all methods have them: see `METHODS`. Orders are those that `permutation` uses.
    exact_up_to : int
        Games that take at most ``2 ** exact_up_to`` steps for a pair of a sample and a background
        row are solved: by all coalitions of so many players, or by two halves of a few more. A
        sampled one takes ``2 × draws × players``.

    bounds : {"certified"}, optional
        Nothing is sampled: every value lies between two ends that hold by proof, `lower` and
        `upper` of the result. Over a box of coalitions (some players are in, some out, the others
        free) a unit lies between two sums; boxes that leave most open are split on the player who
        matters most, until half of each interval is within `tolerance` (.01) of the largest value.
        Rectified sums of up to 36 players or so are solved. Values are those within their ends
        that add up to the output.
    boxes : int
        How many boxes each sample may take.

    Returns
    -------
    Explained
        Complete. Standard errors cover what was sampled, and are 0 where nothing was.

    Raises
    ------
    ValueError
        If `exact_up_to` is not an integer ≥ 0; for bounds of a network that can't be taken apart,
        or of functions that none are known of.

    References
    ----------
    Shapley (1953); Castro, Gómez, Tejada 2009, doi:10.1016/j.cor.2008.04.004; Mitchell et al.
    2022, arXiv:2104.12199 (antithetic orders). Bounds by boxes: Boetius et al. 2026,
    arXiv:2605.24084, of the whole network; here of each unit's game.
    """
    check_sampling(draws, tolerance)
    check_count("exact_up_to", exact_up_to, at_least=0)
    x, background = np.asarray(x, np.float64), np.asarray(background, np.float64)
    if bounds is not None:
        if bounds != "certified":
            raise unknown("value of bounds", bounds, ("certified",))
        check_count("boxes", boxes)
        near = 0.01 if tolerance is None else tolerance
        return _certified(network, x, background, targets, players, exact_up_to, near, boxes)
    found = split(network, x, background, players, exact_up_to)
    estimate = _estimated(found, targets, rng, draws, tolerance)
    return Explained(
        estimate.mean,
        chosen(np.tile(found.base, (len(x), 1)), targets),
        std_error=estimate.std_error,
        complete=True,
        notes=(*found.notes, *estimate.notes),
        settled={"draws": int(estimate.draws.min())},
    )


def _certified(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    players: Array,
    up_to: int,
    tolerance: float,
    most: int,
) -> Explained:
    """Bound every value; of all within their ends, return those that add up to the output."""
    try:
        cutter = cutter_of(network, players, x)
    except ValueError as reason:
        raise ValueError(
            f"bounds='certified' needs a network that can be taken apart: {reason}. Leave out "
            "bounds= to sample it."
        ) from None
    found = certified(cutter, x, background, targets, up_to=up_to, tolerance=tolerance, most=most)
    whole = cutter.terms.network
    base = whole.outputs(background).mean(axis=0)
    change = (whole.outputs(x) - base)[:, None]
    wide = found.high - found.low
    open_, left = wide.sum(axis=1, keepdims=True), change - found.low.sum(axis=1, keepdims=True)
    share = np.clip(np.divide(left, open_, out=np.zeros_like(left), where=open_ > 0), 0.0, 1.0)
    values = picked(found.low + share * wide, targets)
    ends = picked(found.low, targets), picked(found.high, targets)
    return Explained(
        values,
        chosen(np.tile(base, (len(x), 1)), targets),
        ends=ends,
        complete=True,
        notes=(_said(found, values, ends, tolerance, most),),
        settled={"tolerance": tolerance, "boxes_used": int(found.boxes.max())},
    )


def _said(
    found: Certified, values: Array, ends: tuple[Array, Array], tolerance: float, most: int
) -> str:
    """Say what holds, and how near it came."""
    holds = "Every value lies between its lower and its upper end by proof"
    if found.reached.all():
        return f"{holds}; half of each interval is within {tolerance:.1%} of the largest value."
    n = len(values)
    half = ((ends[1] - ends[0]) / 2).reshape(n, -1).max(axis=1)
    share = (half / np.abs(values).reshape(n, -1).max(axis=1)).max()
    return (
        f"{holds}, but in {np.count_nonzero(~found.reached)} of {n} samples {most:,} boxes were "
        f"not enough for {tolerance:.1%}: half an interval is up to {share:.1%} of the largest "
        "value. Raise boxes= or exact_up_to=, or prune further."
    )


def _estimated(
    found: Split,
    targets: Array | None,
    rng: np.random.Generator,
    draws: int,
    tolerance: float | None,
) -> Estimate:
    """Average draws of what is open, each added to what is known."""

    def one(child: np.random.Generator, samples: Array) -> Array:
        values = found.values[samples] + found.draw(child, samples)
        return picked(values, None if targets is None else targets[samples])

    n = len(found.values)
    if found.open.any():
        return replicated(one, rng, n, draws=draws, tolerance=tolerance)
    values = picked(found.values, targets)
    certain = draws > 1 or tolerance is not None
    return Estimate(values, np.zeros_like(values) if certain else None, np.full(n, draws))
