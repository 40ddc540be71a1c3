"""Quality of one attribution: closed forms, and searches against enumeration."""

from itertools import combinations, permutations

import numpy as np
import pytest

from explainprune.analysis.metrics import METRICS
from explainprune.analysis.metrics.quality.blocks import coarser, joined
from explainprune.analysis.metrics.quality.naopc import best_order
from explainprune.analysis.metrics.quality.removal import Removal
from explainprune.network import FormulaNetwork

gini, effective = METRICS["gini"], METRICS["effective_features"]
naopc, infidelity, residual = (METRICS[n] for n in ("naopc", "infidelity", "additivity_residual"))


def curved(d, seed=0, **options):
    """Two outputs with interactions between features."""
    weights = np.random.default_rng(seed).normal(size=(d, 4))
    read = np.random.default_rng(seed + 1).normal(size=(4, 2))
    return FormulaNetwork(lambda x: np.tanh(x @ weights) @ read, d, n_outputs=2, **options)


def aopc(network, x, row, target, order, players):
    """Mean drop along one order of removal, one evaluation at a time."""
    full = network.outputs(x[None])[0, target]
    rows, drops = x.copy(), []
    for player in order:
        rows[players == player] = row[players == player]
        drops.append(full - network.outputs(rows[None])[0, target])
    return np.mean(drops)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1.0, -1.0, 1.0, 1.0], 0.0), ([0.0, 0.0, -3.0, 0.0], 0.75), ([0.0, 0.0, 1.0, 1.0], 0.5)],
)
def test_gini_closed_forms(values, expected):
    np.testing.assert_allclose(gini([values]), [expected])


def test_gini_is_half_the_relative_mean_difference():
    values = np.random.default_rng(0).normal(size=(20, 7))
    size = np.abs(values)
    slow = [np.abs(v[:, None] - v[None, :]).mean() / (2 * v.mean()) for v in size]
    np.testing.assert_allclose(gini(values), slow)


def test_effective_features_by_its_definition():
    values = np.random.default_rng(1).normal(size=(20, 7))
    share = np.abs(values) / np.abs(values).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(effective(values), np.prod(share**-share, axis=1))


@pytest.mark.parametrize("metric", [gini, effective])
def test_spread_is_blind_to_scale_and_sign_and_undefined_for_zeros(metric):
    values = np.random.default_rng(2).normal(size=(5, 6))
    np.testing.assert_allclose(metric(-3e4 * values), metric(values))
    assert np.ptp(metric(values)) > 0.02
    assert np.isnan(metric(np.zeros((2, 3)))).all()
    with pytest.raises(ValueError, match=r"Received: \(3,\)"):
        metric(np.ones(3))


def test_additivity_residual_is_in_spreads_of_the_output():
    output = np.array([1.0, 3.0])
    values = np.array([[0.5, 0.0], [2.0, 1.0]])
    np.testing.assert_allclose(residual(values, np.array([0.0, 0.0]), output), [0.5, 0.0])
    np.testing.assert_allclose(residual(values, np.array([0.5, 1.0]), output), [0.0, 1.0])
    assert np.isnan(residual(values, np.zeros(2), np.full(2, 0.1))).all()


@pytest.mark.parametrize("players", [None, [0, 1, 1, 2, 3, 3]])
def test_naopc_equals_enumeration_of_all_orders_when_the_beam_is_wide(players):
    network, rng = curved(6), np.random.default_rng(3)
    names = np.arange(6) if players is None else np.array(players)
    count = names.max() + 1
    x, row, targets = rng.normal(size=(4, 6)), rng.normal(size=6), np.array([0, 1, 1, 0])
    values = rng.normal(size=(4, count))
    result = naopc(network, x, values, row, targets, players=players, width=10_000)
    for i in range(4):
        game = network, x[i], row, targets[i]
        scores = [aopc(*game, order, names) for order in permutations(range(count))]
        own = aopc(*game, np.argsort(-values[i]), names)
        expected = (own - min(scores)) / (max(scores) - min(scores))
        np.testing.assert_allclose(result[i], expected, atol=1e-9)


def test_a_narrow_beam_stays_within_the_optimum_and_beats_greedy():
    network, rng = curved(6, seed=5), np.random.default_rng(4)
    game = Removal(network, rng.normal(size=(30, 6)), np.zeros(6), np.zeros(30, int), None)
    samples = np.arange(30)
    greedy, beam, all_ways = (best_order(game, samples, width, 1) for width in (1, 5, 10_000))
    assert (greedy <= beam + 1e-9).all()
    assert (beam <= all_ways + 1e-9).all()
    assert (greedy < all_ways - 1e-6).any()
    assert beam.mean() > 0.99 * all_ways.mean()


def table(drops):
    """A network of four players whose drops are given by the set removed; others are 0."""

    def formula(x):
        removed = [frozenset(np.flatnonzero(row == 0)) for row in x]
        return np.array([-drops.get(tuple(sorted(chosen)), 0.0) for chosen in removed])

    return FormulaNetwork(formula, 4)


TRAP = {(0,): 10.0, (2,): 9.9, (0, 2): 10.0, (2, 3): 9.95, (1, 2, 3): 100.0}


def test_the_same_set_is_followed_once():
    # {0, 2} is reached from both beams with the two largest sums: followed twice, it would crowd
    # out {2, 3}, from which the best set follows.
    game = Removal(table(TRAP), np.ones((1, 4)), np.zeros(4), np.zeros(1, int), None)
    best = 9.9 + 9.95 + 100.0
    np.testing.assert_allclose(best_order(game, np.arange(1), 2, 1), best)
    np.testing.assert_allclose(best_order(game, np.arange(1), 1, 1), 20.0)


def test_an_order_better_than_the_search_is_the_bound_itself():
    order = np.array([[1.0, 2.0, 4.0, 3.0]])  # 2, 3, 1, 0
    score = naopc(table(TRAP), np.ones((1, 4)), order, np.zeros(4), np.zeros(1, int), width=1)
    assert score == 1.0


def test_naopc_is_one_for_the_best_order_zero_for_the_worst_and_blind_to_temperature():
    weights = np.array([3.0, -1.0, 0.5, 2.0, -0.2])
    x = np.ones((1, 5))
    for temperature in (1.0, 40.0):
        network = FormulaNetwork(lambda x, t=temperature: x @ weights / t, 5)
        scores = [
            naopc(network, x, v[None], np.zeros(5), np.zeros(1, int))[0]
            for v in (weights, -weights, np.abs(weights))
        ]
        np.testing.assert_allclose(scores[:2], [1.0, 0.0])
        # |φ| takes −1 before 0.5: the last but one of the pairs in the wrong order, and −0.2 last.
        own = np.mean(np.cumsum(weights[np.argsort(-np.abs(weights))]))
        best, worst = (np.mean(np.cumsum(np.sort(weights)[::s])) for s in (-1, 1))
        np.testing.assert_allclose(scores[2], (own - worst) / (best - worst))


def test_naopc_of_random_orders_is_one_half_where_drops_add_up():
    rng = np.random.default_rng(6)
    network = FormulaNetwork(lambda x: x @ np.arange(1.0, 7.0), 6)
    scores = naopc(
        network, np.ones((2000, 6)), rng.normal(size=(2000, 6)), np.zeros(6), np.zeros(2000, int)
    )
    assert abs(scores.mean() - 0.5) < 4 * scores.std() / np.sqrt(2000) < 0.03


def test_naopc_is_undefined_where_order_does_not_matter_or_is_not_given():
    flat = FormulaNetwork(lambda x: 0.0 * x[:, 0] + 3.0, 3)
    x, row, target = np.ones((1, 3)), np.zeros(3), np.zeros(1, int)
    assert np.isnan(naopc(flat, x, np.ones((1, 3)), row, target))
    # Float32 noise on a constant is no order either.
    noisy = FormulaNetwork(lambda x: 300 + 3e-5 * x[:, 0], 3)
    assert np.isnan(naopc(noisy, x, np.array([[1.0, 2.0, 3.0]]), row, target))
    sloped = FormulaNetwork(lambda x: x[:, 0], 3)
    assert np.isnan(naopc(sloped, x, np.zeros((1, 3)), row, target))
    assert naopc(sloped, x, np.array([[1.0, 0.0, 0.0]]), row, target) == 1.0


def test_naopc_does_not_depend_on_the_size_of_its_blocks_and_counts_its_rows():
    rng = np.random.default_rng(7)
    x, values, row = rng.normal(size=(9, 5)), rng.normal(size=(9, 5)), rng.normal(size=5)
    small, large = curved(5, rows_per_call=1), curved(5, rows_per_call=10_000)
    targets = np.ones(9, int)
    np.testing.assert_allclose(
        naopc(small, x, values, row, targets, width=2),
        naopc(large, x, values, row, targets, width=2),
    )
    own, searched = 5, 5 + 2 * (4 + 3 + 2 + 1)
    assert sum(large.calls) == 9 * (2 + own + 2 * searched)
    assert sum(small.calls) == sum(large.calls)
    assert len(large.calls) < 20


def test_infidelity_by_its_definition():
    network, rng = curved(4, seed=9), np.random.default_rng(8)
    x, values, row = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=4)
    result = infidelity(network, x, values, row, np.zeros(3, int), draws=20_000)
    weights = {1: 1 / 4, 2: 1 / 4, 3: 1 / 4, 4: 1 / 4}
    for i in range(3):
        told, drop, weight = [], [], []
        for size in weights:
            sets = list(combinations(range(4), size))
            for chosen in sets:
                rows = x[i].copy()
                rows[list(chosen)] = row[list(chosen)]
                told.append(values[i, list(chosen)].sum())
                drop.append((network.outputs(x[i][None]) - network.outputs(rows[None]))[0, 0])
                weight.append(weights[size] / len(sets))
        told, drop, weight = np.array(told), np.array(drop), np.array(weight)
        beta = (weight * told * drop).sum() / (weight * told**2).sum()
        slow = (weight * (beta * told - drop) ** 2).sum() / (weight * drop**2).sum()
        np.testing.assert_allclose(result[i], slow, atol=0.01)


def test_infidelity_is_nought_for_the_truth_at_any_scale_and_one_for_silence():
    weights = np.array([3.0, -1.0, 0.5])
    network = FormulaNetwork(lambda x: x @ weights, 3)
    arguments = np.ones((1, 3)), np.zeros(3), np.zeros(1, int)
    score = lambda v: infidelity(network, arguments[0], v, *arguments[1:])[0]  # noqa: E731
    assert score(7 * weights[None]) < 1e-12
    assert score(np.zeros((1, 3))) == 1.0
    assert 0.05 < score(np.array([[1.0, 3.0, -0.5]])) <= 1.0
    constant = FormulaNetwork(lambda x: 0 * x[:, 0] + 5.0, 3)
    assert np.isnan(infidelity(constant, *arguments[:1], weights[None], *arguments[1:]))


def test_errors_say_what_does_not_fit():
    network = curved(3)
    x, values, row, targets = np.ones((2, 3)), np.ones((2, 3)), np.ones(3), np.zeros(2, int)
    with pytest.raises(ValueError, match=r"one row of 3 features. Received: shape=\(2, 3\)"):
        naopc(network, x, values, np.ones((2, 3)), targets)
    with pytest.raises(ValueError, match=r"2 samples and 2 players. Received: shape=\(2, 3\)"):
        naopc(network, x, values, row, targets, players=[0, 1, 1])
    with pytest.raises(ValueError, match=r"each of the 3 features. Received: shape=\(2,\)"):
        infidelity(network, x, values, row, targets, players=[0, 1])
    with pytest.raises(ValueError, match=r"at least 1. Received: 0"):
        naopc(network, x, values, row, targets, width=0)
    with pytest.raises(ValueError, match=r"at least 1. Received: 0"):
        infidelity(network, x, values, row, targets, draws=0)


@pytest.mark.parametrize(
    ("p", "limit", "shape", "players"),
    [
        (784, 32, (28, 28), 25),
        (64, 32, (8, 8), 16),
        (3072, 32, (32, 32, 3), 25),
        (200, 32, None, 29),
    ],
)
def test_coarser_players_stay_within_the_limit_and_leave_no_gap(p, limit, shape, players):
    joint = coarser(p, limit=limit, image_shape=shape)
    assert joint.shape == (p,)
    assert sorted(set(joint)) == list(range(players))
    assert players <= limit


def test_patches_are_square_and_hold_all_channels():
    joint = coarser(6 * 6 * 2, limit=4, image_shape=(6, 6, 2)).reshape(6, 6, 2)
    assert (joint[..., 0] == joint[..., 1]).all()
    assert (joint[:3, :3] == 0).all()
    assert (joint[3:, :3] == 2).all()
    np.testing.assert_array_equal(joined(np.ones((1, 72)), joint.ravel()), [[18.0] * 4])
