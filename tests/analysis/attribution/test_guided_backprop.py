"""Guided backpropagation against its definition, unit by unit."""

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.network import FormulaNetwork
from explainprune.network.backend import keras

L = keras.layers


def explain(model, x, method="guided_backprop", **options):
    return attribute(model, x, background=np.zeros((1, *x.shape[1:])), method=method, **options)


def by_hand(layers, row, target):
    """Backpropagate unit by unit, keeping what is positive at every ReLU."""
    values = [row.astype(float)]
    for kernel, bias in layers:
        values.append(values[-1] @ kernel + bias)
        values.append(np.maximum(values[-1], 0))
    grad = np.eye(layers[-1][0].shape[1])[target]
    for number in reversed(range(len(layers))):
        if number < len(layers) - 1:
            z = values[2 * number + 1]
            grad = np.array([g if g > 0 and at > 0 else 0.0 for g, at in zip(grad, z, strict=True)])
        grad = layers[number][0] @ grad
    return grad


@pytest.mark.parametrize("kind", ["fused", "layers"])
def test_gradients_are_cut_at_every_relu(kind):
    keras.utils.set_random_seed(0)
    bend = "relu" if kind == "fused" else None
    stages = [L.Dense(7, bend), L.ReLU(), L.Dense(6, bend), L.ReLU(), L.Dense(3, "softmax")]
    kept = [stage for stage in stages if bend is None or not isinstance(stage, L.ReLU)]
    model = keras.Sequential([L.Input((5,)), *kept])
    for weight in model.weights:
        weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
    layers = [
        [w.numpy().astype(float) for w in layer.weights] for layer in model.layers if layer.weights
    ]
    x = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)
    found = explain(model, x, target="all")
    for target in range(3):
        expected = [by_hand(layers, row, target) for row in x]
        np.testing.assert_allclose(found.values[..., target], expected, rtol=1e-4, atol=1e-5)
    plain = explain(model, x, "gradient", target="all")
    assert np.abs(found.values - plain.values).max() > 0.1
    assert found.notes == ()


def test_without_a_relu_it_is_the_gradient_and_says_so():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([L.Input((6, 6, 1)), L.Conv2D(2, 3, activation="tanh"), L.Flatten(),
                              L.Dense(2)])  # fmt: skip
    x = np.random.default_rng(0).normal(size=(3, 6, 6, 1)).astype(np.float32)
    found = explain(model, x)
    np.testing.assert_allclose(found.values, explain(model, x, "gradient").values, atol=1e-6)
    assert found.notes == ("The model has no ReLU: guided_backprop is its gradient.",)


def test_a_formula_is_refused():
    with pytest.raises(
        ValueError, match=r"guided_backprop goes back .* Received: a FormulaNetwork"
    ):
        explain(FormulaNetwork(lambda x: x[:, 0], 2), np.ones((1, 2)))
