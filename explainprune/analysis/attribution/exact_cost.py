"""What exact Shapley values would cost, before any work."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.analysis.attribution.games.enumeration import shapley, subset_sums
from explainprune.analysis.attribution.games.hidden import cutter_of
from explainprune.analysis.attribution.reading.background import background_for
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.attribution.reading.players import check_players, moving, players_for
from explainprune.analysis.attribution.reading.views import network_for
from explainprune.data.reading import read_samples
from explainprune.network import Model, Network, opened
from explainprune.network.failing import in_words
from explainprune.network.scalars.counting import count_terms
from explainprune.network.scalars.cutting import Cutter
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class ExactCost:
    """Steps that `method="exact"` takes for one sample and one background row.

    A step is a coalition that is enumerated, or a step along the sums of two halves' coalitions,
    for units that rectify a sum of what their players add: the cheaper way counts.

    Attributes
    ----------
    coalitions : ndarray (outputs,)
        For each output alone; one enumeration serves all outputs, so all of them together cost
        `total`. ``float(cost)`` is the dearest output.
    units : ndarray (units,)
        For each unit whose game is needed, mean over the pairs of samples and background rows. A
        unit of a convolution counts for each position, one that mixes its players (a maximum, a
        normalisation) for all of what it mixes; one whose sign is fixed for a pair costs nothing.
    names : tuple of str
        The units' names: ``layer[position, channel]``.
    players : int
    brute_force : float
        ``2 ** players``: what enumeration costs without structure.
    work : float
        Coalitions times the numbers that have to be computed for each; steps of two halves, which
        are quicker, count by what they take.
    why_not : str
        What keeps the network from being cut into units; "" if nothing does.
    counting : float
        Processor seconds that counting took for a pair: `seconds` builds on it.
    """

    coalitions: Array
    units: Array
    names: tuple[str, ...]
    players: int
    brute_force: float
    work: float
    why_not: str = ""
    counting: float = 0.0

    @property
    def total(self) -> float:
        """Steps for all outputs together."""
        return float(self.units.sum())

    def __float__(self) -> float:
        return float(self.coalitions.max())

    def dearest(self, most: int = 3) -> dict[str, float]:
        """Return the units that cost most, by name."""
        order = np.argsort(-self.units, kind="stable")[:most]
        return {self.names[at]: float(self.units[at]) for at in order}

    def seconds(self, rows: int = 1, background: int = 100) -> float:
        """Estimate the time for all outputs on this machine while it is idle, to a factor of two.

        Work at the speed of a short calibration, and what every pair takes besides: about
        twice what counting took. A call takes a fraction of a second on top.
        """
        start, deltas = np.zeros(256), np.ones((9, 256))
        begin = time.process_time()
        shapley(np.maximum(subset_sums(start, deltas), 0))
        each = (time.process_time() - begin) / (256 * 2**9)
        return (each * self.work + 2 * self.counting) * rows * background

    def __str__(self) -> str:
        return (
            f"{float(self):,.0f} steps for the dearest output, {self.total:,.0f} for all, "
            f"per sample and background row (brute force: 2^{self.players})"
        )


@in_words
def exact_cost(
    model: Model | Network,
    x: Any,
    background: Any,
    *,
    output: str = "logit",
    players: Any = None,
    interactions: bool = False,
) -> ExactCost:
    r"""Count the steps that exact Shapley values need, before any work.

    .. math:: \text{cost}_k = \sum_{j:\, w_{jk} \neq 0} \min\big(2^{n_j},
        (a_j + 1) 2^{b_j} + (b_j + 1) 2^{a_j}\big), \quad n_j = |P_j(x, b)| = a_j + b_j

    (the second where unit j rectifies a sum of what its players add: one of the first layer, or one
    that reads nothing whose sign is open for the pair), averaged over samples x and
    background rows b; P_j holds the players that reach the last unit j that isn't affine through
    live weights and differ between x and b. Rectified units whose sign is fixed for the pair cost
    nothing: their weight passes on to what they read.

    Parameters
    ----------
    model : keras.Model or Network
    x, background : as `attribute` takes them
        Samples and reference rows.
    output : str
        ``"logit"``, ``"centred"`` or ``"probability"``.
    players : as `attribute` takes them, optional
    interactions : bool
        Count what `interactions=True` takes.

    Returns
    -------
    ExactCost
    """
    model = opened(model)
    samples = read_samples(model, x)
    network = network_for(model, None, output, samples.x, None, samples.task)
    given = background_for(network, background, samples, 0)
    rows, reference = (
        np.asarray(pack(network, part, what), dtype=np.float64)
        for part, what in ((samples.x, "x"), (given, "background"))
    )
    joined = check_players(players_for(players, samples, network.n_inputs)[0], network.n_inputs)
    return cost_of(network, rows, reference, joined, interactions=interactions)


def cost_of(
    network: Network, x: Array, background: Array, players: Array, *, interactions: bool = False
) -> ExactCost:
    """Count for flat rows."""
    try:
        cutter = cutter_of(network, players, x, interactions=interactions)
    except ValueError as reason:
        counts = moving(x, background, players).sum(axis=1)
        each = float(np.mean([_brute_force(int(count)) for count in counts]))
        whole, n_players = np.full(network.n_outputs, each), int(players.max()) + 1
        return ExactCost(
            whole, np.array([each]), ("the network",), n_players, _brute_force(n_players),
            each * network.n_inputs, str(reason),
        )  # fmt: skip
    return cost_of_games(cutter, x, background)


def cost_of_games(cutter: Cutter, x: Array, background: Array) -> ExactCost:
    """Count for a network that was taken apart already."""
    begin = time.process_time()
    found = count_terms(cutter, x, background)
    counting = (time.process_time() - begin) / (len(x) * len(background))
    players = cutter.terms.n_players
    return ExactCost(
        np.maximum(found.outputs, 1.0), found.units, found.names, players, _brute_force(players),
        found.work, counting=counting,
    )  # fmt: skip


def _brute_force(players: int) -> float:
    return 2.0 ** min(players, 1000)
