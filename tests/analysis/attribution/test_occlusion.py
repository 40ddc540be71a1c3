"""Patches that are removed: against loops, closed forms, and what is refused."""

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.occlusion import patch_masks
from explainprune.network import FormulaNetwork

SHAPE = (4, 5)


@pytest.fixture(scope="module")
def network():
    weights = np.random.default_rng(0).normal(size=(20, 2))
    return FormulaNetwork(lambda x: np.tanh(x @ weights) * x[:, :1], 20, n_outputs=2)


def explain(network, x, background, **options):
    return attribute(network, x, background=background, method="occlusion", **options)


def by_loops(network, row, background, shape, patch, stride):
    """Remove one patch after the other; cells and patches one at a time."""
    total, seen = np.zeros((*shape, 2)), np.zeros(shape)
    starts = [
        [s for s in range(0, size, stride) if s == 0 or s - stride + patch < size] for size in shape
    ]
    for top in starts[0]:
        for left in starts[1]:
            cells = [(i, j) for i in range(top, min(top + patch, shape[0]))
                     for j in range(left, min(left + patch, shape[1]))]  # fmt: skip
            kept = np.zeros(2)
            for reference in background:
                mixed = row.reshape(shape).copy()
                for cell in cells:
                    mixed[cell] = reference.reshape(shape)[cell]
                kept += network.outputs(mixed.reshape(1, -1))[0] / len(background)
            loss = network.outputs(row[None])[0] - kept
            for cell in cells:
                total[cell] += loss / len(cells)
                seen[cell] += 1
    return (total / seen[..., None]).reshape(-1, 2)


@pytest.mark.parametrize(("patch", "stride"), [(1, 1), (2, 2), (2, 1), (3, 2), (3, 3), (9, 9)])
def test_patches_against_loops(patch, stride, network):
    rng = np.random.default_rng(1)
    x, background = rng.normal(size=(2, 20)), rng.normal(size=(3, 20))
    found = explain(
        network, x, background, patch=patch, stride=stride, shape=SHAPE, target="all"
    ).values
    for row, values in zip(x, found, strict=True):
        expected = by_loops(network, row, background, SHAPE, patch, stride)
        np.testing.assert_allclose(values, expected, atol=1e-12)


def test_patches_that_do_not_overlap_are_players(network):
    rng = np.random.default_rng(2)
    x, background = rng.normal(size=(2, 20)), rng.normal(size=(3, 20))
    players = np.array([[0, 0, 1, 1, 2], [0, 0, 1, 1, 2], [3, 3, 4, 4, 5], [3, 3, 4, 4, 5]])
    whole = explain(network, x, background, players=players)
    patches = explain(network, x, background, patch=2, shape=SHAPE).values
    for player in range(6):
        own = players.ravel() == player
        np.testing.assert_allclose(patches[:, own].sum(axis=1), whole.values[:, player])


def test_a_linear_network_shares_a_patchs_loss_equally():
    weights = np.arange(1.0, 9.0)
    network = FormulaNetwork(lambda x: x @ weights, 8)
    found = explain(network, np.ones((1, 8)), np.zeros((1, 8)), patch=2, shape=(4, 2))
    np.testing.assert_allclose(found.values, [[2.5] * 4 + [6.5] * 4])


def test_images_of_a_model_bring_their_shape():
    from explainprune.network.backend import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((4, 4, 3)), layers.Conv2D(2, 2), layers.Flatten(), layers.Dense(2)]
    )
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    found = explain(model, x, np.zeros((1, 4, 4, 3)), patch=(2, 3), stride=(2, 1))
    assert found.values.shape == x.shape
    # All channels of a pixel go together.
    np.testing.assert_allclose(found.values[..., 0], found.values[..., 2])
    assert found.options["patch"] == (2, 3)


def test_masks_by_hand():
    line = patch_masks((5,), 2, None).astype(int)
    np.testing.assert_array_equal(line, [[1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]])
    close = patch_masks((4,), 3, 1).astype(int)
    np.testing.assert_array_equal(close, [[1, 1, 1, 0], [0, 1, 1, 1]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patch": 2}, r"occlusion needs rows with places, .* Received: flat rows. Pass shape="),
        ({"patch": 2, "shape": (3, 5)}, r"shape holds sizes whose product is the 20 features"),
        ({"patch": 0, "shape": SHAPE}, r"patch is an integer ≥ 1, .* Received: 0."),
        ({"patch": (2, 2, 2), "shape": SHAPE}, r"one for each axis of a row's shape \(4, 5\)"),
        ({"patch": 2, "stride": 3, "shape": SHAPE}, "stride is at most patch"),
        ({"patch": 2, "stride": 1.5, "shape": SHAPE}, r"stride is an integer ≥ 1"),
        ({"stride": 2}, r"stride= and shape= are those of patches: pass patch= as well."),
        (
            {"patch": 2, "shape": SHAPE, "players": np.arange(20) // 2},
            r"patch= and players= both say .* Received: patch=2 and 10 players of 20 features.",
        ),
    ],
)
def test_what_is_refused(options, message, network):
    with pytest.raises(ValueError, match=message):
        explain(network, np.ones((1, 20)), np.zeros((1, 20)), **options)
