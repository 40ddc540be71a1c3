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


def channelwise(first=3, each=2, kind="depthwise", filters=3):
    """A convolution, one that reads its channels one by one, a head; seeded weights."""
    from explainprune.network.backend import keras

    layers = keras.layers
    middle = {
        "depthwise": lambda: layers.DepthwiseConv2D(2, depth_multiplier=each, name="m"),
        "separable": lambda: layers.SeparableConv2D(filters, 2, depth_multiplier=each, name="m"),
        "grouped": lambda: layers.Conv2D(first * each, 2, groups=first, name="m"),
    }[kind]()
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(first, (3, 2), activation="relu", name="a"),
            middle,
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="out"),
        ]
    )
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def by_channel(model, kind):
    """The kernel of the middle layer (height, width, channels, filters of each)."""
    layer = model.get_layer("m")
    kernel = layer.depthwise_kernel if kind == "separable" else layer.kernel
    kernel = kernel.numpy()
    return kernel.reshape(2, 2, -1, 2) if kind == "grouped" else kernel


@pytest.mark.parametrize("kind", ["depthwise", "separable", "grouped"])
def test_channels_that_are_read_one_by_one_have_filters_of_their_own(kind):
    model = channelwise(kind=kind)
    plan = wiring(model, np.arange(72))
    assert list(plan.filters) == ["a", "m"] and plan.filters["m"].count == 6
    units = {INPUTS: 2, **plan.units, "m": 6}
    tiles = chosen_tiles(plan.filters, {"a": np.array([0]), "m": np.array([1, 4])})
    _, found = drawn_filters(plan.filters, tiles, units, everywhere(units), {})
    assert (found.filters, found.inputs, found.unit) == (6, 3, (1, 4))
    assert found.source == ("a 0", "a 2")
    kernel = by_channel(model, kind)
    for image, (channel, own) in zip(found.values, ((0, 1), (2, 0)), strict=True):
        np.testing.assert_allclose(image, kernel[:, :, channel, own].ravel(), rtol=1e-3)


@pytest.mark.parametrize("kind", ["depthwise", "separable", "grouped"])
def test_a_smaller_models_channels_stand_at_their_old_places(kind):
    """Of the first layer unit 1 is gone, and 2 and 0 have changed places."""
    plans = [wiring(channelwise(first, kind=kind), np.arange(72)) for first in (3, 2)]
    units = {INPUTS: 2, **plans[0].units, "m": 6}
    at = everywhere(units) | {"a": np.array([1, -1, 0])}
    tiles = chosen_tiles(plans[0].filters, {"a": np.arange(3), "m": np.arange(6)})
    _, found = drawn_filters(plans[1].filters, tiles, units, at, {})
    kernel = by_channel(channelwise(2, kind=kind), kind)
    for unit, image in enumerate(found.values):
        place = {0: 1, 2: 0}.get(unit // 2)
        if place is None:
            assert image == ()
        else:
            np.testing.assert_allclose(image, kernel[:, :, place, unit % 2].ravel(), rtol=1e-3)


def test_an_images_own_channels_and_larger_groups():
    """Channels of the input go by their number; groups of several inputs aren't drawn."""
    from explainprune.network.backend import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 4)),
            layers.DepthwiseConv2D(3, name="m"),
            layers.Conv2D(4, 2, groups=2, name="g"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    plan = wiring(model, np.arange(144))
    assert list(plan.filters) == ["m"]
    assert plan.filters["m"].origins == tuple(("", i) for i in range(4))


def test_the_largest_filters_of_channels_and_their_words_are_on_the_page():
    import explainprune as xp
    from explainprune.reporting.views.drawings import filter_panels

    dense = channelwise(8, kind="depthwise")
    layer = dense.get_layer("a")
    kernel, bias = layer.get_weights()
    kernel[..., 3], bias[3] = 0, 0
    other = channelwise(8, kind="depthwise")
    other.get_layer("a").set_weights([kernel, bias])
    x = np.random.default_rng(1).normal(size=(30, 6, 6, 2)).astype("float32")
    smaller = xp.shrink(other)
    data = xp.load_data(x, labels={"channels": {"0": "red"}})
    found = xp.compare(dense, smaller.model, data, kept=smaller.kept, rows=20, backgrounds=2)
    assert found.detail.drawings["dense"].layers[0].labels == ("red", "channel 1")
    panels = filter_panels(list(found.detail.drawings.values())[:2])
    said = panels[1].said
    assert said.startswith("m: 12 of 16 filters, each of one input alone; strongest colour ±")
    drawn = found.detail.drawings["other"].filters[1]
    gone = sum(source == "a 3" for source in drawn.source)
    assert gone and said.endswith(f"; {gone} of 12 images are gone")
