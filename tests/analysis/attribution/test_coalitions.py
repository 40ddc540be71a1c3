"""Coalitions drawn for the Shapley regressions, their weights, and their worth."""

import itertools
import math

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.sampling.coalition_values import coalition_values
from explainprune.analysis.attribution.sampling.coalitions import paired_coalitions
from explainprune.analysis.attribution.sampling.regression import fitted
from explainprune.network import FormulaNetwork


def by_kernel(sizes, players):
    return 1 / (sizes * (players - sizes))


def evenly(sizes, players):
    return np.ones(len(sizes))


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


@pytest.mark.parametrize(("method", "share"), [("kernel", by_kernel), ("leverage", evenly)])
def test_each_method_draws_sizes_by_its_own_share(method, share):
    seen = []

    def formula(x):
        seen.append(x.sum(axis=1))
        return x[:, 0]

    attribute(
        FormulaNetwork(formula, 20),
        np.ones((1, 20)),
        background=np.zeros((1, 20)),
        method=method,
        draws=150,
    )
    counts = np.bincount(np.concatenate(seen).astype(int), minlength=21)[1:20]
    expected = share(np.arange(1, 20), 20)
    np.testing.assert_allclose(counts / counts.sum(), expected / expected.sum(), rtol=0.05)


@pytest.mark.parametrize("method", ["kernel", "leverage"])
def test_draws_correct_whatever_the_pilot_found(method, monkeypatch, make_smooth, by_definition):
    """Without bias: a pilot that shares the change equally costs variance, not truth."""

    def even(masks, weights, worth, total):
        return np.repeat(np.expand_dims(total, 1), masks.shape[1], axis=1) / masks.shape[1]

    monkeypatch.setattr("explainprune.analysis.attribution.sampling.regression.fitted", even)
    network = make_smooth(2, features=8, outputs=1)
    rng = np.random.default_rng(1)
    x, background = rng.normal(size=(1, 8)), rng.normal(size=(2, 8))
    expected = by_definition(network.outputs, x[0], background)[:, 0]
    options = {"background": background, "method": method, "draws": 20, "coalitions": 10}
    runs = np.array([attribute(network, x, seed=s, **options).values[0] for s in range(120)])
    error = runs.std(axis=0) / np.sqrt(len(runs))
    assert np.all(np.abs(runs.mean(axis=0) - expected) < 4 * error)
    assert error.max() < 0.02 * np.abs(expected).max()


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
