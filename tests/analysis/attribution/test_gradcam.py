"""Grad-CAM against its definition, by loops and central differences, and what it refuses."""

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.gradcam import upsampled
from explainprune.network import FormulaNetwork
from explainprune.network.backend import keras, tf

L = keras.layers


def explain(model, x, method="gradcam", **options):
    background = np.zeros((1, *x.shape[1:]))
    return attribute(model, x, background=background, method=method, **options)


@pytest.fixture(scope="module")
def model():
    """Two convolutions, normalised and bent by layers of their own."""
    keras.utils.set_random_seed(3)
    made = sequential(
        (6, 6, 2),
        L.Conv2D(3, 2, activation="relu", name="early"),
        L.Conv2D(4, 2, name="late"),
        L.BatchNormalization(name="norm"),
        L.ReLU(name="bent"),
        L.Flatten(),
        L.Dense(5, "tanh"),
        L.Dense(3, "softmax", name="last"),
    )
    rng = np.random.default_rng(0)
    made.get_layer("norm").set_weights([*rng.normal(size=(3, 4)), np.array([1, 2, 0.5, 1])])
    return made


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(1).normal(size=(3, 6, 6, 2)).astype(np.float32)


def stretched_by_loops(heat, sizes):
    """Look each new cell's middle up between the middles of the old ones, one cell at a time."""
    heat = np.asarray(heat, dtype=float)
    found = np.zeros(sizes)
    for index in np.ndindex(*sizes):
        value = 0.0
        for corner in np.ndindex(*(2,) * len(sizes)):
            weight, at = 1.0, []
            for i, size, old, side in zip(index, sizes, heat.shape, corner, strict=True):
                place = min(max((i + 0.5) * old / size - 0.5, 0), old - 1)
                low = int(np.floor(place))
                weight *= (place - low) if side else 1 - (place - low)
                at.append(min(low + side, old - 1))
            value += weight * heat[tuple(at)]
        found[index] = value
    return found


def by_definition(model, row, layer, target):
    """Differentiate the logit by each number of the layer's output, one at a time."""
    below = keras.Model(model.inputs[0], model.get_layer(layer).output)
    maps = np.asarray(below(row[None]))[0].astype(float)
    later = model.layers[model.layers.index(model.get_layer(layer)) + 1 :]

    def logit(values):
        values = tf.constant(values, tf.float32)
        for each in later[:-1]:
            values = each(values, training=False) if each.name == "norm" else each(values)
        kernel, bias = later[-1].get_weights()
        return (np.asarray(values).astype(float) @ kernel + bias)[:, target]

    grads = np.zeros(maps.shape)
    for at in np.ndindex(*maps.shape):
        moved = np.repeat(maps[None], 2, axis=0)
        moved[(0, *at)] += 1e-3
        moved[(1, *at)] -= 1e-3
        up, down = logit(moved)
        grads[at] = (up - down) / 2e-3
    heat = np.zeros(maps.shape[:2])
    for channel in range(maps.shape[2]):
        heat += grads[..., channel].mean() * maps[..., channel]
    return stretched_by_loops(np.maximum(heat, 0), (6, 6))


@pytest.mark.parametrize(
    ("layer", "read"), [(None, "bent"), ("early", "early"), ("late", "late"), ("norm", "norm")]
)
def test_maps_are_those_of_the_definition(layer, read, model, x):
    found = explain(model, x, layer=layer, target=[0, 1, 2])
    for number in range(3):
        expected = by_definition(model, x[number], read, number)
        values = found.values[number]
        np.testing.assert_array_equal(values[..., 0], values[..., 1])
        np.testing.assert_allclose(values.sum(axis=-1), expected, atol=2e-3 * expected.max() + 1e-5)
    assert found.options["layer"] == (layer or "late")


def test_all_outputs_are_the_outputs_one_by_one(model, x):
    every = explain(model, x, target="all")
    small = explain(model, x, target="all", batch_size=2)
    for output in range(3):
        one = explain(model, x, target=output)
        np.testing.assert_allclose(every.values[..., output], one.values, atol=1e-6)
    np.testing.assert_allclose(every.values, small.values, atol=1e-6)


def test_stretching_is_tensorflows_and_that_of_the_loops():
    maps = np.random.default_rng(0).normal(size=(2, 3, 4))
    ours = upsampled(maps, (7, 9))
    theirs = np.asarray(tf.image.resize(maps[..., None], (7, 9)))[..., 0]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_allclose(ours[0], stretched_by_loops(maps[0], (7, 9)), atol=1e-12)
    np.testing.assert_array_equal(upsampled(maps[:, :1, :1], (2, 2))[:, 1, 1], maps[:, 0, 0])


def test_a_map_is_warm_where_the_model_looks():
    model = sequential((8, 8, 1), L.Conv2D(1, 1, name="same"), L.GlobalAveragePooling2D())
    model.get_layer("same").set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    x = np.zeros((1, 8, 8, 1))
    x[0, 2, 5] = 3.0
    heat = explain(model, x).values[0, :, :, 0]
    expected = np.zeros((8, 8))
    expected[2, 5] = 3 / 64
    np.testing.assert_allclose(heat, expected, atol=1e-9)


def test_guided_gradcam_is_the_product(model, x):
    where = explain(model, x, target=1).values.sum(axis=-1, keepdims=True) / 2
    what = explain(model, x, "guided_backprop", target=1).values
    both = explain(model, x, "guided_gradcam", target=1)
    np.testing.assert_allclose(both.values, where * what, atol=1e-7)
    assert both.options["layer"] == "late"


@pytest.mark.parametrize("axes", [1, 3])
def test_sequences_and_volumes(axes):
    keras.utils.set_random_seed(0)
    kind = {1: L.Conv1D, 3: L.Conv3D}[axes]
    shape = (6,) * axes
    model = sequential((*shape, 1), kind(2, 3, activation="relu"), L.Flatten(), L.Dense(1))
    for weight in model.weights:
        weight.assign(np.abs(weight.numpy()))
    found = explain(model, np.random.default_rng(0).normal(size=(2, *shape, 1)))
    assert found.values.shape == (2, *shape, 1)
    assert found.values.min() >= 0
    assert found.values.max() > 0


def test_layers_of_nested_models_have_paths():
    keras.utils.set_random_seed(0)
    inner = keras.Sequential([L.Input((5, 5, 1)), L.Conv2D(2, 2, name="conv")], name="inner")
    model = sequential((5, 5, 1), inner, L.ReLU(), L.Flatten(), L.Dense(2))
    found = explain(model, np.ones((1, 5, 5, 1)))
    assert found.options["layer"] == "inner/conv"


def test_what_is_refused(model, x):
    flat = sequential((4,), L.Dense(3), L.Dense(2))
    with pytest.raises(ValueError, match=r"gradcam needs a convolution, .* \(its layers: Dense\)"):
        explain(flat, np.ones((1, 4)))
    with pytest.raises(ValueError, match=r"places and channels 'lat'. Did you mean 'late'\?"):
        explain(model, x, layer="lat")
    with pytest.raises(ValueError, match="Unknown layer with places and channels 'last'"):
        explain(model, x, layer="last")
    with pytest.raises(ValueError, match=r"gradcam reads the .* Received: a FormulaNetwork"):
        explain(FormulaNetwork(lambda x: x[:, 0], 2), np.ones((1, 2)))
    reshaped = sequential((36,), L.Reshape((6, 6, 1)), L.Conv2D(2, 2), L.Flatten(), L.Dense(2))
    with pytest.raises(ValueError, match="gradcam needs rows with places"):
        explain(reshaped, np.ones((1, 36)))
    lines = sequential((6, 6, 1), L.Reshape((36, 1)), L.Conv1D(2, 2), L.Flatten(), L.Dense(2))
    with pytest.raises(ValueError, match="have 1 axes of places, the model's input 2"):
        explain(lines, np.ones((1, 6, 6, 1)))
