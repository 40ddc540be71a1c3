"""Fieller's interval of a quotient, by its definition."""

import numpy as np
import pytest

from explainprune.analysis.intervals.quotient import quotient


def test_the_interval_is_all_quotients_that_fit_both_parts():
    """By scanning: u fits if u·w − p is within the half widths of both, added in quadrature."""
    p, a, w, b = 0.3, 0.05, 0.8, 0.1
    value, (low, high) = quotient(p, (p - a, p + a), w, (w - b, w + b))
    u = np.linspace(0, 1, 200_001)
    fits = u[(u * w - p) ** 2 <= a**2 + (u * b) ** 2]
    assert value == p / w
    assert (low, high) == pytest.approx((fits.min(), fits.max()), abs=1e-5)


def test_unequal_half_widths_are_used_on_their_own_side():
    _, (low, high) = quotient(0.3, (0.3, 0.5), 1.0, (1.0, 1.0))
    assert (low, high) == pytest.approx((0.3, 0.5))
    _, (low, high) = quotient(0.3, (0.3, 0.3), 1.0, (1.0, 1.5))
    assert low < 0.25
    assert high == pytest.approx(0.3)
