"""Explanations held against a mask of the truth: definitions, ties, and what chance gives."""

from itertools import permutations

import numpy as np
import pytest

from explainprune.analysis.metrics import METRICS

pointing, mass, rank = (
    METRICS[name] for name in ("pointing_game", "relevance_mass", "relevance_rank")
)


def random_case(n=30, d=7, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.random((n, d)) < 0.4


def test_by_their_definitions():
    values, truth = random_case()
    truth[:, 0] |= ~truth.any(axis=1)
    for i, (v, t) in enumerate(zip(np.abs(values), truth, strict=True)):
        leading = np.argsort(-v)[: t.sum()]
        assert pointing(values, truth)[i] == t[v.argmax()]
        assert mass(values, truth)[i] == pytest.approx(v[t].sum() / v.sum())
        assert rank(values, truth)[i] == pytest.approx(np.mean([t[j] for j in leading]))


@pytest.mark.parametrize("metric", [pointing, mass, rank])
def test_all_in_the_truth_is_one_and_all_outside_nought(metric):
    values = np.array([[3.0, -2.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    truth = np.array([[1, 1, 0, 0], [1, 1, 0, 0]])
    np.testing.assert_array_equal(metric(values, truth), [1.0, 0.0])
    np.testing.assert_array_equal(metric(-9 * values, truth), [1.0, 0.0])


@pytest.mark.parametrize("metric", [pointing, rank])
def test_ties_are_shared_as_the_mean_over_all_ways_to_break_them(metric):
    values, truth = np.array([[2.0, 2.0, -2.0, 1.0]]), np.array([[1, 0, 0, 1]])
    count = 1 if metric is pointing else 2
    ways = [p for p in permutations(range(4)) if (np.diff(np.abs(values[0])[list(p)]) <= 0).all()]
    expected = np.mean([truth[0, list(p[:count])].mean() for p in ways])
    assert metric(values, truth)[0] == pytest.approx(expected)


@pytest.mark.parametrize("metric", [pointing, mass, rank])
def test_at_random_the_share_of_the_truth(metric):
    rng = np.random.default_rng(1)
    truth = np.zeros((4000, 10), bool)
    truth[:, :3] = True
    assert metric(rng.normal(size=(4000, 10)), truth).mean() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("metric", [pointing, mass, rank])
def test_silence_and_an_empty_truth_are_undefined_and_shapes_are_checked(metric):
    found = metric([[0.0, 0.0], [1.0, 0.0]], [[1, 0], [0, 0]])
    assert np.isnan(found).all()
    with pytest.raises(ValueError, match=r"Received: \(2,\) and \(1, 2\)"):
        metric([[0.0, 1.0]], [1, 0])


def test_signed_values_that_cancel_do_not_leave_the_range():
    """Σ over the truth by the signed sum would be 3 / (3 − 2.9) = 30 here."""
    assert mass([[3.0, -2.9]], [[1, 0]])[0] == pytest.approx(3 / 5.9)
