"""What is refused, when, and how little is counted for it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sparse_layers import L, sequential, sparse

from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.analysis.attribution.games import limit as exact_limit
from explainprune.network import as_network

FEATURES = 6


@pytest.fixture(scope="module")
def network():
    layers = L.Dense(5, "tanh"), L.Dense(4, "relu"), L.Dense(2)
    return as_network(sparse(sequential((FEATURES,), *layers)))


@pytest.fixture
def rows():
    """Forty samples that are their only background row; in the 21st all features differ."""
    x = np.zeros((40, FEATURES))
    x[20] = np.arange(1.0, FEATURES + 1)
    return x, np.zeros((1, FEATURES))


@pytest.fixture
def work(monkeypatch):
    """How many pairs are counted, and how many bundles solved."""
    done = {"counted": [], "solved": 0}
    count, solve = exact_limit.cost_of_games, exact.__globals__["summed"].__globals__["solved"]

    def counted(cutter, x, background):
        done["counted"].append(len(x) * len(background))
        return count(cutter, x, background)

    def solved(bundle, **options):
        done["solved"] += 1
        return solve(bundle, **options)

    monkeypatch.setattr(exact_limit, "cost_of_games", counted)
    monkeypatch.setattr("explainprune.analysis.attribution.games.hidden.solved", solved)
    return done


def run(network, x, background, limit):
    return exact(network, x, background, None, players=np.arange(FEATURES), limit=limit).values


def test_nothing_is_counted_where_the_limit_is_out_of_reach(network, rows, work):
    x, background = rows
    # All players in every unit of both layers, in each of forty pairs.
    run(network, x, background, limit=40 * (5 + 4) * 2**FEATURES)
    assert work["counted"] == []
    assert work["solved"] > 0


def test_some_pairs_speak_for_many(network, rows, work):
    x, background = rows
    every = np.repeat(x[20:21], 40, axis=0)
    total = 40 * exact_cost(network, every, background).total
    with pytest.raises(ValueError, match=re.escape(f"would take {total:.3g} steps")):
        run(network, every, background, limit=total - 1)
    assert work == {"counted": [14], "solved": 0}  # every third of forty


def test_no_limit_is_overrun_by_pairs_that_were_not_looked_at(network, rows, work):
    x, background = rows  # the dear one is not among every third
    total = 40 * exact_cost(network, x, background).total
    found = run(network, x, background, limit=total)
    assert (found[20] != 0).any()
    assert work["counted"] == [14]
    work.update(counted=[], solved=0)
    with pytest.raises(ValueError, match=rf"take {total:.3g} steps .* 40 pairs"):
        run(network, x, background, limit=total - 1)
    assert work["counted"] == [14, 40]


def test_the_estimate_adds_up_what_counting_took(network, rows):
    cost = exact_cost(network, *rows)
    assert cost.counting > 0
    only = replace(cost, work=0.0, counting=0.25)
    assert only.seconds(3, 10) == pytest.approx(2 * 0.25 * 30)
    games = replace(cost, work=2.0**30, counting=0.0)
    assert games.seconds(1, 1) > 0.1  # a billion numbers
