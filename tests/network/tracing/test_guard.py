import warnings

import numpy as np
import pytest
from tensorflow.python.eager import execute
from tensorflow.python.framework import ops

from explainprune.network import untouched_gradients
from explainprune.network.backend import keras, tf

REGISTRY = ops._gradient_registry._registry


def relu_model():
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(1)(keras.layers.Dense(4, activation="relu")(x)))
    model.compile("sgd", "mse")
    return model


def snapshot():
    entries = {name: (entry["type"], entry["location"]) for name, entry in REGISTRY.items()}
    hooks = (execute.record_gradient, execute.must_record_gradient)
    return entries, hooks


def assert_gradients_work():
    """A fresh graph, a tape and a training step, none of them traced before."""
    model = relu_model()
    model.set_weights([np.ones_like(w) for w in model.get_weights()])
    x = tf.ones((2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.function(model)(x)
    np.testing.assert_allclose(tape.gradient(y, x), np.full((2, 3), 4.0))
    before = model.get_weights()
    model.fit(np.ones((8, 3)), np.zeros(8), epochs=1, verbose=0)
    assert not np.allclose(before[0], model.get_weights()[0])


def poison():
    """Do to TensorFlow what a failing shap.DeepExplainer leaves behind, and more."""

    def wrong(*args):
        raise AssertionError("patched gradient called")

    for name in ("Relu", "BiasAdd", "MatMul"):
        REGISTRY["shap_" + name] = {"type": wrong, "location": REGISTRY[name]["location"]}
        REGISTRY[name]["type"] = wrong
    REGISTRY["Softplus"] = {"type": wrong, "location": ("UNKNOWN",) * 5}
    del REGISTRY["Tanh"]
    REGISTRY["NoSuchOp"] = {"type": None, "location": ("UNKNOWN",) * 5}
    execute.record_gradient = wrong
    execute.must_record_gradient = wrong


@pytest.mark.parametrize("fails", [False, True])
def test_everything_patched_inside_is_put_back(fails):
    before = snapshot()
    try:
        with untouched_gradients():
            poison()
            assert snapshot() != before
            if fails:
                raise RuntimeError("inside")
    except RuntimeError as error:
        assert fails and str(error) == "inside"
    assert snapshot() == before
    assert_gradients_work()


def test_the_poison_is_deadly_without_the_guard():
    with untouched_gradients():
        poison()
        with pytest.raises(Exception, match=r"patched gradient called|registry has no entry"):
            assert_gradients_work()
    assert_gradients_work()


def test_what_tensorflow_registers_inside_stays():
    with untouched_gradients():
        swish = tf.function(lambda x: tf.nn.silu(x))  # its custom gradient registers itself
        swish(tf.ones(2))
    x = tf.constant([0.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = swish(x)
    sigmoid = 1 / (1 + np.exp(-x.numpy()))
    np.testing.assert_allclose(tape.gradient(y, x), sigmoid * (1 + x * (1 - sigmoid)), rtol=1e-6)


@pytest.mark.parametrize(
    "layer", [keras.layers.LeakyReLU, keras.layers.LayerNormalization], ids=["leaky", "norm"]
)
def test_a_failing_shap_deep_explainer_disturbs_nothing(layer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(1)(layer()(keras.layers.Dense(4)(x))))
    before = snapshot()
    rows = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    with pytest.raises(Exception), warnings.catch_warnings():  # noqa: B017
        warnings.simplefilter("ignore")
        with untouched_gradients():
            shap.DeepExplainer(model, rows).shap_values(rows)
    assert snapshot() == before
    assert_gradients_work()
