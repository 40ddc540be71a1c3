"""A network's Shapley values in two parts: what was enumerated, and what is left to draw."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from explainprune.analysis.attribution.games.hidden import Wanted, cutter_of, summed
from explainprune.analysis.attribution.games.sampled import Walk, drawn, walk
from explainprune.analysis.attribution.games.units import Bundle
from explainprune.analysis.attribution.games.whole import enumerated
from explainprune.analysis.attribution.permutation import orders_of
from explainprune.analysis.attribution.reading.batches import InBatches, unwrapped
from explainprune.analysis.attribution.reading.players import moving, n_players
from explainprune.analysis.attribution.sampling.replicates import Replicate
from explainprune.analysis.attribution.sampling.streams import uniforms
from explainprune.network import DifferenceNetwork, Network
from explainprune.network.scalars.cutting import Cutter
from explainprune.network.scalars.terms import Games, Pairs
from explainprune.types import Array

NOTHING_SAMPLED = "Every game was enumerated: nothing was sampled, and standard errors are 0."


WALKS_KEPT = 2
"""Times as many pairs as are looked at together: what is prepared for these is used again."""


@dataclass(frozen=True, eq=False)
class Split:
    """Values of all outputs: those of small games, and independent draws of the others.

    Attributes
    ----------
    values : ndarray (n, players, outputs)
        What was enumerated.
    open : ndarray of bool (n,)
        Samples that have games left to draw.
    draw : callable
        ``(rng, samples) → (len(samples), players, outputs)``, unbiased for those games.
    base : ndarray (outputs,)
        Mean output over the background.
    notes : tuple of str
        What is drawn, and why.
    """

    values: Array
    open: Array
    draw: Replicate
    base: Array
    notes: tuple[str, ...]

    def minus(self, beta: float, other: Split) -> Split:
        """Return the split of a difference; both play in the same orders."""

        def draw(rng: np.random.Generator, samples: Array) -> Array:
            again = deepcopy(rng)
            return self.draw(rng, samples) - beta * other.draw(again, samples)

        return Split(
            self.values - beta * other.values,
            self.open | other.open,
            draw,
            self.base - beta * other.base,
            tuple(dict.fromkeys(self.notes + other.notes)),
        )


def split(network: Network, x: Array, background: Array, players: Array, up_to: int) -> Split:
    """Solve games of at most ``2 ** up_to`` steps; leave the others to be drawn.

    Parameters
    ----------
    network : Network
    x, background : ndarray (n, inputs), (b, inputs)
    players : ndarray of int (inputs,)
    up_to : int
    """
    whole = unwrapped(network)
    if isinstance(whole, DifferenceNetwork):  # each has its own sparsity, which this one hides
        parts = [
            part if whole is network else InBatches(part, network.rows_per_call)
            for part in (whole.a, whole.b)
        ]
        a, b = (split(part, x, background, players, up_to) for part in parts)
        return a.minus(whole.beta, b)
    try:
        cutter = cutter_of(network, players, x)
    except ValueError as reason:
        return _whole(network, x, background, players, up_to, str(reason))
    return _by_games(cutter, x, background, up_to)


def _by_games(cutter: Cutter, x: Array, background: Array, up_to: int) -> Split:
    """Split a network that was taken apart."""
    wide = np.zeros(len(x), bool)

    def small(pairs: Pairs, games: Games, bundle: Bundle) -> bool:
        if large(pairs, games, bundle):
            wide[pairs.sample[games.pair[bundle.chosen]]] = True
            return False
        return True

    def large(pairs: Pairs, games: Games, bundle: Bundle) -> bool:
        return bundle.steps > 2.0**up_to

    terms, steps = cutter.terms, _kept(cutter, x, background, large)

    def draw(rng: np.random.Generator, samples: Array) -> Array:
        values = np.zeros((len(samples), terms.n_players, terms.n_outputs))
        at = np.flatnonzero(wide[samples])
        for part, keys in uniforms(rng, len(x), (len(background), terms.n_players), samples[at]):
            values[at[part]] = drawn(terms, steps(samples[at[part]]), keys)
        return values

    values = summed(cutter, x, background, wanted=small).values
    base = terms.network.outputs(background).mean(axis=0)
    some = f"Games of more than 2^{up_to} steps were sampled; standard errors cover these alone."
    return Split(values, wide, draw, base, (some,) if wide.any() else (NOTHING_SAMPLED,))


def _kept(cutter: Cutter, x: Array, background: Array, wanted: Wanted) -> Callable[[Array], Walk]:
    """Return walks for some samples; the last one is kept, if small, for the next draw."""
    last: dict[bytes, Walk] = {}

    def steps(samples: Array) -> Walk:
        found = walk(cutter, x[samples], background, wanted)
        if len(samples) * len(background) > WALKS_KEPT * cutter.terms.pairs_at_once():
            return found
        key = samples.tobytes()
        if key not in last:
            last.clear()
            last[key] = list(found)
        return last[key]

    return steps


def _whole(
    network: Network, x: Array, background: Array, players: Array, up_to: int, why: str
) -> Split:
    """Take a network without known structure for one game."""
    count = n_players(players)
    at_background = np.asarray(network.outputs(background), np.float64)
    base = at_background.mean(axis=0)
    if moving(x, background, players).sum(axis=1).max() <= up_to:
        values = enumerated(network, x, background, players).values
        draw: Replicate = lambda rng, samples: np.zeros_like(values[samples])  # noqa: E731
        return Split(values, np.zeros(len(x), bool), draw, base, (NOTHING_SAMPLED,))
    nothing = np.zeros((len(x), count, network.n_outputs))
    draw = orders_of(network, x, background, None, players, at_background)
    note = f"The network was sampled whole, because {why}."
    return Split(nothing, np.ones(len(x), bool), draw, base, (note,))
