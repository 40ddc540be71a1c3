"""Every statistic again, from single samples and eager gradients."""

import numpy as np
import pytest

from explainprune.network.backend import keras, tf
from explainprune.network.calibration import STATISTICS, calibrate
from explainprune.network.calibration_pass import Pass
from explainprune.network.data_loss import DataLoss
from explainprune.network.layers import prunable_layers
from explainprune.network.taps import Tapped
from explainprune.network.variables import clone, variables, weights_of

L = keras.layers
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def mlp():
    x = keras.Input((5,))
    h = L.Dense(6, activation="relu", name="first", bias_initializer="random_normal")(x)
    h = L.Dense(4, name="second", bias_initializer="random_normal")(h)
    h = L.BatchNormalization(name="norm", gamma_initializer="random_uniform")(h)
    h = L.Dropout(0.5)(L.ReLU(name="bend")(h))
    return keras.Model(x, L.Dense(3, name="last")(h))


def images():
    x = keras.Input((6, 6, 2))
    h = L.Conv2D(4, 3, padding="same", strides=2, activation="relu", name="conv")(x)
    h = L.Conv2D(4, 2, groups=2, name="grouped")(h)
    h = L.DepthwiseConv2D(2, depth_multiplier=2, name="deep", activation="tanh")(h)
    h = L.Conv2DTranspose(3, 2, name="back")(h)
    h = L.SeparableConv2D(3, 2, name="apart", activation="relu")(h)
    return keras.Model(x, L.Dense(3, name="last")(L.Flatten()(h)))


def steps():
    x = keras.Input((5, 3))
    h = L.Conv1D(4, 2, dilation_rate=2, activation="relu", name="conv")(x)
    h = L.Conv1D(4, 2, padding="causal", name="causal")(h)
    h = L.Dense(4, activation="tanh", name="each")(h)
    h = L.GRU(3, name="memory")(h)
    return keras.Model(x, L.Dense(3, name="last")(h))


def shared():
    twice = L.Dense(5, activation="tanh", name="twice")
    x = keras.Input((5,))
    block = keras.Sequential([twice, L.Dense(5, activation="relu", name="in")], name="block")
    return keras.Model(x, L.Dense(3, name="last")(block(block(x))))


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
            found[key]["kernel_gradient_squared"],
            (expected**2).mean(axis=0),
            rtol=2e-4,
            atol=1e-9,
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


def test_a_fused_softmax_is_seen_through():
    keras.utils.set_random_seed(1)
    apart = keras.Sequential([L.Input((4,)), L.Dense(3, name="d"), L.Softmax()])
    fused = keras.Sequential([L.Input((4,)), L.Dense(3, activation="softmax", name="d")])
    raw = keras.Sequential([L.Input((4,)), L.Dense(3, name="d")])
    for model in (fused, raw):
        model.set_weights(apart.get_weights())
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)), rng.integers(3, size=8)
    one, two, three = (calibrate(m, x, y, STATISTICS)["d"] for m in (apart, fused, raw))
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(three[name], values, rtol=1e-4, atol=1e-6)


def test_the_compiled_loss_counts_without_its_penalties():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([L.Input((4,)), L.Dense(2, kernel_regularizer="l1", name="d")])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)).astype(np.float32), rng.normal(size=(8, 2)).astype(np.float32)
    w = model.layers[0].kernel.numpy()
    expected = np.mean([np.outer(row, np.sign(row @ w - t)) / 2 for row, t in zip(x, y)], axis=0)  # noqa: B905
    for loss in (
        "mae",
        keras.losses.MeanAbsoluteError(),
        keras.losses.MeanAbsoluteError(reduction="sum"),
        lambda t, p: keras.ops.mean(keras.ops.abs(t - p), axis=-1),
    ):
        model.compile("sgd", loss)
        found = calibrate(model, x, y, ["kernel_gradient"])
        np.testing.assert_allclose(found["d"]["kernel_gradient"], expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("outputs", "activation", "loss", "label"),
    [
        (3, None, None, lambda p: p.argmax(axis=1)),
        (3, "softmax", None, lambda p: p.argmax(axis=1)),
        (1, "sigmoid", None, lambda p: (p > 0.5).astype(float)),
        (2, "sigmoid", None, lambda p: (p > 0.5).astype(float)),
        (1, None, keras.losses.BinaryCrossentropy(from_logits=True), lambda p: (p > 0).astype(int)),
        (3, "softmax", "categorical_crossentropy", lambda p: np.eye(3)[p.argmax(axis=1)]),
        (3, "softmax", "sparse_categorical_crossentropy", lambda p: p.argmax(axis=1)),
    ],
)
def test_without_labels_the_models_own_class_counts(outputs, activation, loss, label):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([L.Input((4,)), L.Dense(outputs, activation=activation, name="d")])
    if loss is not None:
        model.compile("sgd", loss)
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    own = calibrate(model, x, None, ["kernel_gradient"])["d"]["kernel_gradient"]
    given = calibrate(model, x, label(np.asarray(model(x))), ["kernel_gradient"])["d"]
    np.testing.assert_allclose(own, given["kernel_gradient"], rtol=1e-5)
    assert np.abs(own).max() > 0


def test_chunks_change_nothing():
    model = images()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(11, 6, 6, 2)).astype(np.float32), rng.integers(3, size=11)
    wanted = ["kernel_gradient", "kernel_gradient_squared", "mean_abs_activation"]
    infos = prunable_layers(model)
    results = []
    for memory in (2**28, 60_000):
        copy = clone(model)
        loss = DataLoss(copy, [x], y)
        one = Pass(Tapped(copy), variables(copy), infos, wanted, loss, memory_bytes=memory)
        results.append((one.rows_per_call, one.run([x], y)))
    (many, expected), (few, found) = results
    assert many >= 11 and 1 <= few < 5
    for path, values in expected.items():
        for name in values:
            np.testing.assert_allclose(found[path][name], values[name], rtol=1e-4, atol=1e-7)


def test_a_subclassed_model_has_gradients_only():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = L.Dense(3, activation="tanh"), L.Dense(2)

        def call(self, x):
            return self.two(self.one(x))

    keras.utils.set_random_seed(0)
    model = Net()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4)).astype(np.float32), rng.integers(2, size=6)
    model(x)
    same = keras.Sequential(
        [L.Input((4,)), L.Dense(3, activation="tanh", name="one"), L.Dense(2, name="two")]
    )
    same.set_weights(model.get_weights())
    wanted = ["kernel_gradient", "kernel_gradient_squared", "mean_abs_activation"]
    found, expected = (calibrate(m, x, y, wanted) for m in (model, same))
    for path in ("one", "two"):
        assert set(found[path]) == {"kernel_gradient", "kernel_gradient_squared"}
        for name, values in found[path].items():
            np.testing.assert_allclose(values, expected[path][name], rtol=1e-4, atol=1e-8)


def test_the_model_stays_as_it_was():
    model = mlp()
    model.compile("adam", SPARSE)
    activations = [getattr(layer, "activation", None) for layer in model.layers]
    before = weights_of(model)
    calibrate(model, np.ones((3, 5)), np.array([0, 1, 2]), STATISTICS)
    assert [getattr(layer, "activation", None) for layer in model.layers] == activations
    for path, values in weights_of(model).items():
        np.testing.assert_array_equal(values, before[path])
    assert int(model.optimizer.iterations) == 0


def test_unknown_statistics_are_refused():
    with pytest.raises(ValueError, match=r"'kernel_grad'. Did you mean 'kernel_gradient'"):
        calibrate(mlp(), np.ones((3, 5)), None, ["kernel_grad"])
