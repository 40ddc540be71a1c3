"""A stack of affine maps gives what the model gives, and says what keeps a model from being one."""

import numpy as np
import pytest

from explainprune.network import as_network, dense_stack
from explainprune.network.backend import keras

RNG = np.random.default_rng(0)


def randomise(model):
    for variable in model.weights:
        variable.assign(RNG.uniform(0.2, 1.2, size=variable.shape) * RNG.choice([-1.0, 1.0]))
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(RNG.uniform(0.5, 2.0, size=layer.moving_variance.shape))
    return model


def sequential(*layers, width=5):
    return randomise(keras.Sequential([keras.Input((width,)), *layers]))


L = keras.layers
MODELS = {
    "linear": lambda: sequential(L.Dense(3)),
    "relu": lambda: sequential(L.Dense(4, "relu"), L.Dense(3)),
    "deep": lambda: sequential(L.Dense(4, "gelu"), L.Dense(4, "tanh"), L.Dense(3)),
    "no bias": lambda: sequential(L.Dense(4, "relu", use_bias=False), L.Dense(2, use_bias=False)),
    "norm after": lambda: sequential(L.Dense(4, "relu"), L.BatchNormalization(), L.Dense(2)),
    "norm before": lambda: sequential(
        L.Dense(4), L.BatchNormalization(scale=False), L.Activation("relu"), L.Dense(2)
    ),
    "activation layers": lambda: sequential(
        L.Dense(4), L.LeakyReLU(0.1), L.Dropout(0.5), L.Dense(4), L.PReLU(), L.Dense(2)
    ),
    "clipped": lambda: sequential(L.Dense(4), L.ReLU(max_value=1.0), L.Dense(2)),
    "softmax": lambda: sequential(L.Dense(4, "relu"), L.Dense(3, "softmax")),
    "sigmoid": lambda: sequential(L.Dense(4, "relu"), L.Dense(1, "sigmoid")),
    "softmax layer": lambda: sequential(L.Dense(4, "relu"), L.Dense(3), L.Softmax()),
    "nested": lambda: sequential(keras.Sequential([L.Dense(4, "relu")]), L.Dense(3)),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("output", ["logit", "centred"])
def test_stack_gives_the_networks_outputs(name, output):
    model = MODELS[name]()
    x = RNG.normal(size=(7, 5))
    expected = as_network(model, output=output).outputs(x)
    found = dense_stack(model, output).outputs(x)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)


def test_affine_maps_are_merged():
    stack = dense_stack(sequential(L.Dense(4), L.Dense(3), L.Dense(2)), "logit")
    assert len(stack.stages) == 1


def test_images_are_flattened():
    model = randomise(
        keras.Sequential([keras.Input((2, 3, 1)), L.Flatten(), L.Dense(4, "relu"), L.Dense(2)])
    )
    x = RNG.normal(size=(3, 6))
    np.testing.assert_allclose(
        dense_stack(model, "logit").outputs(x), as_network(model).outputs(x), rtol=1e-5, atol=1e-5
    )


def branching():
    x = keras.Input((3,))
    hidden = L.Dense(3, name="hidden")(x)
    return keras.Model(x, L.Dense(2)(L.Add(name="sum")([x, hidden])))


@pytest.mark.parametrize(
    ("model", "output", "reason"),
    [
        (lambda: sequential(L.Reshape((5, 1)), L.LSTM(2), L.Dense(2)), "logit", "LSTM"),
        (branching, "logit", "single other layer"),
        (lambda: sequential(L.Dense(2, "tanh")), "logit", "is tanh, which is not affine"),
        (MODELS["softmax"], "probability", "not an affine function"),
        (lambda: sequential(L.Activation("relu"), L.Dense(2)), "logit", "inputs themselves"),
    ],
)
def test_what_is_no_stack_is_named(model, output, reason):
    with pytest.raises(ValueError, match=reason):
        dense_stack(model(), output)
