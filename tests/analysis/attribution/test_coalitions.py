"""Coalitions drawn for the Shapley regressions, their weights, and their worth."""

import itertools
import math

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.sampling.coalition_values import coalition_values
from explainprune.analysis.attribution.sampling.coalitions import Coalitions
from explainprune.analysis.attribution.sampling.moments import moments, solved
from explainprune.network import FormulaNetwork


def by_kernel(sizes, players):
    return 1 / (sizes * (players - sizes))


def evenly(sizes, players):
    return np.ones(len(sizes))


def paired_coalitions(players, count, share, rng):
    """Draw once: what all draws share (of one, what it covers), and its own."""
    planned = Coalitions(players, count, share)
    parts = zip(planned.shared(), planned.draw(rng), strict=True)
    return tuple(np.concatenate(both) for both in parts)


def fitted(masks, weights, worth, total):
    found = moments(masks, weights, worth, total)
    return solved(found.gram, found.pull, total)


SHARES = pytest.mark.parametrize("share", [by_kernel, evenly])


def weight_of(size, players):
    return 1 / (math.comb(players, size) * size * (players - size))


@SHARES
@pytest.mark.parametrize("players", [2, 3, 4, 7, 8])
def test_enough_draws_are_all_coalitions_with_their_weights(share, players):
    masks, weights = paired_coalitions(players, 2**players - 2, share, np.random.default_rng(0))
    every = {s for s in itertools.product([False, True], repeat=players) if 0 < sum(s) < players}
    assert {tuple(mask) for mask in masks.tolist()} == every
    assert len(masks) == len(every)
    expected = [weight_of(int(size), players) for size in masks.sum(axis=1)]
    np.testing.assert_allclose(weights, expected)


@SHARES
@pytest.mark.parametrize("players", [6, 11, 300])
def test_coalitions_come_with_their_complements(share, players):
    masks, weights = paired_coalitions(players, 40, share, np.random.default_rng(0))
    np.testing.assert_array_equal(masks[1::2], ~masks[::2])
    np.testing.assert_array_equal(weights[1::2], weights[::2])
    assert masks.any(axis=1).all()
    assert not masks.all(axis=1).any()
    assert 36 <= len(masks) <= 44


@SHARES
@pytest.mark.parametrize(("players", "count"), [(5, 12), (6, 12), (9, 4)])
def test_weighted_sums_are_right_on_average(share, players, count):
    """E Σ w̃ g(S) = Σ w g(S) over all coalitions, for any g."""
    rng = np.random.default_rng(0)
    g = rng.normal(size=2**players)
    place = 2 ** np.arange(players)

    def total(wanted):
        masks, weights = paired_coalitions(players, wanted, share, rng)
        return weights @ g[masks @ place]

    drawn = np.array([total(count) for _ in range(1500)])
    exact = total(2**players)
    assert abs(drawn.mean() - exact) < 4.5 * drawn.std() / np.sqrt(len(drawn))
    assert drawn.std() > 0.05 * abs(exact)


def test_sizes_come_as_often_as_their_share_says():
    rng = np.random.default_rng(0)

    def mean_counts(share):
        counts = np.zeros(21)
        for _ in range(300):
            masks, _ = paired_coalitions(20, 30, share, rng)
            counts += np.bincount(masks.sum(axis=1), minlength=21)
        return counts[1:20] / 300

    sizes = np.arange(1, 20)
    kernel = 1 / (sizes * (20 - sizes))
    np.testing.assert_allclose(mean_counts(by_kernel), 30 * kernel / kernel.sum(), rtol=0.15)
    np.testing.assert_allclose(mean_counts(evenly), 30 / 19, rtol=0.15)


@SHARES
@pytest.mark.parametrize(("players", "count", "draws"), [(6, 14, 3), (7, 20, 4), (9, 30, 8)])
def test_what_draws_share_and_what_each_adds_is_right_on_average(share, players, count, draws):
    """Sizes that the draws together cover come once, whole; the others in each draw, unbiased."""
    rng = np.random.default_rng(0)
    g = rng.normal(size=2**players)
    place = 2 ** np.arange(players)
    planned = Coalitions(players, count, share, draws)
    masks, weights = planned.shared()
    whole = np.unique(masks.sum(axis=1))
    assert len(whole) and len(masks) == sum(math.comb(players, size) for size in whole)
    fixed = weights @ g[masks @ place]
    drawn, sizes = [], set()
    for _ in range(1500):
        own, weight = planned.draw(rng)
        drawn.append(fixed + weight @ g[own @ place])
        sizes |= set(own.sum(axis=1))
    assert sizes and not sizes & set(whole)
    every = np.array(list(itertools.product([False, True], repeat=players)))[1:-1]
    exact = sum(weight_of(int(s.sum()), players) * g[s @ place] for s in every)
    assert abs(np.mean(drawn) - exact) < 4.5 * np.std(drawn) / np.sqrt(len(drawn))


@pytest.mark.parametrize(("method", "share"), [("kernel", by_kernel), ("leverage", evenly)])
def test_each_method_draws_sizes_by_its_own_share(method, share):
    seen = []

    def formula(x):
        seen.append(x.sum(axis=1))
        return x[:, 0]

    for seed in range(30):
        attribute(
            FormulaNetwork(formula, 60),
            np.ones((1, 60)),
            background=np.zeros((1, 60)),
            method=method,
            draws=10,
            coalitions=40,
            seed=seed,
        )
    counts = np.bincount(np.concatenate(seen).astype(int), minlength=61)[1:60]
    expected = share(np.arange(1, 60), 60)
    bins = [0, 1, 3, 8, 20, 39, 51, 56, 58]
    found, wanted = (np.add.reduceat(each / each.sum(), bins) for each in (counts, expected))
    np.testing.assert_allclose(found, wanted, rtol=0.06)


@pytest.mark.parametrize("method", ["kernel", "leverage"])
def test_draws_correct_whatever_the_fit_found(method, monkeypatch, make_smooth, by_definition):
    """Without bias: a fit that shares the change equally costs variance, not truth."""

    def even(gram, pull, total):
        return np.repeat(np.expand_dims(total, 1), len(gram), axis=1) / len(gram)

    monkeypatch.setattr("explainprune.analysis.attribution.sampling.regression.solved", even)
    network = make_smooth(2, features=8, outputs=1)
    rng = np.random.default_rng(1)
    x, background = rng.normal(size=(1, 8)), rng.normal(size=(2, 8))
    expected = by_definition(network.outputs, x[0], background)[:, 0]
    options = {"background": background, "method": method, "draws": 20, "coalitions": 10}
    runs = np.array([attribute(network, x, seed=s, **options).values[0] for s in range(120)])
    error = runs.std(axis=0) / np.sqrt(len(runs))
    assert np.all(np.abs(runs.mean(axis=0) - expected) < 4 * error)
    assert error.max() < 0.02 * np.abs(expected).max()


@pytest.mark.parametrize("draws", [1, 2, 3, 8])
@pytest.mark.parametrize("method", ["kernel", "leverage"])
def test_draws_that_fit_each_other_bias_neither_values_nor_errors(
    method, draws, make_smooth, by_definition
):
    network = make_smooth(4, features=9, outputs=1)
    rng = np.random.default_rng(3)
    x, background = rng.normal(size=(2, 9)), rng.normal(size=(2, 9))
    expected = np.stack([by_definition(network.outputs, row, background)[:, 0] for row in x])
    options = {"background": background, "method": method, "draws": draws, "coalitions": 24}
    runs = [attribute(network, x, seed=s, **options) for s in range(400)]
    values = np.array([each.values for each in runs])
    spread = values.std(axis=0, ddof=1)
    assert np.all(np.abs(values.mean(axis=0) - expected) < 4.5 * spread / 20)
    if draws > 1:
        stated = np.sqrt(np.mean([each.std_error**2 for each in runs], axis=0))
        np.testing.assert_allclose(stated.mean(), spread.mean(), rtol=0.12)


def test_an_additive_game_leaves_no_error(make_smooth):
    slopes = np.linspace(-1, 2, 40)
    network = FormulaNetwork(lambda x: x @ slopes, 40)
    x, background = np.ones((1, 40)), np.zeros((3, 40))
    found = attribute(network, x, background=background, method="kernel", draws=2)
    np.testing.assert_allclose(found.values[0], slopes, atol=1e-10)
    assert found.std_error.max() < 1e-10


def test_a_fit_recovers_an_additive_game_and_keeps_the_sum():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 9, 2))
    masks, weights = paired_coalitions(9, 40, by_kernel, rng)
    worth = np.einsum("mp,npk->nmk", masks.astype(float), values)
    found = fitted(masks, weights, worth, values.sum(axis=1))
    np.testing.assert_allclose(found, values, atol=1e-10)
    noise = rng.normal(size=worth.shape)
    noisy = fitted(masks[:6], weights[:6], (worth + noise)[:, :6], values.sum(axis=1))
    np.testing.assert_allclose(noisy.sum(axis=1), values.sum(axis=1), atol=1e-10)


def test_a_fit_is_the_constrained_weighted_least_squares_solution():
    rng = np.random.default_rng(0)
    masks, weights = paired_coalitions(6, 40, by_kernel, rng)
    worth, total = rng.normal(size=(1, len(masks))), np.array([0.7])
    found = fitted(masks, weights, worth, total)[0]
    z = masks.astype(float)
    system = np.zeros((7, 7))  # stationarity and the constraint, with its multiplier
    system[:6, :6], system[:6, 6], system[6, :6] = (z.T * weights) @ z, 1, 1
    right = np.concatenate([(z.T * weights) @ worth[0], total])
    np.testing.assert_allclose(found, np.linalg.solve(system, right)[:6], atol=1e-9)


@pytest.mark.parametrize("limit", [1, 7, 4096])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_worth_is_the_same_however_few_are_removed(limit, dtype):
    """Rows that lack little are copied and written over, others are mixed."""
    seen = []

    def formula(rows):
        seen.append(rows)
        return np.sin(rows) @ np.arange(1.0, 10.0)

    network = FormulaNetwork(formula, 9, rows_per_call=limit)
    rng = np.random.default_rng(0)
    x, background = rng.normal(size=(2, 9)).astype(dtype), rng.normal(size=(3, 9)).astype(dtype)
    masks = ~np.eye(9, dtype=bool)[:6]
    masks[1, 7], masks[2] = False, True  # two at once, and none
    found = coalition_values(network, x, background, masks, None)
    rows = np.where(masks[:, None], x[:, None, None], background)
    expected = (np.sin(rows) @ np.arange(1.0, 10.0)).mean(axis=2)
    np.testing.assert_allclose(found[..., 0], expected, rtol=1e-6)
    np.testing.assert_array_equal(np.concatenate(seen), rows.reshape(-1, 9).astype(float))


@pytest.mark.parametrize("limit", [1, 7, 4096])
def test_worth_is_the_mean_over_the_background(limit, make_smooth):
    smooth = make_smooth()
    network = FormulaNetwork(smooth.formula, 5, rows_per_call=limit, n_outputs=3)
    rng = np.random.default_rng(0)
    x, background = rng.normal(size=(2, 5)), rng.normal(size=(3, 5))
    masks = rng.random((4, 5)) < 0.5
    expected = np.array(
        [
            [smooth.formula(np.where(mask, row, background)).mean(axis=0) for mask in masks]
            for row in x
        ]
    )
    found = coalition_values(network, x, background, masks, None)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    own = coalition_values(network, x, background, masks, np.array([2, 0]))
    np.testing.assert_allclose(own, expected[[0, 1], :, [2, 0]], rtol=1e-12)
