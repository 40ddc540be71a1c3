"""How far one function of two networks can move apart: each rule is the range it states."""

import numpy as np
import pytest

from explainprune.network.scalars.affine import Affine, from_entries
from explainprune.network.scalars.apart import Apart, reads_apart
from explainprune.network.scalars.elements import UnitLayer
from explainprune.network.scalars.functions import MAXIMUM, MINIMUM, relu
from explainprune.network.scalars.walked_back import _lines


def possible(rng, count=400):
    """Intervals of x, y and x − y that some pair of numbers fulfils."""
    x, y = rng.normal(size=(2, count))
    ends = []
    for value in (x, y, x - y):
        below, above = rng.exponential(0.7, size=(2, count)) * (rng.random((2, count)) < 0.8)
        ends.append((value - below, value + above))
    return ends


def corners(a, b, between, cuts=()):
    """All x and y where lines of the intervals cross: a linear function is largest at one."""
    xs, ys, ds = [*a, *cuts], [*b, *cuts], between
    found = [(x, y) for x in xs for y in ys]
    found += [(x, x - d) for x in xs for d in ds] + [(y + d, y) for y in ys for d in ds]
    x, y = np.array(found).T
    inside = (x >= a[0] - 1e-9) & (x <= a[1] + 1e-9) & (y >= b[0] - 1e-9) & (y <= b[1] + 1e-9)
    inside &= (x - y >= between[0] - 1e-9) & (x - y <= between[1] + 1e-9)
    return x[inside], y[inside]


def case(ends, i):
    """The i-th of each interval."""
    return [(low[i], high[i]) for low, high in ends]


def test_the_relu_rule_is_the_range_of_its_difference():
    ends = possible(np.random.default_rng(0))
    low, high = relu().apart(*ends)
    for i in range(len(low)):
        x, y = corners(*case(ends, i), cuts=(0.0,))
        moved = np.maximum(x, 0) - np.maximum(y, 0)
        np.testing.assert_allclose((low[i], high[i]), (moved.min(), moved.max()), atol=1e-8)
    assert ((low < 0) & (high > 0)).sum() > 50 and (low > 0).sum() > 5 and (high < 0).sum() > 5


def test_the_rule_of_a_sum_is_the_range_of_its_term():
    rng = np.random.default_rng(3)
    ends, at = possible(rng), np.zeros(1, int)
    weights = rng.normal(size=(2, len(ends[0][0])))
    weights[1, :100] = 0.0  # pruned
    for i, (w, v) in enumerate(weights.T):
        known = {1: Apart(*((np.array([low]), np.array([high])) for low, high in case(ends, i)))}
        sums = (
            Affine({1: from_entries(at, at, np.array([k]), (1, 1))}, np.zeros(1)) for k in (w, v)
        )
        x, y = corners(*case(ends, i))
        terms = w * x - v * y
        found = np.ravel(reads_apart(*sums, known).between)
        np.testing.assert_allclose(found, (terms.min(), terms.max()), atol=1e-8)


@pytest.mark.parametrize("function", [MAXIMUM, MINIMUM])
def test_an_extreme_moves_no_further_than_what_it_reads(function):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 500, 3))
    d = x - y
    low, high = function.apart((x, x), (y, y), (d - 0.1, d + 0.2))
    moved = function.call(x) - function.call(y)
    assert (low + 0.1 <= moved + 1e-12).all() and (moved <= high - 0.2 + 1e-12).all()


def test_lines_lie_above_and_below_rectifiers():
    rng = np.random.default_rng(5)
    ends = possible(rng)
    count = len(ends[0][0])
    units = UnitLayer("u", (count,), Affine({}, np.zeros(count)), np.arange(count)[:, None], relu())
    lines = _lines(units, Apart(*ends))
    for i in range(count):
        x, y = corners(*case(ends, i), cuts=(0.0,))
        made = np.maximum(x, 0) - np.maximum(y, 0)
        for (by_d, by_y, constant), sign in ((lines.above, 1), (lines.below, -1)):
            line = by_d[i] * (x - y) + by_y[i] * y + constant[i]
            assert (sign * (line - made) >= -1e-8).all()
        for (slope, constant), sign in ((lines.second_above, 1), (lines.second_below, -1)):
            assert (sign * (slope[i] * y + constant[i] - np.maximum(y, 0)) >= -1e-8).all()
