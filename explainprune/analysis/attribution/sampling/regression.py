"""Shapley values from a weighted least-squares fit to the worth of coalitions."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import (
    Explained,
    chosen,
    explained_output,
    least,
)
from explainprune.analysis.attribution.reading.players import moving, n_players
from explainprune.analysis.attribution.sampling.coalition_values import coalition_values
from explainprune.analysis.attribution.sampling.coalitions import Share, paired_coalitions
from explainprune.analysis.attribution.sampling.replicates import (
    check_count,
    check_sampling,
    replicated,
)
from explainprune.network import Network
from explainprune.types import Array

MOST_BYTES = 2**31
BYTES_EACH = 24
"""For each player of each coalition: what a fit holds at once."""


def shapley_regression(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    share: Share,
    rng: np.random.Generator,
    players: Array,
    draws: int,
    coalitions: int | None,
    tolerance: float | None,
) -> Explained:
    r"""Fit values to the worth of coalitions, in independent replicates without bias.

    .. math:: \phi = \arg\min_\phi \sum_S w(S) \left( v(S) - v(\emptyset)
              - \textstyle\sum_{p \in S} \phi_p \right)^2
              \quad \text{subject to} \quad \textstyle\sum_p \phi_p = v(N) - v(\emptyset)

    A fit to sampled coalitions is biased (a ratio of two estimates), so that more replicates of
    it would not converge. One pilot draw is fitted; every draw then estimates, without bias, what
    the fit misses:

    .. math:: \hat\phi = \phi_0 + P \sum_S \tilde w(S) \left( 1_S - |S| / P \right)
              \left( v(S) - v(\emptyset) - \textstyle\sum_{p \in S} \phi_{0,p} \right)

    since over all coalitions :math:`\sum_S w(S) (1_S - |S|/P)(1_S - |S|/P)^T = (I - J/P) / P`.

    Players who differ from no background row get 0, and are left out. Rows for which the draws
    together would cost as much as all coalitions of the others are enumerated: their values are
    exact. Where that holds for all rows there are no standard errors, else theirs are 0.

    Raises
    ------
    ValueError
        If the fit wouldn't fit into memory: before anything is computed.
    """
    check_sampling(draws, tolerance)
    if coalitions is not None:
        check_count("coalitions", coalitions, at_least=2)
    moves = moving(x, background, players)
    few = np.array([_all(c) <= _each(c, coalitions) * (draws + 1) for c in moves.sum(axis=1)])
    some = np.flatnonzero(moves[~few].any(axis=0))
    each = _each(len(some), coalitions)
    pilot = check_room(each, max(each, default_coalitions(len(some))), len(some))
    game = _Game(network, x, background, targets, players)
    values = np.zeros((len(x), n_players(players), *game.base.shape[1:]))
    for mask in np.unique(moves[few], axis=0):
        rows = np.flatnonzero(few & (moves == mask).all(axis=1))
        kept = np.flatnonzero(mask)
        if len(kept) < 2:  # one who moves has it all
            values[np.ix_(rows, kept)] = game.total[rows][:, None] if len(kept) else 0.0
            continue
        masks, weights = paired_coalitions(len(kept), _all(len(kept)), share, rng)
        worth = game.worth(rows, masks, kept)
        values[np.ix_(rows, kept)] = fitted(masks, weights, worth, game.total[rows])
    if few.all():
        most = _all(int(moves.sum(axis=1).max()))
        settled = {"coalitions": most, "draws": 1}
        return Explained(values, game.base, complete=True, settled=settled)

    rest = np.flatnonzero(~few)
    own = moves[np.ix_(rest, some)]

    def drawn(
        child: np.random.Generator, samples: Array, wanted: int
    ) -> tuple[Array, Array, Array]:
        """Return coalitions, their weights, and their worth above the empty one's."""
        masks, weights = paired_coalitions(len(some), wanted, share, child)
        return masks, weights, game.worth(rest[samples], masks, some)

    every = np.arange(len(rest))
    first = _projected(fitted(*drawn(rng.spawn(1)[0], every, pilot), game.total[rest]), own)

    def one(child: np.random.Generator, samples: Array) -> Array:
        masks, weights, worth = drawn(child, samples, each)
        # Over all coalitions the regression's matrix is 1/P times the identity (on values that sum
        # to 0): what the pilot misses is fitted by a plain sum, which no draw of them biases.
        missed = worth - np.einsum("mp,np...->nm...", masks.astype(np.float64), first[samples])
        pull = len(some) * weights[:, None] * (masks - masks.mean(axis=1, keepdims=True))
        corrected = first[samples] + np.einsum("mp,nm...->np...", pull, missed)
        return _projected(corrected, own[samples])

    floor = least(game.base, game.outputs)[rest]
    estimate = replicated(one, rng, len(rest), draws=draws, tolerance=tolerance, floor=floor)
    place = np.ix_(rest, some)
    values[place] = estimate.mean
    std_error = None
    if estimate.std_error is not None:
        std_error = np.zeros_like(values)
        std_error[place] = estimate.std_error
    return Explained(
        values,
        game.base,
        std_error=std_error,
        complete=True,
        notes=(*_enumerated(int(few.sum()), len(x)), *estimate.notes),
        settled={"coalitions": each, "draws": int(estimate.draws.min())},
    )


class _Game:
    """What coalitions of players are worth, above the empty one."""

    def __init__(
        self, network: Network, x: Array, background: Array, targets: Array | None, players: Array
    ) -> None:
        self._network, self._x, self._background = network, x, background
        self._targets, self._players = targets, players
        self.outputs = network.outputs(background)
        mean = np.asarray(self.outputs, dtype=np.float64).mean(axis=0)
        self.base = chosen(np.tile(mean, (len(x), 1)), targets)
        self.total = explained_output(network, x, targets) - self.base

    def worth(self, rows: Array, masks: Array, kept: Array) -> Array:
        """Evaluate coalitions (m, kept) of some players for some rows: (rows, m[, K])."""
        inside = np.zeros((len(masks), n_players(self._players)), dtype=bool)
        inside[:, kept] = masks
        targets = None if self._targets is None else self._targets[rows]
        found = coalition_values(
            self._network, self._x[rows], self._background, inside[:, self._players], targets
        )
        return found - self.base[rows][:, None]


def _all(count: int) -> int:
    """Count the coalitions that are neither empty nor full."""
    return int(2 ** int(count) - 2) if count else 0


def _each(count: int, coalitions: int | None) -> int:
    return default_coalitions(count) if coalitions is None else coalitions


def _projected(values: Array, moves: Array) -> Array:
    """Give 0 to players who don't move, what they had to the others alike: the sum stays.

    What they had is chance, 0 on average, so that this puts no bias into anything.
    """
    among = moves.reshape(*moves.shape, *[1] * (values.ndim - 2))
    spare = np.where(among, 0.0, values).sum(axis=1, keepdims=True)
    whole: Array = np.where(among, values + spare / among.sum(axis=1, keepdims=True), 0.0)
    return whole


def _enumerated(few: int, rows: int) -> tuple[str, ...]:
    if not few:
        return ()
    return (
        f"In {few} of {rows} rows few enough players differ from the background: all their "
        "coalitions are used, and standard errors are 0.",
    )


def check_room(each: int, pilot: int, players: int) -> int:
    """Return how many coalitions the pilot may fit: those wanted, or as many as a draw has.

    Raises
    ------
    ValueError
        If a fit of `each` coalitions takes more than `MOST_BYTES`.
    """
    if pilot * players * BYTES_EACH <= MOST_BYTES:
        return pilot
    needed = each * players * BYTES_EACH
    if needed <= MOST_BYTES:
        return each
    raise ValueError(
        f"A fit of {players:,} players to {each:,} coalitions needs about {needed / 2**30:.1f} GB; "
        f"the limit is {MOST_BYTES / 2**30:.0f} GB. Join features into players (players=), take at "
        f"most {MOST_BYTES // (players * BYTES_EACH):,} coalitions= a draw, or use "
        "method='permutation', which fits nothing."
    )


def default_coalitions(count: int) -> int:
    """Coalitions in one draw: enough for the pilot's fit to be well-posed."""
    return max(4 * count, 64)


def fitted(masks: Array, weights: Array, worth: Array, total: Array) -> Array:
    """Solve for all samples and outputs at once.

    Parameters
    ----------
    masks : ndarray of bool (m, P)
    weights : ndarray (m,)
    worth : ndarray (n, m) or (n, m, K)
        Worth of each coalition above that of the empty one.
    total : ndarray (n,) or (n, K)
        Worth of the full coalition above that of the empty one.

    Returns
    -------
    ndarray (n, P) or (n, P, K)
        Summing to `total`.
    """
    count = masks.shape[1]
    share = masks.mean(axis=1)
    # Rows without their mean are orthogonal to the constant vector, and so is the solution of
    # smallest norm: the constraint holds whether or not the fit is determined.
    rows = np.sqrt(weights)[:, None] * (masks - share[:, None])
    even = np.expand_dims(total, 1) / count
    left = worth - np.expand_dims(total, 1) * share.reshape(1, -1, *[1] * (worth.ndim - 2))
    left = np.moveaxis(left, 1, 0).reshape(len(masks), total.size) * np.sqrt(weights)[:, None]
    solved = np.linalg.lstsq(rows, left, rcond=None)[0]
    shaped = solved.reshape(count, len(total), *total.shape[1:])
    values: Array = even + np.moveaxis(shaped, 0, 1)
    return values
