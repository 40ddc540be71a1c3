"""Means over rows and backgrounds: from their definition, and in repeated draws."""

import numpy as np
import pytest
from scipy.stats import skew, t

from explainprune.analysis.intervals import Units, bootstrap_mean, crossed_mean, row_mean


def values_of(rng, n=60, draws=6, row=0.05, background=0.03, own=0.02):
    return (
        0.2
        + row * rng.normal(size=(1, n))
        + background * rng.normal(size=(draws, 1))
        + own * rng.normal(size=(draws, n))
    )


def mirrored(values):
    """Add to each row its mirror image, so that rows aren't skewed."""
    return np.concatenate([values, 2 * values.mean(axis=1, keepdims=True) - values], axis=1)


def test_the_interval_is_the_formulas():
    values = mirrored(values_of(np.random.default_rng(0), n=30))
    found = crossed_mean(values, Units.rows(60))
    a = values.mean(axis=0).var(ddof=1) / 60
    c = values.mean(axis=1).var(ddof=1) / 6
    freedom = (a + c) ** 2 / (a**2 / 59 + c**2 / 5)
    half = t.ppf(0.975, freedom) * np.sqrt(a + c)
    mean = values.mean()
    assert found.value == pytest.approx(mean)
    assert found.measure().interval == pytest.approx((mean - half, mean + half))
    assert found.measure().note == "interval over 60 rows and 6 backgrounds"


def test_a_baseline_is_students_interval_over_rows():
    values = mirrored(values_of(np.random.default_rng(1), n=30, draws=1))
    mean, sd = values.mean(), values.std(ddof=1)
    half = t.ppf(0.975, 59) * sd / np.sqrt(60)
    found = crossed_mean(values, Units.rows(60)).measure()
    assert found.interval == pytest.approx((mean - half, mean + half))


def test_intervals_hold_what_they_claim_where_both_rows_and_backgrounds_vary():
    rng = np.random.default_rng(2)
    held = []
    for _ in range(1500):
        low, high = crossed_mean(values_of(rng), Units.rows(60)).measure().interval
        held.append(low <= 0.2 <= high)
    assert 0.925 < np.mean(held) < 0.97


@pytest.mark.parametrize("draws", [1, 6])
def test_skewed_rows_push_the_end_on_their_side_out(draws):
    rng = np.random.default_rng(6)
    rows = 0.1 * rng.exponential(size=50)
    values = rows + 0.01 * rng.normal(size=(draws, 1))
    low, high = crossed_mean(values, Units.rows(50)).measure().interval
    a, c = rows.var(ddof=1) / 50, values.mean(axis=1).var(ddof=1) / draws if draws > 1 else 0.0
    freedom = (a + c) ** 2 / (a**2 / 49 + c**2 / 5)
    error, q = np.sqrt(a + c), t.ppf(0.975, freedom)
    g = skew(rows, bias=False) / np.sqrt(50) * (a / (a + c)) ** 1.5
    assert low == pytest.approx(values.mean() - q * error)
    ends = 3 / g * (np.cbrt(1 - g * (q + g / 6)) - 1)
    assert high == pytest.approx(values.mean() - ends * error)
    assert high - values.mean() > 1.1 * (values.mean() - low)
    # The mirror image has the mirrored interval.
    other = crossed_mean(1 - values, Units.rows(50)).measure().interval
    assert other == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize("n", [100, 300])
def test_a_change_on_one_row_in_twenty_is_not_missed(n):
    """D is .06 but for 5 % of the rows, where it is .71: Student's t missed .12 and .05."""
    rng = np.random.default_rng(n)
    truth = 0.06 + 0.05 * 0.65
    missed = 0
    for _ in range(1000):
        values = np.clip(rng.gamma(9, 0.06 / 9, n) + 0.65 * (rng.random(n) < 0.05), 0, 1)
        missed += crossed_mean(values[None], Units.rows(n)).measure().high < truth
    assert missed / 1000 < 0.03


def test_clusters_are_the_unit_by_their_totals():
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(30), 4)
    values = (0.3 + 0.1 * rng.exponential(size=30)[clusters] + 0.01 * rng.normal(size=120))[None]
    found = crossed_mean(values, Units(np.ones(120), clusters, "patients"))
    means = values[0].reshape(30, 4).mean(axis=1)
    assert found.rows == pytest.approx(means.var(ddof=1) / 30)
    assert found.skew == pytest.approx(skew(means, bias=False) / np.sqrt(30))
    assert (found.n_rows, found.seen) == (30, 120)
    assert found.measure().note == "interval over 30 patients"
    assert crossed_mean(values, Units.rows(120)).rows < found.rows / 2


def test_few_heavy_rows_or_clusters_widen_the_interval():
    """Weights of a log-normal distribution, sd 1.5: n − 1 degrees missed the mean in 12 %."""
    rng = np.random.default_rng(8)
    missed = []
    for _ in range(1500):
        weights = np.exp(1.5 * rng.normal(size=60))
        units = Units(weights, np.arange(60), weighted=True)
        found = crossed_mean(rng.normal(0.5, 0.05, (1, 60)), units).measure()
        missed.append(
            (False, False) if found.interval is None else (found.high < 0.5, found.low > 0.5)
        )
    assert (np.mean(missed, axis=0) < 0.035).all()


def test_the_variance_of_uneven_clusters_from_its_definition():
    values, weights = np.array([0.1, 0.3, 0.2, 0.6, 0.4]), np.array([3.0, 1.0, 2.0, 1.0, 2.0])
    clusters = np.array([0, 0, 1, 2, 3])
    found = crossed_mean(values[None], Units(weights, clusters, "patients"))
    shares = np.array([4, 2, 1, 2]) / 9
    mean = weights @ values / 9
    totals = np.array([3 * 0.1 + 0.3, 0.4, 0.6, 0.8]) / 9 - shares * mean
    assert found.rows == pytest.approx((totals**2 / (1 - shares)).sum())
    assert found.df_rows == pytest.approx((25 / 81) ** 2 / ((256 + 16 + 1 + 16) / 9**4) - 1)
    half = t.ppf(0.975, found.df_rows) * np.sqrt(found.rows)
    assert found.half_width() == pytest.approx(half)


def test_a_single_row_with_all_the_weight_has_no_interval():
    weights = np.array([1.0, 1e-9, 0.0, 1e-9])
    found = crossed_mean(np.array([[0.1, 0.5, 0.2, 0.3]]), Units(weights, np.arange(4))).measure()
    assert (found.interval, found.value) == (None, pytest.approx(0.1))
    assert found.note == "no interval: one of 3 rows has nearly all the weight"


def test_weights_count_rows_as_often_as_they_say():
    rng = np.random.default_rng(4)
    values, weights = rng.uniform(0, 1, 40)[None], rng.integers(1, 4, 40).astype(float)
    found = crossed_mean(values, Units(weights, np.arange(40), weighted=True))
    assert found.value == pytest.approx(np.average(values[0], weights=weights))
    # The same as each row so often, all of them one cluster.
    often = np.repeat(np.arange(40), weights.astype(int))
    copied = crossed_mean(values[:, often], Units(np.ones(len(often)), often))
    assert copied.value == pytest.approx(found.value)
    assert copied.rows == pytest.approx(found.rows)


def test_rows_that_are_undefined_are_left_out():
    values = values_of(np.random.default_rng(5), n=20)
    holed = np.concatenate([values, np.full((6, 5), np.nan)], axis=1)
    kept, all_there = (crossed_mean(v, Units.rows(v.shape[1])) for v in (holed, values))
    assert kept == all_there
    with pytest.raises(ValueError, match="No row is defined"):
        crossed_mean(np.full((6, 5), np.nan), Units.rows(5))


def test_equal_values_are_not_certain():
    zeros = np.zeros((6, 100))
    found = crossed_mean(zeros, Units.rows(100))
    assert found.measure().interval == pytest.approx((0.0, 1 - 0.025 ** (1 / 100)))
    assert found.measure(certain=True).interval == (0.0, 0.0)
    assert found.measure(bounds=(None, None)).interval is None
    one = crossed_mean(np.array([[0.3], [0.4]]), Units.rows(1)).measure()
    assert (one.value, one.interval) == (pytest.approx(0.35), None)


def test_a_wider_level_is_a_wider_interval():
    found = crossed_mean(values_of(np.random.default_rng(6)), Units.rows(60))
    half = [(found.measure(level=level).high - found.value) for level in (0.95, 0.995)]
    assert half[1] > 1.3 * half[0]


def test_plain_rows_are_bootstrapped_and_others_are_not():
    values = np.random.default_rng(7).exponential(size=80)
    plain = row_mean(values, Units.rows(80), seed=3)
    assert plain == bootstrap_mean(values, seed=3)
    twins = Units(np.ones(80), np.arange(80) // 2, "clusters")
    assert row_mean(values, twins, seed=3).note == "interval over 40 clusters"


def test_small_figures_have_intervals_in_proportion():
    values = np.random.default_rng(0).normal(1, 0.3, 40)
    units = Units(np.ones(40), np.arange(40) // 2, "clusters")
    whole, small = (row_mean(values * size, units, seed=0) for size in (1.0, 1e-12))
    assert np.divide(small.interval, 1e-12) == pytest.approx(whole.interval)


def test_equal_values_at_a_bound_stay_within_it():
    weights = np.random.default_rng(1).random(300)
    for value in (1.0, 0.0):
        units = Units(weights, np.arange(300), weighted=True)
        for certain in (True, False):
            found = row_mean(np.full(300, value), units, seed=0, bounds=(0.0, 1.0), certain=certain)
            assert found.value == value and 0 <= found.low <= value <= found.high <= 1


def test_heavy_rows_that_are_alike_stand_for_few():
    heavy = Units(np.r_[np.full(5, 1e6), np.ones(195)], np.arange(200), weighted=True)
    few = crossed_mean(np.zeros((1, 5)), Units.rows(5)).measure()
    assert crossed_mean(np.zeros((1, 200)), heavy).measure().high == pytest.approx(
        few.high, rel=1e-4
    )
    nothing = Units(np.r_[np.ones(30), np.zeros(170)], np.arange(200), weighted=True)
    values = np.random.default_rng(0).random((3, 200))
    found, left = crossed_mean(values, nothing), crossed_mean(values[:, :30], Units.rows(30))
    assert (found.n_rows, found.seen, nothing.count) == (30, 30, 30)
    assert found.measure().interval == pytest.approx(left.measure().interval)
