import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explainprune.pruning.ranking import as_rows, from_rows, keep_highest, keep_highest_in_rows

# Few distinct values, so that nearly every example has ties.
tied = st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 1.0, np.inf])


def slowly(values, count):
    """Sort by score, then by index, and count."""
    order = sorted(range(len(values)), key=lambda i: (-values[i], i))
    return np.isin(np.arange(len(values)), order[:count])


@given(arrays(np.float64, st.integers(1, 30), elements=tied), st.data())
def test_keep_highest_equals_a_sort(values, data):
    count = data.draw(st.integers(0, len(values)))
    np.testing.assert_array_equal(keep_highest(values, count), slowly(values, count))


@given(arrays(np.float64, st.integers(1, 30), elements=tied), st.data(), st.integers(0, 9))
def test_a_draw_changes_only_who_of_the_tied_stays(values, data, seed):
    count = data.draw(st.integers(0, len(values)))
    drawn = keep_highest(values, count, rng=np.random.default_rng(seed))
    assert drawn.sum() == count
    np.testing.assert_array_equal(
        np.sort(values[drawn]), np.sort(values[keep_highest(values, count)])
    )


def test_the_draw_reaches_every_one_of_the_tied():
    kept = [keep_highest(np.zeros(4), 1, rng=np.random.default_rng(s)) for s in range(40)]
    np.testing.assert_array_equal(np.any(kept, axis=0), np.ones(4, bool))


@given(
    arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 7)), elements=tied), st.data()
)
def test_rows_are_ranked_one_by_one(values, data):
    count = data.draw(st.integers(0, values.shape[1] + 2))
    expected = np.stack([slowly(row, min(count, values.shape[1])) for row in values])
    np.testing.assert_array_equal(keep_highest_in_rows(values, count), expected)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((3, 4), -1), ((3, 3, 2, 5), -1), ((3, 3, 5, 2), 2), ((3, 3, 4, 2), (2, 3)), ((2, 3), 0)],
)
def test_one_row_for_each_unit(shape, axes):
    kernel = np.arange(np.prod(shape)).reshape(shape)
    rows = as_rows(kernel, axes)
    axes = axes if isinstance(axes, tuple) else (axes % len(shape),)
    units = [kernel.shape[a] for a in axes]
    for row, index in zip(rows, np.ndindex(*units), strict=True):
        where = [slice(None)] * kernel.ndim
        for axis, i in zip(axes, index, strict=True):
            where[axis] = i
        np.testing.assert_array_equal(row, kernel[tuple(where)].ravel())
    np.testing.assert_array_equal(from_rows(rows, shape, axes), kernel)


def test_a_partition_not_a_sort():
    values = np.random.default_rng(0).normal(size=266_200)
    start = time.perf_counter()
    kept = keep_highest(values, 26_620)
    # A sort in Python takes a hundred times as long; the bound is loose because machines are busy.
    assert time.perf_counter() - start < 0.1
    assert kept.sum() == 26_620
