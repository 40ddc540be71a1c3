"""Path integrals against sums written out slowly, and the cuts at kinks."""

import numpy as np
import pytest
from kinked_networks import kinked

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.sampling.adaptive_paths import MOST, adaptive_integrals
from explainprune.network import FormulaNetwork, gauss_legendre
from explainprune.network.integrals import add_by_sample, path_integrals


def slow_integrals(network, x, background, positions, weights):
    """Sum over samples, background rows and positions, one gradient at a time: (n, d, K)."""
    values = np.zeros((*x.shape, network.n_outputs))
    for i, sample in enumerate(x):
        for j, row in enumerate(background):
            for k, weight in enumerate(weights):
                at = row + positions[i, j, k] * (sample - row)
                slope = network.jacobian(at[None])[0]
                values[i] += weight * slope * (sample - row)[:, None] / len(background)
    return values


@pytest.mark.parametrize("limit", [1, 5, 7, 10_000])
def test_integrals_are_the_slow_sum_however_they_are_cut(limit, make_smooth):
    network = make_smooth()
    rng = np.random.default_rng(0)
    x, background = rng.normal(size=(4, 5)), rng.normal(size=(3, 5))
    positions, weights = rng.random((4, 3, 2)), np.array([0.3, 0.7])
    expected = slow_integrals(network, x, background, positions, weights)
    cut = FormulaNetwork(network.formula, 5, network.gradient, rows_per_call=limit, n_outputs=3)
    found, _ = path_integrals(cut, x, background, positions, weights, None)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    targets = np.array([2, 0, 1, 1])
    found, _ = path_integrals(cut, x, background, positions, weights, targets)
    np.testing.assert_allclose(found, expected[np.arange(4), :, targets], rtol=1e-12)


def test_expected_gradients_are_the_slow_sum_at_their_draws(smooth, rows):
    """One draw with one t in each stratum of each background row's path."""
    x, background = (part.astype(np.float64) for part in rows)
    seen = []

    def gradient(points):
        seen.append(points)
        return smooth.gradient(points)

    network = FormulaNetwork(smooth.formula, 5, gradient, n_outputs=3)
    found = attribute(
        network, x, background=background, method="expected_gradients", steps=3, target="all"
    )
    points = np.concatenate(seen).reshape(len(x), len(background), 3, 5)
    steps = (x[:, None] - background)[:, :, None]
    positions = ((points - background[:, None]) / steps)[..., 0]
    assert np.all(np.floor(positions * 3) == np.arange(3))  # a stratum each
    assert np.unique(positions.round(9)).size == positions.size  # and no t used twice
    expected = slow_integrals(network, x, background, positions, np.full(3, 1 / 3))
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)


def test_integrated_gradients_with_steps_are_a_gauss_legendre_sum(smooth, rows):
    x, background = (part.astype(np.float64) for part in rows)
    nodes, weights = gauss_legendre(4)
    positions = np.broadcast_to(nodes, (len(x), len(background), 4))
    expected = slow_integrals(smooth, x, background, positions, weights)
    found = attribute(
        smooth, x, background=background, method="integrated_gradients", steps=4, target="all"
    )
    np.testing.assert_allclose(found.values, expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_cuts_find_the_kinks_of_a_piecewise_linear_network(seed):
    """Not only the sum must be right: cuts can be placed so that errors cancel in it."""
    network, exact = kinked(seed=seed)
    rng = np.random.default_rng(seed + 1)
    x, background = rng.normal(size=(8, 6)), rng.normal(size=(2, 6))
    expected = np.array([np.mean([exact(one, row) for row in background], axis=0) for one in x])
    found = attribute(network, x, background=background, method="integrated_gradients")
    np.testing.assert_allclose(found.values, expected, atol=1e-4 * np.abs(expected).max())
    assert found.relative_gap < 1e-5
    fixed = attribute(network, x, background=background, method="integrated_gradients", steps=64)
    assert fixed.relative_gap > 10 * found.relative_gap
    assert "should add up" in fixed.notes[0]


def test_cuts_stop_at_a_bound_on_the_gradients():
    """A path with a kink in every millionth is given up on, not cut for ever."""
    asked = []

    def gradient(x):
        asked.append(len(x))
        return np.sign(np.sin(1e6 * x))

    network = FormulaNetwork(lambda x: np.abs(np.sin(1e6 * x[:, 0])) * 5, 1, gradient)
    found = adaptive_integrals(network, np.array([[1.0]]), np.array([[0.0]]), np.array([0]), 1e-5)
    assert np.isfinite(found.values).all()
    assert 100 < sum(asked) <= MOST


def test_all_outputs_are_cut_until_each_adds_up():
    one, _ = kinked(seed=0)
    other, _ = kinked(seed=1)
    both = FormulaNetwork(
        lambda x: np.stack([one.formula(x), other.formula(x)], axis=1),
        6,
        lambda x: np.stack([one.gradient(x), other.gradient(x)], axis=2),
        n_outputs=2,
    )
    x, background = np.ones((1, 6)), -np.ones((2, 6))
    background[1] = 0.5
    found = attribute(both, x, background=background, method="integrated_gradients", target="all")
    assert found.relative_gap < 1e-5


def test_parts_are_added_to_their_samples():
    total = np.zeros((3, 2))
    add_by_sample(total, np.array([0, 0, 2]), np.array([[1.0, 2], [3, 4], [5, 6]], "float32"))
    add_by_sample(total, np.array([], dtype=int), np.empty((0, 2)))
    np.testing.assert_array_equal(total, [[4, 6], [0, 0], [5, 6]])
