"""What changed once a mere change of scale is set aside."""

import numpy as np
import pytest

from explainprune.analysis.comparison.scores import change_rows, scale_between
from explainprune.analysis.detail.features import feature_rows, shares

RNG = np.random.default_rng(5)
DENSE = RNG.normal(size=(60, 3)) * [3, 1, 1]
OUTPUTS = RNG.normal(size=(60, 4))
NAMES = ("a", "b", "c")


@pytest.mark.parametrize("beta", [0.25, 3.0])
def test_a_temperature_and_biases_are_no_change(beta):
    fit = scale_between(OUTPUTS, beta * OUTPUTS + np.arange(4))
    assert (fit.beta, fit.r2) == pytest.approx((beta, 1))
    assert change_rows(DENSE, beta * DENSE, fit.beta).max() < 1e-12
    rows = feature_rows(DENSE, beta * DENSE, NAMES, seed=0, beta=fit.beta)
    assert max(row.change for row in rows) < 1e-12


def test_the_change_is_what_beta_leaves():
    other = 2 * DENSE + [0.0, 0.5, 0.0]
    rows = feature_rows(DENSE, other, NAMES, seed=0, beta=2.0)
    whole = sum(abs(v) for row in other.tolist() for v in row)
    for column, row in enumerate(rows):
        pairs = zip(other[:, column], DENSE[:, column], strict=True)
        assert row.change == pytest.approx(sum(abs(o - 2 * d) for o, d in pairs) / whole, abs=1e-12)
        assert row.change_interval[0] <= row.change <= row.change_interval[1]
    assert rows[1].change_interval[0] < rows[1].change < rows[1].change_interval[1]
    by_hand = [0.5 / sum(map(abs, row)) for row in other.tolist()]
    np.testing.assert_allclose(change_rows(DENSE, other, 2.0), by_hand)


def test_intervals_of_a_ratio_draw_both_sums_together():
    size = RNG.exponential(size=(60, 1))
    whole, (low, high) = shares(0.5 * size, 1, of=size)
    assert (whole[0], low[0], high[0]) == pytest.approx((0.5, 0.5, 0.5))


def test_no_scale_no_change():
    assert scale_between(np.ones((60, 4)), OUTPUTS) is None
    assert np.isnan(change_rows(DENSE, 0 * DENSE, 1.0)).all()
    assert feature_rows(DENSE, DENSE, NAMES, seed=0)[0].change is None
