"""Exact Shapley values against their definition, in float64, over networks and players."""

import itertools
import math

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.analysis.attribution.games import units as unit_games
from explainprune.analysis.attribution.games.enumeration import shapley, subset_sums
from explainprune.network import FormulaNetwork, as_network, unroll
from explainprune.network.backend import keras
from explainprune.network.scalars import terms

N_INPUTS = 6
JOINED = np.array([0, 0, 1, 2, 3, 1])


def by_definition(function, x, row, players):
    """Average marginal contributions over all orders of joining."""
    n_players = int(players.max()) + 1
    coalitions = list(itertools.product([False, True], repeat=n_players))
    mixed = np.stack([np.where(np.array(c)[players], x, row) for c in coalitions])
    value = dict(zip(coalitions, function(mixed), strict=True))
    total = np.zeros((n_players, *value[coalitions[0]].shape))
    for order in itertools.permutations(range(n_players)):
        present = [False] * n_players
        for player in order:
            before = value[tuple(present)]
            present[player] = True
            total[player] += value[tuple(present)] - before
    return total / math.factorial(n_players)


def sparse_network(hidden=(5,), activation="relu", outputs=3, fan_in=3, seed=0):
    rng = np.random.default_rng(seed)
    layers = [keras.layers.Dense(units, activation) for units in hidden]
    model = sequential((N_INPUTS,), *layers, keras.layers.Dense(outputs, name="head"))
    for layer in model.layers:
        kernel = rng.normal(size=layer.kernel.shape)
        if layer.name != "head":
            for unit in range(kernel.shape[1]):
                kernel[rng.permutation(len(kernel))[fan_in:], unit] = 0
        layer.kernel.assign(kernel)
        layer.bias.assign(rng.normal(size=layer.bias.shape))
    return model


def rows(seed=1):
    rng = np.random.default_rng(seed)
    x, background = rng.normal(size=(3, N_INPUTS)), rng.normal(size=(4, N_INPUTS))
    x[0, :2] = background[1, :2]  # features that don't differ are dummies for the pair
    x[1] = background[2]  # and here all of them are
    return x, background


@pytest.mark.parametrize("players", [np.arange(N_INPUTS), JOINED], ids=["features", "joined"])
@pytest.mark.parametrize(
    ("hidden", "activation"),
    [((), "relu"), ((5,), "relu"), ((5,), "gelu"), ((5, 4), "relu"), ((4, 4, 3), "tanh")],
)
def test_values_are_those_of_the_definition(hidden, activation, players):
    model = sparse_network(hidden, activation)
    function = unroll(model).outputs
    x, background = rows()
    expected = [
        np.mean([by_definition(function, sample, row, players) for row in background], axis=0)
        for sample in x
    ]
    found = exact(as_network(model), x, background, None, players=players)
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-12)
    gap = function(x) - found.base - found.values.sum(axis=1)
    np.testing.assert_allclose(gap, 0, atol=1e-12)


@pytest.mark.parametrize("hidden", [(7,), (5, 4)])
@pytest.mark.parametrize("numbers_at_once", [1, 300, 700])
def test_memory_bounds_change_nothing(hidden, numbers_at_once, monkeypatch):
    model, players = as_network(sparse_network(hidden)), JOINED
    x, background = rows()
    whole = exact(model, x, background, None, players=players).values
    costs = exact_cost(model, x, background, players=players).units
    monkeypatch.setattr(terms, "NUMBERS_AT_ONCE", numbers_at_once)
    monkeypatch.setattr(unit_games, "NUMBERS_AT_ONCE", 8)
    parts = exact(model, x, background, None, players=players).values
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(exact_cost(model, x, background, players=players).units, costs)


def test_a_network_without_structure_is_enumerated_whole():
    network = FormulaNetwork(lambda x: x[:, 0] * x[:, 1] + np.sin(x[:, 2]), 3)
    x, background = np.array([[1.0, 2.0, 3.0]]), np.array([[0.5, -1.0, 0.0], [0.0, 0.0, 1.0]])
    found = exact(network, x, background, np.array([0]), players=np.arange(3))
    product = [(1.0 - b0) * (2.0 + b1) / 2 for b0, b1, _ in background]
    assert found.values[0, 0] == pytest.approx(np.mean(product), abs=1e-12)
    sine = math.sin(3.0) - np.mean([math.sin(0.0), math.sin(1.0)])
    assert found.values[0, 2] == pytest.approx(sine, abs=1e-12)


def test_inputs_without_a_path_get_exactly_zero():
    model = sparse_network((4,), fan_in=2)
    kernel = model.layers[0].kernel.numpy()
    kernel[2] = 0
    model.layers[0].kernel.assign(kernel)
    x, background = rows()
    found = exact(as_network(model), x, background, None, players=np.arange(N_INPUTS))
    assert (found.values[:, 2] == 0).all()
    assert (found.values[:, [0, 1, 3]] != 0).any()


def test_targets_pick_outputs():
    model = sparse_network()
    x, background = rows()
    network, players = as_network(model), np.arange(N_INPUTS)
    everything = exact(network, x, background, None, players=players)
    picked = exact(network, x, background, np.array([2, 0, 1]), players=players)
    np.testing.assert_array_equal(picked.values[0], everything.values[0, :, 2])
    np.testing.assert_array_equal(picked.values[2], everything.values[2, :, 1])
    np.testing.assert_array_equal(picked.base, everything.base[[0, 1, 2], [2, 0, 1]])


def test_cost_counts_only_inputs_that_reach_and_differ():
    model = sequential((4,), keras.layers.Dense(2, "tanh"), keras.layers.Dense(2, name="head"))
    model.layers[0].kernel.assign([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    model.layers[1].kernel.assign([[1.0, 0.0], [1.0, 1.0]])
    x, background = np.array([[1.0, 1.0, 1.0, 1.0]]), np.array([[0.0, 0.0, 0.0, 0.0]])
    cost = exact_cost(model, x, background)
    assert cost.units.tolist() == [8.0, 2.0]
    assert cost.coalitions.tolist() == [10.0, 2.0]  # the second output doesn't read unit 0
    assert float(cost) == 10.0
    assert cost.total == 10.0
    assert cost.brute_force == 16.0
    same = exact_cost(model, x, np.array([[0.0, 1.0, 0.0, 0.0]]))  # feature 1 doesn't differ
    assert same.units.tolist() == [4.0, 2.0]


def test_rectified_units_of_fixed_sign_cost_nothing():
    model = sequential((2,), keras.layers.Dense(3, "relu"), keras.layers.Dense(1))
    model.layers[0].kernel.assign(np.ones((2, 3)))
    model.layers[0].bias.assign([5.0, -5.0, -0.5])  # always on, always off, switches
    model.layers[1].kernel.assign(np.array([[1.0], [10.0], [100.0]]))
    x, background = np.array([[1.0, 1.0]]), np.array([[0.0, 0.0]])
    assert exact_cost(model, x, background).units.tolist() == [4.0]
    found = exact(as_network(model), x, background, np.array([0]), players=np.arange(2))
    np.testing.assert_allclose(found.values, [[1.0 + 75.0, 1.0 + 75.0]])


def test_nobody_plays_through_a_unit_that_is_off():
    model = sequential(
        (3,), keras.layers.Dense(2, "relu"), keras.layers.Dense(1, "relu"), keras.layers.Dense(1)
    )
    # The first unit reads features 0 and 1 and is off for the pair; the second reads feature 2.
    model.layers[0].kernel.assign([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    model.layers[0].bias.assign([-10.0, 0.5])
    model.layers[1].kernel.assign([[1.0], [1.0]])
    model.layers[1].bias.assign([-1.0])  # −.5 at the background row, .5 at the sample
    model.layers[2].kernel.assign([[1.0]])
    x, background = np.ones((1, 3)), np.zeros((1, 3))
    assert exact_cost(model, x, background).units.tolist() == [2.0]
    found = exact(as_network(model), x, background, np.array([0]), players=np.arange(3))
    np.testing.assert_allclose(found.values, [[0.0, 0.0, 0.5]])
    # With the first unit on, all three play.
    model.layers[0].bias.assign([0.0, 0.5])
    assert exact_cost(model, x, background).units.tolist() == [8.0]


def test_too_dear_is_refused_with_the_units_to_blame():
    model = sparse_network()
    x, background = rows()
    with pytest.raises(ValueError, match=r"would take .* the limit is 10") as error:
        exact(as_network(model), x, background, None, players=np.arange(N_INPUTS), limit=10)
    assert "The dearest units: dense" in str(error.value)
    assert "fan_in:K" in str(error.value)


def test_too_wide_without_structure_says_why():
    network = FormulaNetwork(lambda x: x.sum(axis=1), 40)
    with pytest.raises(ValueError, match="enumerated whole because a FormulaNetwork"):
        exact(network, np.ones((1, 40)), np.zeros((1, 40)), None, players=np.arange(40))


@pytest.mark.parametrize("players", range(6))
def test_folding_equals_the_weighted_sum(players):
    values = np.random.default_rng(players).normal(size=(2**players, 3))
    expected = np.zeros((players, 3))
    for player, coalition in itertools.product(range(players), range(2**players)):
        if not coalition >> player & 1:
            size = coalition.bit_count()
            weight = math.factorial(size) * math.factorial(players - size - 1)
            gain = values[coalition | 1 << player] - values[coalition]
            expected[player] += weight / math.factorial(players) * gain
    np.testing.assert_allclose(shapley(values), expected, atol=1e-14)


def test_subset_sums_follow_the_bits():
    deltas = np.array([1.0, 10.0, 100.0])
    found = subset_sums(np.array(0.5), deltas)
    for coalition in range(8):
        members = [player for player in range(3) if coalition >> player & 1]
        assert found[coalition] == 0.5 + deltas[members].sum()
