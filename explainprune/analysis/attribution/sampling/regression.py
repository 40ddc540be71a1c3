"""Shapley values from a weighted least-squares fit to the worth of coalitions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explainprune.analysis.attribution.explained import Explained, chosen, explained_output, least
from explainprune.analysis.attribution.reading.players import moving, n_players
from explainprune.analysis.attribution.sampling.coalition_values import coalition_values
from explainprune.analysis.attribution.sampling.coalitions import Coalitions, Share
from explainprune.analysis.attribution.sampling.moments import Moments, moments, solved
from explainprune.analysis.attribution.sampling.replicates import (
    PILOT,
    check_count,
    check_sampling,
    replicated_together,
)
from explainprune.network import Network
from explainprune.types import Array

MOST_BYTES = 2**31
BYTES_EACH = 24
"""For each player of each coalition of a draw: what a fit holds at once."""
TOGETHER = 8
"""Draws that are fitted together: each is corrected by a fit to the others."""


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

    In moments of :math:`z_S = 1_S - |S|/P`, that is :math:`G \phi = h` with
    :math:`G = \sum w z_S z_S^T` and :math:`h = \sum w z_S \, (v(S) - v(\emptyset) - |S|/P \;
    (v(N) - v(\emptyset)))`. A fit to sampled coalitions is biased (a ratio of two estimates), so
    that more replicates of it would not converge. So each draw estimates, without bias, what a fit
    :math:`\phi_{-d}` to all *other* draws misses:

    .. math:: \hat\phi_d = \phi_{-d} + P \left( \hat h_d - \hat G_d \phi_{-d} \right)

    since over all coalitions :math:`G = (I - J/P) / P` (on values that sum to 0). What is left of
    a draw's error is what no sum of players explains; draws share their fits, which correlates
    them only through a product of two such errors. Sizes that the draws together cover are
    evaluated once, for all of them. Where coalitions are fewer than half the players, or players
    more than some 5,000, the fit is an even share.

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
    few = np.array([_all(c) <= _each(c, coalitions) * draws for c in moves.sum(axis=1)])
    some = np.flatnonzero(moves[~few].any(axis=0))
    each = _each(len(some), coalitions)
    check_room(each, len(some), "coalitions")
    game = _Game(network, x, background, targets, players)
    values = np.zeros((len(x), n_players(players), *game.base.shape[1:]))
    for mask in np.unique(moves[few], axis=0):
        rows = np.flatnonzero(few & (moves == mask).all(axis=1))
        kept = np.flatnonzero(mask)
        if len(kept) < 2:  # one who moves has it all
            values[np.ix_(rows, kept)] = game.total[rows][:, None] if len(kept) else 0.0
            continue
        masks, weights = Coalitions(len(kept), _all(len(kept)), share).shared()
        worth = game.worth(rows, masks, kept)
        of_all = moments(masks, weights, worth, game.total[rows])
        values[np.ix_(rows, kept)] = solved(of_all.gram, of_all.pull, game.total[rows])
    if few.all():
        most = _all(int(moves.sum(axis=1).max()))
        settled = {"coalitions": most, "draws": 1}
        return Explained(values, game.base, complete=True, settled=settled)

    rest = np.flatnonzero(~few)
    planned = Coalitions(len(some), each, share, draws if tolerance is None else PILOT)
    estimate = replicated_together(
        _Draws(game, planned, rest, some, moves[np.ix_(rest, some)], fits=_fits(each, len(some))),
        rng,
        len(rest),
        draws=draws,
        tolerance=tolerance,
        at_once=TOGETHER,
        floor=least(game.base, game.outputs)[rest],
    )
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


class _Draws:
    """Independent draws of some players' coalitions for some rows, each corrected by the others.

    What was drawn before is remembered, and fitted too.
    """

    def __init__(
        self, game: _Game, planned: Coalitions, rows: Array, some: Array, own: Array, *, fits: bool
    ) -> None:
        self._game, self._planned, self._rows = game, planned, rows
        self._some, self._own, self._fits = some, own, fits
        self._shared = self._moments(*planned.shared(), np.arange(len(rows)))
        self._gram = np.zeros_like(self._shared.gram)
        self._pull = np.zeros_like(self._shared.pull)
        self._count = 0

    def __call__(self, children: list[np.random.Generator], samples: Array) -> Iterator[Array]:
        drawn = [self._moments(*self._planned.draw(child), samples) for child in children]
        if self._fits and self._count + len(drawn) == 1:  # one by itself is corrected by one more
            self._add(
                [self._moments(*self._planned.draw(children[0].spawn(1)[0]), samples)], samples
            )
        self._add(drawn, samples)
        for each in drawn:
            fit = self._fitted_without(each, samples)
            missed = self._shared.pull[samples] + each.pull
            if self._fits:
                gram = self._shared.gram + each.gram
                missed -= np.einsum("pq,nq...->np...", gram, fit, optimize=True)
            yield _projected(fit + len(self._some) * missed, self._own[samples])[None]

    def _moments(self, masks: Array, weights: Array, samples: Array) -> Moments:
        rows = self._rows[samples]
        total = self._game.total[rows]
        worth = np.zeros((len(rows), 0, *total.shape[1:]))
        if len(masks):
            worth = self._game.worth(rows, masks, self._some)
        return moments(masks, weights, worth, total, gram=self._fits)

    def _add(self, drawn: list[Moments], samples: Array) -> None:
        """Remember draws. Whoever is drawn for now was drawn for before: all have the same gram."""
        for each in drawn:
            self._gram += each.gram
            self._pull[samples] += each.pull
        self._count += len(drawn)

    def _fitted_without(self, one: Moments, samples: Array) -> Array:
        """Fit all draws but one, which is then right on average whatever the fit says."""
        total = self._game.total[self._rows[samples]]
        if not self._fits:
            return np.repeat(np.expand_dims(total, 1) / len(self._some), len(self._some), axis=1)
        others = self._count - 1
        fit = solved(
            self._shared.gram + (self._gram - one.gram) / others,
            self._shared.pull[samples] + (self._pull[samples] - one.pull) / others,
            total,
        )
        return _projected(fit, self._own[samples])


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


def check_room(each: int, players: int, option: str = "") -> None:
    """Raise if draws of `each` coalitions, which an `option` sets, take more than `MOST_BYTES`.

    Raises
    ------
    ValueError
    """
    needed = each * players * BYTES_EACH
    if needed <= MOST_BYTES:
        return
    fewer = f"take at most {MOST_BYTES // (players * BYTES_EACH):,} {option}= a draw, "
    raise ValueError(
        f"{each:,} coalitions of {players:,} players need about {needed / 2**30:.1f} GB; "
        f"the limit is {MOST_BYTES / 2**30:.0f} GB. Join features into players (players=), "
        f"{fewer if option else ''}or use method='permutation', which takes few at a time."
    )


def _fits(each: int, players: int) -> bool:
    """Whether draws are corrected by fits: where coalitions determine them, and there is room."""
    return 2 * each >= players and 8 * (TOGETHER + 3) * players**2 <= MOST_BYTES


def default_coalitions(count: int) -> int:
    """Coalitions in one draw: enough for a fit to one other draw to be well-posed."""
    return max(4 * count, 64)
