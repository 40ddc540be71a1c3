"""Copies with random weights: they, not rows, are the unit of their intervals."""

import numpy as np
import pytest
from scipy.stats import t

from explainprune.analysis.comparison.agreements import PerRow, measures, measures_of_copies
from explainprune.analysis.intervals import Units


def turns(means, n=90):
    """Rows deal themselves to copies of given means; within a copy they hardly differ."""
    rows = PerRow.empty(n)
    rng = np.random.default_rng(0)
    for turn, mean in enumerate(means):
        index = np.arange(turn, n, len(means))
        noise = rng.normal(0, 1e-3, len(index))
        rows.add(index, {"cosine": mean + noise - noise.mean()})
    return rows


def test_the_interval_is_students_over_the_means_of_copies():
    means = np.array([0.1, 0.2, 0.4])
    found = measures_of_copies(turns(means), {})["cosine"]
    half = t.ppf(0.975, 2) * means.std(ddof=1) / np.sqrt(3)
    assert (found.n, found.unit) == (3, "copies")
    assert found.value == pytest.approx(means.mean())
    assert found.interval == pytest.approx((means.mean() - half, means.mean() + half))
    over_rows = measures(turns(means), {}, Units.rows(90), seed=0)["cosine"]
    assert over_rows.high - over_rows.low < half / 2


def test_a_copy_without_a_defined_value_is_left_out():
    rows = turns([0.1, 0.2, 0.3])
    rows.add(np.arange(3), {"cosine": np.full(3, np.nan)})
    assert measures_of_copies(rows, {})["cosine"].n == 3
    assert "1 undefined left out" in measures_of_copies(rows, {})["cosine"].note
