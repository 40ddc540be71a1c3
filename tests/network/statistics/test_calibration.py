"""Every statistic again, from single samples and eager gradients."""

import numpy as np
import pytest
from calibration_cases import SPARSE, L, images, mlp, shared, steps

from explainprune.network.backend import keras, tf
from explainprune.network.listing import prunable_layers
from explainprune.network.statistics.calibration import STATISTICS, calibrate
from explainprune.network.variables import variables, weights_of

MODELS = {"mlp": mlp, "images": images, "steps": steps, "shared": shared}


TESTED_AS_CRITERIA = {"hessian_gradient", "relevance", "relevance_epsilon", "synaptic_flow"}


BEHIND = {"second": "bend"}  # where the activation is read, if not behind the layer itself


@pytest.fixture(scope="module", params=MODELS)
def case(request):
    keras.utils.set_random_seed(7)
    model = MODELS[request.param]()
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, *model.input_shape[1:])).astype(np.float32)
    y = rng.integers(3, size=4)
    return model, x, y, calibrate(model, x, y, STATISTICS.keys() - TESTED_AS_CRITERIA)


@pytest.fixture(scope="module")
def gradients(case):
    """Gradients of each sample's loss at every weight: path → (n, *shape)."""
    model, x, y, _ = case
    held = variables(model)
    found = {path: [] for path in held}
    for i in range(len(x)):
        with tf.GradientTape() as tape:
            value = SPARSE(y[i : i + 1], model(x[i : i + 1], training=False))
        slopes = tape.gradient(value, [v.value for v in held.values()])
        for path, slope in zip(held, slopes, strict=True):
            slope = np.zeros(held[path].shape) if slope is None else slope.numpy()
            found[path].append(slope.astype(float))
    return {path: np.array(values) for path, values in found.items()}


def kernels(model):
    """Where each kernel's statistics are: (variable path, key, layer)."""
    for info in prunable_layers(model):
        for path in info.kernels:
            yield path, info.path if path == info.kernel else path, info


def test_kernel_gradients(case, gradients):
    model, *_, found = case
    for path, key, _ in kernels(model):
        expected = gradients[path]
        np.testing.assert_allclose(
            found[key]["kernel_gradient"], expected.mean(axis=0), rtol=1e-4, atol=1e-7
        )
        np.testing.assert_allclose(
            found[key]["kernel_gradient_squared"], (expected**2).mean(axis=0), rtol=2e-4, atol=1e-9
        )


def test_bias_and_scale_gradients(case, gradients):
    model, *_, found = case
    for info in prunable_layers(model):
        if info.bias:
            np.testing.assert_allclose(
                found[info.path]["bias_gradient"],
                gradients[info.bias].mean(axis=0),
                rtol=1e-4,
                atol=1e-7,
            )
    if "norm" in [layer.name for layer in model.layers]:
        np.testing.assert_allclose(
            found["second"]["scale_gradient"], gradients["norm/gamma"].mean(axis=0), rtol=1e-4
        )
        np.testing.assert_array_equal(found["second"]["scale"], weights_of(model)["norm/gamma"])
        assert "scale" not in found["first"] and "scale_gradient" not in found["last"]


def seen(model, x, name):
    """Return the inputs and activations of a top-level layer: (n, places, channels)."""
    layer = model.get_layer(name)
    end = model.get_layer(BEHIND.get(name, name))
    given, made = keras.Model(model.input, [layer.input, end.output])(x, training=False)
    return [np.asarray(a, float).reshape(len(x), -1, a.shape[-1]) for a in (given, made)]


def plain(model):
    """Layers called once at the top level, with their units laid out on the last axis."""
    return [
        info.path
        for info in prunable_layers(model)
        if "/" not in info.path and info.calls == 1 and not info.kind.startswith("Depthwise")
    ]


def test_activations(case):
    model, x, _, found = case
    for name in plain(model):
        _, made = seen(model, x, name)
        flat = made.reshape(-1, made.shape[-1])
        close = {"rtol": 1e-5, "atol": 1e-7}
        np.testing.assert_allclose(found[name]["mean_activation"], flat.mean(axis=0), **close)
        np.testing.assert_allclose(
            found[name]["mean_abs_activation"], abs(flat).mean(axis=0), **close
        )
        np.testing.assert_allclose(found[name]["activation_std"], flat.std(axis=0), rtol=1e-4)
        np.testing.assert_allclose(found[name]["zero_share"], (flat == 0).mean(axis=0), **close)


def test_a_small_spread_about_a_large_mean():
    keras.utils.set_random_seed(3)
    inputs, conv = keras.Input((5, 3)), L.Conv1D(4, 2, name="conv")
    model = keras.Model(inputs, L.Dense(2)(L.Flatten()(conv(inputs))))
    conv.bias.assign([100.0, -100.0, 1.0, 0.0])
    x = np.random.default_rng(1).normal(scale=1e-3, size=(90, 5, 3)).astype(np.float32)
    _, made = seen(model, x, "conv")
    found = calibrate(model, x, None, ["activation_std", "mean_activation"])["conv"]
    flat = made.reshape(-1, 4)
    assert (flat.std(axis=0) < 3e-3).all()
    np.testing.assert_allclose(found["activation_std"], flat.std(axis=0), rtol=1e-4)
    np.testing.assert_allclose(found["mean_activation"][:3], flat.mean(axis=0)[:3], rtol=1e-6)


def test_a_depthwise_unit_is_an_input_channel():
    keras.utils.set_random_seed(7)
    model = images()
    x = np.random.default_rng(1).normal(size=(7, 6, 6, 2)).astype(np.float32)
    found = calibrate(model, x, None, ["mean_abs_activation"])["deep"]
    _, made = seen(model, x, "deep")
    of_unit = made.reshape(7, -1, 4, 2)
    np.testing.assert_allclose(
        found["mean_abs_activation"], abs(of_unit).mean(axis=(0, 1, 3)), rtol=1e-5
    )


def test_gradients_at_activations(case):
    model, x, y, found = case
    for name in plain(model):
        end = model.get_layer(BEHIND.get(name, name))
        head = keras.Model(model.input, end.output)
        at_end = end.output is model.output
        tail = L.Identity() if at_end else keras.Model(end.output, model.output)
        slopes, products = [], []
        for i in range(len(x)):
            with tf.GradientTape() as tape:
                a = tf.convert_to_tensor(head(x[i : i + 1], training=False))
                tape.watch(a)
                value = SPARSE(y[i : i + 1], tail(a, training=False))
            g = tape.gradient(value, a).numpy().reshape(-1, a.shape[-1])
            slopes.append(abs(g).mean(axis=0))
            products.append(abs((a.numpy().reshape(g.shape) * g).sum(axis=0)))
        close = {"rtol": 1e-4, "atol": 1e-7}
        got = found[name]
        np.testing.assert_allclose(
            got["mean_abs_activation_gradient"], np.mean(slopes, axis=0), **close
        )
        np.testing.assert_allclose(got["mean_abs_contribution"], np.mean(products, axis=0), **close)


def test_input_norms_lie_beside_the_kernel(case):
    """‖x‖ of the feature each weight reads: from one weight at a time, over all places."""
    model, x, _, found = case
    for path, key, info in kernels(model):
        if info.calls != 1 or "/" in info.path or path.endswith("pointwise_kernel"):
            continue
        given, _ = seen(model, x, info.path)
        norms = np.sqrt((given**2).sum(axis=1).mean(axis=0))
        kernel = weights_of(model)[path]
        beside = np.broadcast_to(found[key]["input_norm"], kernel.shape)
        for index in np.ndindex(kernel.shape):
            channel = index[-2]
            if info.kind.endswith("Transpose"):
                channel = index[-1]
            elif info.path == "grouped":  # the second two outputs read the second two inputs
                channel = index[-2] + 2 * (index[-1] // 2)
            assert beside[index] == pytest.approx(norms[channel], rel=1e-5)


def test_weights_axes_and_biases(case):
    model, *_, found = case
    held = weights_of(model)
    for path, key, info in kernels(model):
        entry = found[key]
        np.testing.assert_array_equal(entry["kernel"], held[path])
        assert entry["units"] == held[path].shape[entry["unit_axis"]]
        if path == info.kernel:
            assert entry["unit_axis"] == info.unit_axis
            expected = held[info.bias] if info.bias else np.zeros(info.units)
            np.testing.assert_array_equal(entry["bias"], expected)
