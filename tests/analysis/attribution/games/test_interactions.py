"""Interactions of rectified sums by two halves, against all coalitions and a closed form."""

import numpy as np
import pytest
from sparse_layers import L, sequential

from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.analysis.attribution.games.enumeration import solve, subset_sums
from explainprune.analysis.attribution.games.halves import interactions_of_rectifiers
from explainprune.analysis.attribution.games.units import Bundle
from explainprune.network import as_network
from explainprune.network.scalars.terms import steps


@pytest.mark.parametrize("players", [1, 2, 3, 8, 12, 15])
def test_pairs_are_those_of_all_coalitions(players):
    rng = np.random.default_rng(players)
    starts, deltas = rng.normal(size=4), rng.normal(size=(players, 4))
    deltas[:, 3] = np.sign(deltas[:, 3])  # ties, and sums of exactly zero
    starts[3] = 0.0
    worth = np.maximum(subset_sums(starts, deltas), 0.0)
    wanted = solve(lambda _: worth.copy(), players, players, interactions=True).interactions
    found = interactions_of_rectifiers(starts, deltas)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * max(1, np.abs(wanted).max()))
    np.testing.assert_array_equal(found, found.swapaxes(0, 1))


def test_all_together_or_nothing():
    """v = 1 for everybody, else 0: each pair has 1 / (n − 1), as the index of unanimity is."""
    found = interactions_of_rectifiers(np.array([-23.0]), np.ones((24, 1)))[..., 0]
    apart = ~np.eye(24, dtype=bool)
    np.testing.assert_allclose(found[apart], 1 / 23, rtol=1e-9)
    assert (np.diag(found) == 0).all()


def test_the_cheaper_way_is_taken_and_priced(monkeypatch):
    assert steps(np.array(30), True, interactions=True) < 1e8 < 2.0**30
    count = 19  # the fewest for which halves take fewer steps lie just below
    model = sequential((count,), L.Dense(3, "relu"), L.Dense(2))
    rng = np.random.default_rng(1)
    x, background = rng.normal(size=(1, count)), rng.normal(size=(1, count))
    network, players = as_network(model), np.arange(count)
    cost = exact_cost(model, x, background, interactions=True)
    price = float(steps(np.array(count), True, interactions=True))
    assert price < 2.0**count
    assert cost.units.tolist() == [price] * len(cost.units)
    one = {"players": players, "interactions": True}
    with pytest.raises(ValueError, match="would take"):
        exact(network, x, background, None, limit=cost.total - 1, **one)
    found = exact(network, x, background, None, limit=cost.total, **one)
    monkeypatch.setattr(Bundle, "by_halves", False)
    wanted = exact(network, x, background, None, **one)
    for mine, theirs in ((found.interactions, wanted.interactions), (found.values, wanted.values)):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12 * np.abs(theirs).max())
    np.testing.assert_allclose(found.interactions.sum(axis=2), found.values, atol=1e-12)
