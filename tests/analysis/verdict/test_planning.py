"""Power and sample size: held against simulation from their definition."""

import numpy as np
import pytest
from scipy.stats import norm, t

from explainprune.analysis.intervals import Crossed, Units, crossed_mean
from explainprune.analysis.verdict.deciding import more_needed as of_measure
from explainprune.analysis.verdict.planning import CHANCES, more_needed, power_curve
from explainprune.types import Measure


def spread(value, rows=1e-4, backgrounds=0.0, n=100, draws=1):
    return Crossed(value, rows, backgrounds, n, draws, seen=n)


def labelled(estimate, half, margin, floor=0.0):
    return np.where(estimate + half <= margin, 1, np.where(estimate - half - floor > margin, -1, 0))


@pytest.mark.parametrize("floor", [0.0, 0.02])
def test_the_power_curve_is_what_repeated_samples_say(floor):
    given = spread(0.1, rows=2e-4, backgrounds=1e-4, n=60, draws=6)
    rng = np.random.default_rng(0)
    for point in power_curve(given, 0.15, floor):
        estimates = rng.normal(point.true, np.sqrt(given.variance), 40_000)
        labels = labelled(estimates, given.half_width(), 0.15, floor)
        assert point.preserved == pytest.approx((labels == 1).mean(), abs=0.01)
        assert point.changed == pytest.approx((labels == -1).mean(), abs=0.01)
    curve = power_curve(given, 0.15, floor)
    trues = [point.true for point in curve]
    assert trues == sorted(trues)
    assert (trues[0], trues[-1]) == (0.0, 0.3)
    at_margin = next(point for point in curve if point.true == 0.15)
    assert 0.015 < at_margin.preserved <= 0.025  # the error rate that intervals of t promise
    for chance in CHANCES:
        assert chance in [point.preserved for point in curve]
        assert chance in [point.changed for point in curve]
    assert power_curve(spread(0.1, rows=0.0), 0.15, 0.0) == ()


def predictive(given, n, draws, margin, floor=0.0):
    """Simulate from the definition: Δ̂′ | Δ̂ ~ N(Δ̂, se² − se′²)."""
    rows, backgrounds = (
        given.rows * given.n_rows / n,
        given.backgrounds * given.n_backgrounds / draws,
    )
    rng = np.random.default_rng(1)
    later = rng.normal(given.value, np.sqrt(given.variance - rows - backgrounds), 40_000)
    half = Crossed(0, rows, backgrounds, n, draws).half_width()
    return (labelled(later, half, margin, floor) != 0).mean()


@pytest.mark.parametrize(
    ("value", "floor"),
    [(0.10, 0.0), (0.135, 0.0), (0.15, 0.0), (0.16, 0.0), (0.1, 0.01), (0.2, 0.01)],
)
def test_the_rows_asked_for_decide_in_nine_of_ten(value, floor):
    given = spread(value, rows=4e-4, n=80)
    more = more_needed(given, 0.15, floor, 80)
    assert more.backgrounds == 0
    assert predictive(given, 80 + more.rows, 1, 0.15, floor) > 0.89
    if more.rows > 1:
        assert predictive(given, 79 + more.rows, 1, 0.15, floor) < 0.91


def test_no_number_of_rows_decides_between_the_margin_and_the_floor_beyond_it():
    assert more_needed(spread(0.155, rows=1e-6), 0.15, 0.01, 100) is None


def test_where_rows_cannot_decide_backgrounds_are_asked_for():
    given = spread(0.145, rows=1e-6, backgrounds=4e-4, n=500, draws=6)
    more = more_needed(given, 0.15, 0.0, 500)
    assert more.backgrounds in (6, 18, 42, 90, 186, 378, 762, 1530)  # doubled until they do
    assert predictive(given, 500 + more.rows, 6 + more.backgrounds, 0.15) > 0.89


def test_rows_grow_with_their_clusters():
    alone = more_needed(spread(0.13, rows=4e-4, n=40), 0.15, 0.0, 40)
    in_tens = more_needed(spread(0.13, rows=4e-4, n=40), 0.15, 0.0, 400)
    assert in_tens.rows == pytest.approx(10 * alone.rows, abs=10)


def test_a_measure_is_sized_by_its_own_width():
    half = t.ppf(0.975, 99) * 0.02
    open_one = Measure(0.13, (0.13 - half, 0.13 + half), 100)
    assert (
        of_measure(open_one, 0.15, "pair")
        == more_needed(spread(0.13, rows=4e-4, n=100), 0.15, 0.0, 100).rows
    )
    assert of_measure(Measure(0.3, None, 1, note="one"), 0.10, "pair") is None
    few = Measure(0.02, (0.01, 0.03), 3, "seeds")
    assert of_measure(few, 0.10, "procedure") == 3  # six seeds at least


def test_what_skewness_leaves_open_asks_for_more_rows():
    """The upper end lies further out than the lower: Student's t would call these rows enough."""
    rng = np.random.default_rng(0)
    values = 0.1 * rng.exponential(size=60)
    given = crossed_mean(values[None], Units.rows(60))
    half, (low, high) = given.half_width(), given.reach()
    margin = given.value + (half + high) / 2
    assert low == half < high
    more = more_needed(given, margin, 0.0, 60)
    assert more.rows > 0
    curve = {point.true: point for point in power_curve(given, margin, 0.0)}
    error = np.sqrt(given.variance)
    assert curve[0.0].preserved == pytest.approx(norm.cdf((margin - high) / error), abs=1e-5)
    later = given.grown(240, 1)
    assert later.rows == pytest.approx(given.rows / 4)
    assert later.skew == pytest.approx(given.skew / 2)
    assert later.df_rows == pytest.approx(239)


def test_seeds_that_nobody_would_train_are_no_advice():
    near = Measure(0.1490, (0.1290, 0.1690), 8)
    assert of_measure(near, 0.15, "pair") > 1_000
    assert of_measure(near, 0.15, "procedure") is None
    clear = Measure(0.10, (0.04, 0.16), 8)
    assert 0 < of_measure(clear, 0.15, "procedure") <= 100


def test_where_all_values_are_equal_the_interval_narrows_as_one_over_n():
    def fall(clusters):
        units = Units(np.ones(20 * clusters), np.repeat(np.arange(clusters), 20), "clusters")
        found = crossed_mean(np.zeros((1, 20 * clusters)), units)
        return found.measure(bounds=(-1.0, 1.0))

    more = of_measure(fall(30), 0.02, "pair")
    assert more == 20 * (183 - 30)
    assert fall(182).high > 0.02 >= fall(183).high
