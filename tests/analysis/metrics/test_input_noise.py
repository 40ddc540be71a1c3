"""Sensitivity to input noise: linear explanations in closed form, and the same draws for all."""

import numpy as np
import pytest

from explainprune.analysis.metrics import METRICS
from explainprune.analysis.metrics.quality.input_noise import noises

largest, mean = METRICS["max_sensitivity"], METRICS["mean_sensitivity"]


def rows(n=20, d=3):
    x = np.random.default_rng(0).normal(size=(n, d)) * [1.0, 10.0, 0.0] + [5.0, 5.0, 2.0]
    return x, np.zeros(n, int)


def by_weight(rows, targets):
    return rows * np.array([2.0, -1.0, 1.0])


def test_a_linear_explanation_moves_by_its_weights_times_the_noise():
    x, targets = rows()
    noise = noises(x, 10, 0.1, seed=3)
    size = np.linalg.norm(by_weight(x, targets), axis=1)
    moved = np.linalg.norm(by_weight(noise, targets), axis=2) / size
    np.testing.assert_allclose(largest(x, targets, by_weight, seed=3), moved.max(axis=0))
    np.testing.assert_allclose(mean(x, targets, by_weight, seed=3), moved.mean(axis=0))
    assert (largest(x, targets, by_weight) > mean(x, targets, by_weight)).all()


def test_noise_is_in_spreads_of_each_feature():
    x, _ = rows(n=4000)
    noise = noises(x, 5, 0.1, seed=0)
    np.testing.assert_allclose(np.abs(noise).max(axis=(0, 1)), 0.1 * x.std(axis=0), rtol=1e-3)
    assert not noise[:, :, 2].any()  # a feature that never varies
    assert abs(noise.mean()) < 0.002


@pytest.mark.parametrize("metric", [largest, mean])
def test_a_constant_explanation_is_steady_scale_does_not_count_and_silence_is_undefined(metric):
    x, targets = rows()
    np.testing.assert_array_equal(metric(x, targets, lambda r, t: np.ones_like(r)), 0.0)
    np.testing.assert_allclose(
        metric(x, targets, lambda r, t: 7 * by_weight(r, t)), metric(x, targets, by_weight)
    )
    assert np.isnan(metric(x, targets, lambda r, t: 0 * r)).all()
    assert np.isnan(metric(x, targets, None)).all()
    with pytest.raises(ValueError, match=r"Received: draws=0, radius=0.1"):
        metric(x, targets, by_weight, draws=0)
    with pytest.raises(ValueError, match=r"Received: draws=10, radius=-1"):
        metric(x, targets, by_weight, radius=-1)


def test_more_draws_find_larger_changes_and_a_wider_radius_too():
    x, targets = rows()
    few, many = (largest(x, targets, by_weight, draws=draws) for draws in (1, 50))
    assert (many >= few - 1e-12).all()
    wide = largest(x, targets, by_weight, draws=50, radius=0.2)
    np.testing.assert_allclose(wide, 2 * many)
