"""Moved weight: from its definition, on formulas, and where it must be 0, ½ and 1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainprune.analysis.metrics import METRICS
from explainprune.analysis.metrics.agreement.moved_weight import moved_weight


def slowly(a, b):
    """½ Σ |a/‖a‖₁ − b/‖b‖₁|, one row and one feature at a time."""
    found = []
    limits = [1e-6 * np.mean([sum(abs(v) for v in row) for row in values]) for values in (a, b)]
    for x, y in zip(a, b, strict=True):
        sizes = sum(abs(v) for v in x), sum(abs(v) for v in y)
        dead = sizes[0] < limits[0] or sizes[0] == 0, sizes[1] < limits[1] or sizes[1] == 0
        if all(dead):
            found.append(np.nan)
        elif any(dead):
            found.append(1.0)
        else:
            found.append(
                sum(abs(u / sizes[0] - v / sizes[1]) for u, v in zip(x, y, strict=True)) / 2
            )
    return np.array(found)


def test_equal_to_its_slow_twin():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50, 7))
    a[:5], b[3:8] = 0, 0
    a[10] *= 1e-9
    np.testing.assert_allclose(moved_weight(a, b), slowly(a, b), atol=1e-14)
    assert np.isnan(moved_weight(a, b)[3:5]).all()
    assert (moved_weight(a, b)[[0, 5, 10]] == 1).all()


@pytest.mark.parametrize(
    ("a", "b", "moved"),
    [
        ([1, 2, 3], [10, 20, 30], 0.0),  # the scale of either side is nothing
        ([1, 0], [0, 1], 1.0),  # nothing in common, with two features as with many
        ([1, 1], [1, -1], 0.5),  # one of two turned round
        ([1, -1], [-1, 1], 1.0),  # all turned round
        ([4, 0], [3, 1], 0.25),
    ],
)
def test_built_cases(a, b, moved):
    assert moved_weight([a], [b])[0] == pytest.approx(moved)


def test_closed_form_of_linear_networks(linear):
    """φ = w (x − b̄): far from the background, the shares are those of w."""
    from explainprune.analysis.attribution import attribute

    u, v = np.array([4.0, 3.0, 2.0, 1.0]), np.array([4.0, 3.0, -2.0, 1.0])
    x = np.ones((3, 4))
    a, b = (
        attribute(linear(w), x, background=np.zeros(4), method="permutation").values for w in (u, v)
    )
    assert moved_weight(a, b) == pytest.approx(2 / 10)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 9), st.floats(1e-8, 1e8))
def test_symmetric_bounded_and_blind_to_scale(seed, d, gain):
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=(3, 4, d))
    found = moved_weight(a, b)
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found, moved_weight(b, a), atol=1e-12)
    np.testing.assert_allclose(found, moved_weight(gain * a, b), atol=1e-9)
    assert (moved_weight(a, c) <= found + moved_weight(b, c) + 1e-12).all()


def test_what_rounding_leaves_is_no_reason():
    """Two dead rows of float32 residue have nothing to compare, whatever its pattern."""
    a, b = np.ones((2, 10, 3))
    a[0], b[0] = [1e-8, 0, 0], [0, 1e-8, 0]
    assert np.isnan(moved_weight(a, b)[0])
    assert METRICS["moved_weight"] is moved_weight
