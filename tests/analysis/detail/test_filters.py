"""Filters as images: the right weights of the right inputs, at the dense model's places."""

import numpy as np
import pytest

from explainprune.analysis.detail import filters as module
from explainprune.analysis.detail.filters import chosen_tiles, drawn_filters, room_for
from explainprune.analysis.detail.wiring import INPUTS, wiring


def stack(units, first=3, transposed=False):
    """An image of two channels, two convolutions, a head; seeded weights."""
    from keras_cases import layers, randomised, sequential

    kind = layers.Conv2DTranspose if transposed else layers.Conv2D
    stack = [
        layers.Conv2D(first, (3, 2), name="a"),
        kind(units, 2, name="b"),
        layers.Conv2D(2, 1, name="one"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(2, name="out"),
    ]
    return randomised(sequential((6, 6, 2), *stack), scale=1)


def everywhere(units):
    return {path: np.arange(count) for path, count in units.items()}


@pytest.mark.parametrize("transposed", [False, True])
def test_images_are_the_kernels_weights(transposed):
    model = stack(4, transposed=transposed)
    plan = wiring(model, np.arange(72))
    assert list(plan.filters) == ["a", "b"]  # a kernel of one place is no image
    units = {INPUTS: 2, **plan.units}
    shown = {"a": np.array([1]), "b": np.array([0, 3])}
    tiles = chosen_tiles(plan.filters, shown)
    labels = {INPUTS: ("red", "blue")}
    first, second = drawn_filters(plan.filters, tiles, units, everywhere(units), labels)
    assert (first.layer, first.shape, first.filters, first.inputs) == ("a", (3, 2), 3, 2)
    assert (first.unit, first.source) == ((1, 1), ("red", "blue"))
    kernel = model.get_layer("a").kernel.numpy()
    for channel, image in enumerate(first.values):
        np.testing.assert_allclose(image, kernel[:, :, channel, 1].ravel(), rtol=1e-3)
    kernel = model.get_layer("b").kernel.numpy()
    kernel = np.swapaxes(kernel, 2, 3) if transposed else kernel
    assert second.unit == (0, 0, 0, 3, 3, 3) and second.source[:3] == ("a 0", "a 1", "a 2")
    for place, image in enumerate(second.values):
        expected = kernel[:, :, place % 3, second.unit[place]].ravel()
        np.testing.assert_allclose(image, expected, rtol=1e-3)


def test_the_inputs_that_weigh_most_are_shown(monkeypatch):
    monkeypatch.setattr(module, "MOST_INPUTS", 2)
    plan = wiring(stack(4), np.arange(72))
    size = np.abs(plan.filters["b"].kernel).sum(axis=(2, 3))
    tiles = chosen_tiles(plan.filters, {"a": np.array([0]), "b": np.arange(4)})
    for unit in range(4):
        found = {source for at, (_, source) in tiles["b"] if at == unit}
        assert found == set(np.argsort(-size[:, unit])[:2])
    monkeypatch.setattr(module, "MOST_VALUES", 3 * 2 * 2 * 5)
    assert room_for(plan.filters["a"]) == 5


def test_a_smaller_models_filters_stand_at_their_old_places():
    """Of the first layer filters 0 and 2 are left, of the second 1 and 3, in another order."""
    dense, smaller = stack(4), stack(2, first=2)
    plans = [wiring(model, np.arange(72)) for model in (dense, smaller)]
    units = {INPUTS: 2, **plans[0].units}
    at = everywhere(units) | {"a": np.array([0, -1, 1]), "b": np.array([-1, 1, -1, 0])}
    shown = {"a": np.arange(3), "b": np.array([1, 2])}
    tiles = chosen_tiles(plans[0].filters, shown)
    first, second = drawn_filters(plans[1].filters, tiles, units, at, {})
    kernel = smaller.get_layer("a").kernel.numpy()
    assert [bool(image) for image in first.values] == [True, True, False, False, True, True]
    np.testing.assert_allclose(first.values[5], kernel[:, :, 1, 1].ravel(), rtol=1e-3)
    kernel = smaller.get_layer("b").kernel.numpy()
    kept = {f"a {old}": new for old, new in ((0, 0), (2, 1))}
    for unit, source, image in zip(second.unit, second.source, second.values, strict=True):
        if unit == 2 or source not in kept:
            assert image == ()
        else:
            np.testing.assert_allclose(image, kernel[:, :, kept[source], 1].ravel(), rtol=1e-3)


def test_filters_over_steps_are_one_row_high():
    from explainprune.network.backend import keras

    model = keras.Sequential(
        [
            keras.Input((9, 2)),
            keras.layers.Conv1D(3, 4, name="a"),
            keras.layers.Flatten(),
            keras.layers.Dense(2, name="out"),
        ]
    )
    plan = wiring(model, np.arange(18))
    tiles = chosen_tiles(plan.filters, {"a": np.array([2])})
    units = {INPUTS: 2, **plan.units}
    (found,) = drawn_filters(plan.filters, tiles, units, everywhere(units), {})
    assert found.shape == (1, 4)
    kernel = model.get_layer("a").kernel.numpy()
    np.testing.assert_allclose(found.values[1], kernel[:, 1, 2], rtol=1e-3)


def test_a_masked_filter_is_as_gone_as_one_that_is_cut_out():
    model = stack(4)
    plan = wiring(model, np.arange(72))
    units = {INPUTS: 2, **plan.units}
    tiles = chosen_tiles(plan.filters, {"a": np.arange(3), "b": np.array([0])})
    plan.filters["a"].kernel[:, 1] = 0
    first, _ = drawn_filters(plan.filters, tiles, units, everywhere(units), {})
    assert [bool(image) for image in first.values] == [True, True, False, False, True, True]
