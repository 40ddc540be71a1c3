"""Shapley values and interactions from their definitions, one coalition at a time."""

import itertools
import math

import numpy as np


def worths(function, x, row, players):
    """The worth of each coalition, a set of players: what the function gives of mixed rows."""
    n_players = int(players.max()) + 1
    coalitions = [
        frozenset(c)
        for n in range(n_players + 1)
        for c in itertools.combinations(range(n_players), n)
    ]
    mixed = np.stack([np.where(np.isin(players, list(c)), x, row) for c in coalitions])
    return dict(zip(coalitions, function(mixed), strict=True))


def shapley_by_definition(function, x, row, players):
    worth, n = worths(function, x, row, players), int(players.max()) + 1
    values = np.zeros((n, *np.shape(worth[frozenset()])))
    for coalition, value in worth.items():
        size = len(coalition)
        for player in range(n):
            if player in coalition:
                continue
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            values[player] += weight * (worth[coalition | {player}] - value)
    return values


def interactions_by_definition(function, x, row, players):
    """Grabisch & Roubens 1999: off the diagonal only."""
    worth, n = worths(function, x, row, players), int(players.max()) + 1
    values = np.zeros((n, n, *np.shape(worth[frozenset()])))
    for coalition, value in worth.items():
        size = len(coalition)
        for i, j in itertools.permutations(range(n), 2):
            if i in coalition or j in coalition:
                continue
            weight = math.factorial(size) * math.factorial(n - size - 2) / math.factorial(n - 1)
            both, one, other = (worth[coalition | s] for s in ({i, j}, {i}, {j}))
            values[i, j] += weight * (both - one - other + value)
    return values


def averaged(definition, function, x, background, players):
    """Mean over background rows, for each sample."""
    return np.stack(
        [np.mean([definition(function, s, b, players) for b in background], axis=0) for s in x]
    )
