"""The mean over few units that may be skewed: closed forms, error rates, honesty."""

import numpy as np
import pytest
from scipy import stats

from explainprune.analysis.intervals import error_of, skewed_mean


def test_without_skewness_it_is_students():
    values = [0.1, 0.2, 0.3, 0.4, 0.5]
    half = stats.t.ppf(0.975, 4) * np.std(values, ddof=1) / np.sqrt(5)
    np.testing.assert_allclose(skewed_mean(values).interval, [0.3 - half, 0.3 + half])
    two = skewed_mean([0.1, 0.3])
    np.testing.assert_allclose(two.interval, [0.2 - 12.706 * 0.1, 0.2 + 12.706 * 0.1], rtol=1e-4)


def test_it_reaches_further_on_the_side_of_the_long_tail_and_never_less_than_students():
    values = np.array([0.03, 0.04, 0.05, 0.04, 0.03, 0.11])
    half = stats.t.ppf(0.975, 5) * values.std(ddof=1) / np.sqrt(6)
    found = skewed_mean(values)
    assert found.value == pytest.approx(values.mean())
    assert found.high > values.mean() + 1.5 * half
    assert found.low == pytest.approx(values.mean() - half)
    mirrored = skewed_mean(-values)
    np.testing.assert_allclose(mirrored.interval, (-found.high, -found.low))
    moved = skewed_mean(7 + 100 * values)
    np.testing.assert_allclose(moved.interval, 7 + 100 * np.array(found.interval))


@pytest.mark.parametrize("n", [6, 12, 20])
def test_its_error_with_skewed_shares_is_what_is_printed(n):
    rng = np.random.default_rng(n)

    def draw(shape):
        return 1 / (1 + np.exp(3.35 - rng.normal(size=shape)))

    truth = draw(2_000_000).mean()
    assert truth == pytest.approx(0.05, abs=0.002)
    wrong = np.mean([skewed_mean(values).high < truth for values in draw((3000, n))])
    # Four standard errors of a share of 3,000.
    assert abs(wrong - error_of(n)) < 4 * np.sqrt(error_of(n) * (1 - error_of(n)) / 3000)
    assert error_of(n) < {6: 0.085, 12: 0.073, 20: 0.058}[n]  # of Johnson's t without the cubic


def test_its_error_without_skewness_is_nominal():
    rng = np.random.default_rng(0)
    found = [skewed_mean(values) for values in rng.normal(size=(4000, 12))]
    for wrong in (np.mean([m.high < 0 for m in found]), np.mean([m.low > 0 for m in found])):
        assert 0.015 < wrong < 0.033


def test_what_units_cannot_tell_has_no_interval():
    for equal in ([0.975] * 3, [1.0, 1.0], [0.0, 0.0], [0.3, 0.1 + 0.2]):
        found = skewed_mean(equal)
        assert found.value == pytest.approx(equal[0]) and found.interval is None
        assert found.note.endswith("gave the same, which doesn't tell how much seeds differ")
    assert skewed_mean([0.5]).interval is None
    left_out = skewed_mean([0.1, np.nan, 0.3, 0.2])
    assert left_out.n == 3 and "1 undefined left out" in left_out.note


def test_intervals_are_cut_at_the_bounds():
    assert skewed_mean([0.0, 0.5, 1.0], bounds=(0.0, 1.0)).interval == (0.0, 1.0)
    assert skewed_mean([0.0, 0.5, 1.0], bounds=(None, 1.0)).low < 0


def test_the_printed_error_is_that_of_no_more_units_than_there_are():
    assert error_of(5) == 1.0
    assert error_of(6) == error_of(7) > error_of(8) > error_of(10_000) == 0.031
