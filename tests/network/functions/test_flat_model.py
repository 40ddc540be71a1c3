"""A network as a plain Keras model of flat rows."""

import numpy as np
import pytest

from explainprune.network import as_network
from explainprune.network.backend import keras, tf
from explainprune.network.functions.flat_model import flat_model

L = keras.layers


@pytest.fixture(scope="module")
def model():
    a, b = keras.Input((2, 2), name="a"), keras.Input((3,), name="b")
    out = L.Dense(3, "softmax")(L.Concatenate()([L.Flatten()(a), L.Dense(2, "relu")(b)]))
    return keras.Model([a, b], out)


@pytest.mark.parametrize("kind", ["logit", "centred", "probability"])
def test_it_computes_what_the_network_explains(model, kind):
    network = as_network(model, output=kind)
    x = np.random.default_rng(0).normal(size=(4, 7)).astype("float32")
    flat = flat_model(network, x)
    expected = network.outputs(x)
    np.testing.assert_allclose(flat([x]), expected, atol=1e-6)
    np.testing.assert_allclose(tf.function(flat)([tf.constant(x)]), expected, atol=1e-6)
    np.testing.assert_allclose(flat_model(network, x, 2)([x]), expected[:, 2:], atol=1e-6)
    assert flat.output_shape == (None, 3)
    assert flat_model(network, x, 2).output_shape == (None, 1)


def test_its_gradient_is_the_networks(model):
    network = as_network(model)
    flat = flat_model(network, np.zeros((1, 7)), 1)

    @tf.function
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            out = flat([x])
        return tape.gradient(out, x)

    x = np.random.default_rng(0).normal(size=(4, 7)).astype("float32")
    expected = network.gradients(x, np.full(4, 1))
    np.testing.assert_allclose(slope(tf.constant(x)), expected, atol=1e-6)
