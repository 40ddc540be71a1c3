"""What a probe says, against models that were really changed."""

import numpy as np
import pytest
from keras_cases import subclassed

from explainprune.network.backend import keras, tf
from explainprune.network.statistics.probing import probes
from explainprune.network.variables import weights_of

L = keras.layers
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def images(end=None):
    keras.utils.set_random_seed(5)
    x = keras.Input((6, 6, 2))
    h = L.Conv2D(4, 3, name="conv", bias_initializer="random_normal")(x)
    h = L.ReLU(name="bend")(L.BatchNormalization()(h))
    h = L.GlobalAveragePooling2D(name="mean")(h)
    skip = L.Dense(5, name="skip")(L.Flatten()(x))
    h = L.Add()([L.Dense(5, activation="tanh", name="hidden")(h), skip])
    return keras.Model(x, L.Dense(3, activation=end, name="last")(h))


def rows(n=7, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 6, 6, 2)).astype(np.float32), rng.integers(3, size=n)


def behind(model, name):
    """Cut a model behind a layer: the layer's output, and the rest as a function of it."""
    end = {"conv": "bend"}.get(name, name)
    return keras.Model(model.inputs[0], model.get_layer(end).output)


def with_activation(model, name, x, change):
    """Run the model with one layer's activation changed, by hand."""
    held = {layer.name: layer for layer in model.layers}

    def changed(at, values):
        return change(values) if at == name else values

    h = held["bend"](model.layers[2](held["conv"](x), training=False))
    h = held["mean"](changed("conv", h))
    h = changed("hidden", held["hidden"](h)) + changed(
        "skip", held["skip"](tf.reshape(x, (len(x), -1)))
    )
    return held["last"](h)


def test_probes_are_made_of_hidden_layers():
    found = probes(images(), rows()[0])
    assert {path: (p.units, p.rows) for path, p in found.items()} == {
        "conv": (4, 7),
        "hidden": (5, 7),
        "skip": (5, 7),
    }


@pytest.mark.parametrize("end", [None, "softmax"])
@pytest.mark.parametrize("name", ["conv", "hidden", "skip"])
def test_losses_with_units_silenced(name, end):
    model = images(end)
    x, y = rows()
    probe = probes(model, x, y)[name]
    rng = np.random.default_rng(1)
    gates = rng.integers(2, size=(5, probe.units))
    mean = np.asarray(behind(model, name)(x, training=False)).mean(
        axis=tuple(range(4 if name == "conv" else 2))[:-1]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=end is None)
    for fill, value in (("zero", 0 * mean), ("mean", mean)):
        expected = []
        for gate in gates.astype(np.float32):
            fills = (value * (1 - gate)).astype(np.float32)
            outputs = with_activation(model, name, x, lambda a: a * gate + fills)  # noqa: B023
            expected.append(float(loss(y, outputs)))
        np.testing.assert_allclose(probe.losses(gates, fill=fill), expected, rtol=1e-5)


def test_silencing_is_cutting_all_outgoing_weights():
    model = images()
    x, y = rows()
    gates = 1 - np.eye(5)
    found = probes(model, x, y)["hidden"].losses(gates)
    base = float(LOSS(y, model(x, training=False)))
    for unit in range(5):
        cut = images()
        cut.set_weights(model.get_weights())
        kernel, bias = (w.numpy() for w in cut.get_layer("hidden").weights)
        kernel[:, unit], bias[unit] = 0, 0  # tanh(0) = 0
        cut.get_layer("hidden").set_weights([kernel, bias])
        assert found[unit] == pytest.approx(float(LOSS(y, cut(x, training=False))), rel=1e-5)
        assert abs(found[unit] - base) > 1e-4


def test_own_classes_are_those_of_the_whole_model():
    model = images()
    x, _ = rows()
    own = np.asarray(model(x, training=False)).argmax(axis=1)
    gates = np.zeros((1, 4))
    np.testing.assert_allclose(
        probes(model, x)["conv"].losses(gates), probes(model, x, own)["conv"].losses(gates)
    )


def gather(parts):
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


@pytest.mark.parametrize("end", [None, "softmax"])
def test_along_follows_activations_and_slopes_of_the_logit(end):
    model = images(end)
    x, _ = rows(4)
    a, slopes = gather(probes(model, x)["conv"].along(3))
    assert a.shape == slopes.shape == (4, 4, 16, 4)
    raw = images()
    raw.set_weights(model.get_weights())
    best = np.asarray(raw(x, training=False)).argmax(axis=1)
    mean = x.mean(axis=0)
    for row in range(4):
        for step in range(4):
            point = (mean + step / 3 * (x[row] - mean))[None].astype(np.float32)
            here = tf.convert_to_tensor(behind(model, "conv")(point, training=False))
            with tf.GradientTape() as tape:
                tape.watch(here)
                logit = with_activation(raw, "conv", point, lambda _: here)[0, best[row]]  # noqa: B023
            np.testing.assert_allclose(
                a[row, step], here.numpy().reshape(16, 4), rtol=1e-4, atol=1e-6
            )
            np.testing.assert_allclose(
                slopes[row, step],
                tape.gradient(logit, here).numpy().reshape(16, 4),
                rtol=1e-4,
                atol=1e-6,
            )


def test_between_mixes_rows():
    model = images()
    x, _ = rows(5)
    rng = np.random.default_rng(3)
    differences, slopes = gather(probes(model, x)["hidden"].between(5, rng))
    assert differences.shape == slopes.shape == (5, 5, 1, 5)
    a = np.asarray(behind(model, "hidden")(x, training=False), float)
    best = np.asarray(model(x, training=False)).argmax(axis=1)
    kernel = weights_of(model)["last/kernel"]
    for row in range(5):
        # As many draws as rows: each other row comes once.
        got = sorted(map(tuple, (a[row] - differences[row, :, 0]).round(4)))
        assert got == sorted(map(tuple, a.round(4)))
        # Behind this layer all is linear: the slope is the kernel's.
        np.testing.assert_allclose(
            slopes[row, :, 0], np.tile(kernel[:, best[row]], (5, 1)), rtol=1e-5
        )


def test_few_rows_at_a_time_change_nothing():
    from explainprune.network.statistics.probing import Probe

    model = images()
    x, y = rows()
    whole = probes(model, x, y)["conv"]
    small = Probe(whole._model, whole._info, whole._loss, [x], y, memory_bytes=2**15)
    assert small._numbers < 7 * 4
    gates = np.eye(4)
    np.testing.assert_allclose(small.losses(gates), whole.losses(gates), rtol=1e-5)
    for one, other in zip(gather(small.along(3)), gather(whole.along(3)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_what_cannot_be_probed():
    probe = probes(images(), rows()[0])["conv"]
    with pytest.raises(ValueError, match=r"fill is 'zero' or 'mean'. Received: 'median'"):
        probe.losses(np.ones((1, 4)), fill="median")
    words = keras.Input((3,), dtype="int32")
    h = L.Dense(4, name="a")(L.Flatten()(L.Embedding(9, 2)(words)))
    model = keras.Model(words, L.Dense(2)(h))
    with pytest.raises(ValueError, match="no line between inputs of dtype int32"):
        list(probes(model, np.ones((2, 3), int))["a"].along(2))

    net = subclassed((4,), L.Dense(3))
    with pytest.raises(ValueError, match=r"subclassed model cannot be silenced. Received: Own"):
        probes(net, np.ones((1, 4)))
