"""Small models, and what happens in them sample by sample, computed the slow way."""

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.network.backend import keras, tf

L = keras.layers


def make_mlp():
    keras.utils.set_random_seed(3)
    return sequential(
        (5,),
        L.Dense(6, activation="relu", name="first", bias_initializer="random_normal"),
        L.Dense(4, name="second", bias_initializer="random_normal"),
        L.BatchNormalization(name="norm", gamma_initializer="random_uniform"),
        L.ReLU(),
        L.Dense(3, name="last"),
    )


def make_cnn():
    keras.utils.set_random_seed(4)
    return sequential(
        (6, 6, 2),
        L.Conv2D(4, 3, activation="relu", name="first", bias_initializer="random_normal"),
        L.Conv2DTranspose(3, 2, activation="tanh", name="second"),
        L.GlobalAveragePooling2D(),
        L.Dense(3, name="last"),
        L.Softmax(),
    )


MODELS = {"mlp": make_mlp, "cnn": make_cnn}


@pytest.fixture(scope="session", params=MODELS)
def case(request):
    """Return a model with calibration rows: (model, x, y)."""
    model = MODELS[request.param]()
    rng = np.random.default_rng(2)
    x = rng.normal(size=(9, *model.input_shape[1:])).astype(np.float32)
    return model, x, rng.integers(3, size=9)


@pytest.fixture(scope="session")
def slow(case):
    """Return, by layer, lists over samples: kernel gradients, activations and their gradients."""
    model, x, y = case
    raw = not isinstance(model.layers[-1], L.Softmax)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=raw)
    # Where a unit's activation is read: behind the ReLU layer for the layer before the norm.
    last = {"second": 3} if "norm" in [layer.name for layer in model.layers] else {}
    found = {}
    for index, layer in enumerate(model.layers):
        if not hasattr(layer, "kernel"):
            continue
        end = last.get(layer.name, index)
        head = sequential(model.input_shape[1:], *model.layers[: end + 1])
        tail = keras.Sequential(
            [keras.Input(model.layers[end].output.shape[1:]), *model.layers[end + 1 :]]
        )
        record = {"w": [], "a": [], "g": [], "x": []}
        for i in range(len(x)):
            with tf.GradientTape() as tape:
                a = head(x[i : i + 1], training=False)
                tape.watch(a)
                out = tail(a, training=False) if model.layers[end + 1 :] else a
                value = loss(y[i : i + 1], out)
            w, g = tape.gradient(value, [layer.kernel.value, a])
            record["w"].append(w.numpy())
            record["a"].append(a.numpy()[0])
            record["g"].append(g.numpy()[0])
        record["x"] = keras.Model(model.inputs[0], layer.input)(x, training=False)
        found[layer.name] = {key: np.array(values, float) for key, values in record.items()}
    return found
