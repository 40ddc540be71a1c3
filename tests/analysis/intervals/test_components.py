"""Components of variance: one mean square exactly, several by how often they hold the truth."""

import math

import numpy as np
import pytest
from scipy.stats import chi2

from explainprune.analysis.intervals.components import MeanSquare, deviation


def test_a_single_mean_square_has_its_chi_square_interval():
    found = deviation([(0.5, MeanSquare(3.0, 9))], 10)
    assert found.value == pytest.approx(math.sqrt(1.5))
    low, high = (math.sqrt(0.5 * 3.0 * 9 / chi2.ppf(p, 9)) for p in (0.975, 0.025))
    assert found.interval == pytest.approx((low, high))


def test_what_is_known_adds_no_width_and_a_difference_below_zero_is_zero():
    found = deviation([(1.0, MeanSquare(3.0, 9)), (-1.0, MeanSquare(2.0))], 10)
    alone = deviation([(1.0, MeanSquare(3.0, 9))], 10)
    assert found.value == pytest.approx(1.0)
    assert found.interval == pytest.approx([math.sqrt(max(e**2 - 2, 0)) for e in alone.interval])
    below = deviation([(1.0, MeanSquare(1.0, 9)), (-1.0, MeanSquare(2.0))], 10)
    assert below.value == 0.0 and below.interval[0] == 0.0 < below.interval[1]
    assert below.note.endswith("the estimate of the variance is below 0")


def test_the_upper_end_of_what_is_taken_off_is_the_lower_end_of_the_rest():
    found = deviation([(1.0, MeanSquare(9.0)), (-1.0, MeanSquare(2.0, 9))], 10)
    ends = (math.sqrt(9.0 - 2.0 * 9 / chi2.ppf(p, 9)) for p in (0.025, 0.975))
    assert found.interval == pytest.approx(tuple(ends))


@pytest.mark.parametrize("freedoms", [(7, 8), (7, 40), (19, 8)])
@pytest.mark.parametrize("truths", [(4.0, 1.0), (1.5, 1.0)])
def test_differences_hold_the_truth_as_often_as_they_say(freedoms, truths):
    rng = np.random.default_rng(0)
    trials = 2000
    held = 0
    wanted = math.sqrt(truths[0] - truths[1])
    for _ in range(trials):
        terms = [
            (sign, MeanSquare(truth * rng.chisquare(df) / df, df))
            for sign, truth, df in zip((1, -1), truths, freedoms, strict=True)
        ]
        low, high = deviation(terms, 8).interval
        held += low <= wanted <= high
    # Within four standard errors of .95, and wider by what the missing cross terms cost.
    assert 0.93 < held / trials < 0.99
