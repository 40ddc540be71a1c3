"""SSIM against its definition, window by window, and cases that must be 1, 0 or −1."""

import numpy as np
import pytest

from explainprune.analysis import compare
from explainprune.analysis.metrics import METRICS
from explainprune.data import load_data
from explainprune.network import FormulaNetwork

ssim = METRICS["ssim"]


def slow(a, b, size):
    """One window after the other, variances of a sample."""
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    c1, c2, found = 0.02**2, 0.06**2, []
    for i in range(a.shape[0] - size + 1):
        for j in range(a.shape[1] - size + 1):
            u, v = (m[i : i + size, j : j + size].ravel() for m in (a, b))
            cov = np.cov(u, v)
            top = (2 * u.mean() * v.mean() + c1) * (2 * cov[0, 1] + c2)
            found.append(top / ((u.mean() ** 2 + v.mean() ** 2 + c1) * (np.trace(cov) + c2)))
    return np.mean(found)


@pytest.mark.parametrize(
    ("shape", "size"), [((8, 8), 7), ((12, 9), 7), ((5, 6), 5), ((28, 28, 3), 7), ((4, 9), 3)]
)
def test_it_is_the_mean_over_windows(shape, size):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, int(np.prod(shape))))
    b = a + 0.7 * b
    found = ssim(a, b, image_shape=shape)
    maps = [v.reshape(3, *shape[:2], -1).sum(axis=3) for v in (a, b)]
    expected = [slow(x, y, size) for x, y in zip(*maps, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert 0.05 < found.min() < 0.95


def test_equal_maps_give_one_whatever_their_scale_and_opposite_ones_nearly_minus_one():
    # Every window holds a whole wave, so that means are 0 and only structure counts.
    board = np.tile(np.cos(2 * np.pi * np.arange(14) / 7), (14, 1)).reshape(1, -1)
    np.testing.assert_allclose(ssim(board, 1e6 * board, image_shape=(14, 14)), 1.0)
    assert ssim(board, -board, image_shape=(14, 14))[0] == pytest.approx(-1, abs=0.01)


def test_unrelated_noise_has_no_structure_in_common():
    a, b = np.random.default_rng(1).normal(size=(2, 40, 32 * 32))
    assert abs(ssim(a, b, image_shape=(32, 32)).mean()) < 0.02


def test_an_empty_map_is_undefined_and_other_shapes_are_refused():
    a = np.random.default_rng(2).normal(size=(2, 64))
    a[1] = 0
    found = ssim(a, a, image_shape=(8, 8))
    assert found[0] == 1
    assert np.isnan(found[1])
    with pytest.raises(ValueError, match=r"of 64 values in all. Received: image_shape=None"):
        ssim(a, a)
    with pytest.raises(ValueError, match=r"Received: image_shape=\(8, 9\)"):
        ssim(a, a, image_shape=(8, 9))


def test_compare_takes_the_shape_from_the_data():
    read = np.random.default_rng(3).normal(size=(64, 2))
    networks = [
        FormulaNetwork(
            lambda x, w=w: x @ w, 64, lambda x, w=w: np.broadcast_to(w, (len(x), 64)), n_outputs=1
        )
        for w in (read[:, 0], read[:, 0] + 0.3 * read[:, 1])
    ]
    x = np.random.default_rng(4).normal(size=(40, 64))
    options = {"metrics": ["ssim"], "detail": False, "background": 20}
    found = compare(*networks, load_data(x, image_shape=(8, 8)), **options)
    figures = found.comparisons["dense|other"]
    assert 0.5 < figures["ssim"].value < 0.99
    assert figures["ssim"].interval
    assert figures["ssim_beyond_chance"].interval
    with pytest.raises(ValueError, match="'ssim' needs the shape of images"):
        compare(*networks, x, **options)
