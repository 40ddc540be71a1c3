"""ROAD: its imputation by a dense system, and answers that must be kept or lost."""

import numpy as np
import pytest

from explainprune.analysis.metrics import METRICS
from explainprune.analysis.metrics.quality.road import imputed
from explainprune.network import FormulaNetwork

road = METRICS["road"]


def slow(image, removed):
    """One image (height, width): every removed pixel is its neighbours' weighted mean."""
    height, width = image.shape
    system, known = np.eye(height * width), image.ravel().copy()
    for pixel in np.flatnonzero(removed.ravel()):
        i, j = divmod(pixel, width)
        system[pixel, pixel], known[pixel] = 0.0, 0.0
        for a in range(max(0, i - 1), min(height, i + 2)):
            for b in range(max(0, j - 1), min(width, j + 2)):
                if (a, b) != (i, j):
                    weight = 1 / 6 if a == i or b == j else 1 / 12
                    system[pixel, pixel] += weight
                    system[pixel, a * width + b] -= weight
    return np.linalg.solve(system, known).reshape(height, width)


@pytest.mark.parametrize("shape", [(6, 5), (7, 7, 3)])
def test_removed_pixels_are_the_weighted_mean_of_their_neighbours(shape):
    rng = np.random.default_rng(0)
    channels = shape[2] if len(shape) > 2 else 1
    images = rng.normal(size=(9, shape[0] * shape[1], channels))
    removed = rng.random(images.shape[:2]) < np.linspace(0.05, 0.9, 9)[:, None]
    found = imputed(images, removed, shape)
    for i in range(9):
        for channel in range(channels):
            own = images[i, :, channel].reshape(shape[:2])
            expected = slow(own, removed[i].reshape(shape[:2]))
            np.testing.assert_allclose(found[i, :, channel].reshape(shape[:2]), expected)
    np.testing.assert_array_equal(found[~removed], images[~removed])


def test_planes_are_filled_exactly_and_nothing_removed_changes_nothing():
    i, j = np.mgrid[:8, :8]
    plane = (2.0 * i - 3.0 * j + 1).reshape(1, 64, 1)
    removed = np.zeros((1, 64), bool)
    removed[0, [9, 10, 18, 27, 35, 36]] = True  # inside, where all eight neighbours are
    np.testing.assert_allclose(imputed(plane, removed, (8, 8)), plane, atol=1e-9)
    np.testing.assert_array_equal(imputed(plane, removed & False, (8, 8)), plane)


def spot():
    """Answers class 0 where one pixel is bright."""
    return FormulaNetwork(
        lambda x: np.stack([x[:, 14] - 0.5, 0 * x[:, 0]], axis=1), 36, n_outputs=2
    )


def images():
    x, values = np.zeros((2, 36)), np.zeros((2, 36))
    x[:, 14] = 1.0
    values[0, 14], values[1, 14] = 1.0, -1.0
    return x, values


def test_the_right_pixel_loses_the_answer_at_once_and_the_wrong_order_keeps_it():
    x, values = images()
    found = road(spot(), x, values, np.zeros(2, int), image_shape=(6, 6))
    np.testing.assert_array_equal(found, [0.0, 1.0])
    unanswered = road(spot(), x, -values, np.ones(2, int), image_shape=(6, 6))
    np.testing.assert_array_equal(unanswered, [0.0, 1.0])


def test_shares_are_averaged_and_silence_is_undefined():
    x, values = images()
    values[0] = 0
    found = road(spot(), x, values, np.zeros(2, int), image_shape=(6, 6), shares=(0.5, 0.9))
    assert np.isnan(found[0])
    late = values.copy()
    late[1] = np.arange(36.0)[::-1]
    late[1, 14] = 15.5  # the 21st of 36: kept at one half, gone at nine tenths
    found = road(spot(), x, late, np.zeros(2, int), image_shape=(6, 6), shares=(0.5, 0.9))
    assert found[1] == 0.5


def test_channels_are_removed_together():
    read = np.random.default_rng(1).normal(size=(48, 2))
    network = FormulaNetwork(lambda x: x @ read, 48, n_outputs=2)
    x = np.random.default_rng(2).normal(size=(3, 48))
    values = np.random.default_rng(3).normal(size=(3, 48))
    joined = values.reshape(3, 16, 3).sum(axis=2, keepdims=True)
    spread = np.repeat(joined / 3, 3, axis=2).reshape(3, 48)
    targets = network.outputs(x).argmax(axis=1)
    np.testing.assert_array_equal(
        road(network, x, values, targets, image_shape=(4, 4, 3)),
        road(network, x, spread, targets, image_shape=(4, 4, 3)),
    )


def test_what_does_not_fit_is_refused():
    x, values = images()
    ask = (spot(), x, values, np.zeros(2, int))
    with pytest.raises(ValueError, match=r"of 36 values, .* Received: image_shape=\(6, 7\)"):
        road(*ask, image_shape=(6, 7))
    with pytest.raises(ValueError, match=r"within \(0, 1\). Received: \(0.5, 1.0\)"):
        road(*ask, image_shape=(6, 6), shares=(0.5, 1.0))
    one = FormulaNetwork(lambda x: x[:, 0], 36)
    with pytest.raises(ValueError, match="a network of one output"):
        road(one, *ask[1:], image_shape=(6, 6))
