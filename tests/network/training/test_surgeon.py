import numpy as np
import pytest

from explainprune.network.training.surgeon import swept

RNG = np.random.default_rng(4)
A = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6))
H = A.T @ A + 0.1 * np.eye(6)
W = RNG.normal(size=(6, 3))


def one_by_one(weights, hessian, kept):
    """The definition: invert what is left of the Hessian at every row, unit by unit."""
    left = weights.copy()
    for unit in range(weights.shape[1]):
        for row in range(len(weights)):
            inverse = np.linalg.inv(hessian[row:, row:])
            if not kept[row, unit]:
                left[row:, unit] -= left[row, unit] / inverse[0, 0] * inverse[0]
                left[row, unit] = 0
    return left


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_the_sweep_by_its_definition(share):
    kept = RNG.random(W.shape) > share
    found = swept(W, H, kept)
    np.testing.assert_allclose(found, one_by_one(W, H, kept), atol=1e-10)
    assert (found[~kept] == 0).all()


def rises(weights):
    """What the error rises by from its minimum W."""
    moved = weights - W
    return np.einsum("ju,jk,ku->u", moved, H, moved)


@pytest.mark.parametrize("rows", [[0], [0, 1, 2]])
def test_first_rows_removed_leave_the_exact_minimum(rows):
    kept = np.ones(W.shape, bool)
    kept[rows] = False
    found = swept(W, H, kept)
    rest = [row for row in range(6) if row not in rows]
    expected = np.linalg.solve(H[np.ix_(rest, rest)], (H @ W)[rest])
    np.testing.assert_allclose(found[rest], expected, atol=1e-10)
    zeroed = np.where(kept, W, 0)
    assert (rises(found) < rises(zeroed)).all()
    if rows == [0]:
        np.testing.assert_allclose(rises(found), W[0] ** 2 / np.linalg.inv(H)[0, 0])


def test_a_row_above_cannot_make_up_for_one_below():
    kept = np.ones(W.shape, bool)
    kept[5] = False
    np.testing.assert_array_equal(swept(W, H, kept), np.where(kept, W, 0))


def test_nothing_to_remove_and_arrays_left_alone():
    before = W.copy()
    np.testing.assert_array_equal(swept(W, H, np.ones(W.shape, bool)), W)
    swept(W, H, np.zeros(W.shape, bool))
    np.testing.assert_array_equal(W, before)
