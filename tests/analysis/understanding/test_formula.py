"""Formulas evaluated, as text and as data, beside the networks that they are written from."""

import keras
import numpy as np
import pytest

import explainprune as xp
from explainprune.network import perceptron

RNG = np.random.default_rng(0)


def evaluated(formula, x):
    """Run the text as Python does, row by row."""
    found = []
    for row in x.astype(float):
        names = dict(zip(formula.inputs, map(float, row), strict=True))
        exec(formula.text, {"max": max, "min": min}, names)
        found.append([names[name] for name in formula.outputs])
    return np.array(found)


def pruned(n_inputs=5, outputs=3, hidden=(8, 6), share=0.7, seed=0):
    model = perceptron(n_inputs, outputs, hidden=hidden, seed=seed)
    weights = [
        RNG.normal(size=w.shape) * (RNG.random(w.shape) > share) for w in model.get_weights()
    ]
    model.set_weights(weights)
    return model


@pytest.mark.parametrize("output", ["logit", "centred"])
def test_the_text_is_the_network(output):
    model, x = pruned(), RNG.normal(size=(30, 5)).astype(np.float32)
    found = xp.formula(model, output=output)
    expected = np.asarray(model(x))
    if output == "centred":
        expected = expected - expected.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(evaluated(found, x), expected, atol=2e-5)
    np.testing.assert_allclose(found(x), evaluated(found, x), atol=1e-6)


def test_normalisation_skips_and_maxima_are_multiplied_out():
    layers = keras.layers
    a = keras.Input((2,))
    h = layers.BatchNormalization()(layers.Dense(3)(a))
    h = layers.LeakyReLU(negative_slope=0.25)(h)
    m = layers.Maximum()([layers.Dense(2)(h), layers.Dense(2)(a)])
    model = keras.Model(a, layers.Dense(1)(layers.Concatenate()([m, a])))
    model.set_weights([np.abs(RNG.normal(size=w.shape)) + 0.1 for w in model.get_weights()])
    x = RNG.normal(size=(20, 2)).astype(np.float32)
    found = xp.formula(model)
    assert "max(" in found.text and "max(0, " in found.text
    np.testing.assert_allclose(evaluated(found, x), np.asarray(model(x)), atol=2e-5)


def test_what_takes_no_part_is_not_written():
    model = perceptron(3, 1, hidden=(4,))
    kernel = np.zeros((3, 4))
    kernel[0, 0], kernel[1, 1] = 2.0, -1.0  # unit 2 is constant, unit 3 isn't read
    weights = kernel, [0.0, 1.0, 0.5, 9.0], [[1.0], [-0.5], [4.0], [0.0]], [0.25]
    model.set_weights([np.array(each) for each in weights])
    found = xp.formula(model)
    assert found.text == (
        "hidden_1_0 = max(0, 2*x0)\n"
        "hidden_1_1 = max(0, -x1 + 1)\n"
        "output = hidden_1_0 - 0.5*hidden_1_1 + 2.25"
    )
    assert found.size == 6
    assert found.latex == (
        "\\begin{aligned}\n"
        r"h^{(1)}_{0} &= \max(0,\; 2\,\text{x0}) \\" "\n"
        r"h^{(1)}_{1} &= \max(0,\; -\text{x1} + 1) \\" "\n"
        r"\text{output} &= h^{(1)}_{0} - 0.5\,h^{(1)}_{1} + 2.25" "\n"
        "\\end{aligned}"
    )  # fmt: skip


def test_names_come_from_the_data_and_rounding_says_what_it_moves():
    data = xp.load_data("wine")
    model = pruned(13, 3, hidden=(4,), share=0.9)
    exact, rounded = xp.formula(model, data), xp.formula(model, data, digits=2)
    assert exact.inputs[0] == "alcohol" and exact.error is None
    assert exact.outputs == data.class_names
    worst = np.abs(exact(data.x) - rounded(data.x)).max()
    assert rounded.error == pytest.approx(worst) and worst > 0
    assert all(
        float(f"{v:.2g}") == v for line in rounded.lines for terms, _ in line.sums for v, _ in terms
    )


def test_a_large_network_is_refused_with_its_size():
    # 64 + 8 entries and biases of hidden units, 8 + 1 of the output; biases are 0
    with pytest.raises(ValueError, match="has 72 numbers, more than 71"):
        xp.formula(perceptron(8, 1, hidden=(8,)), limit=71)
    assert xp.formula(perceptron(8, 1, hidden=(8,)), limit=72).size == 72


def test_other_functions_are_refused_by_layer():
    with pytest.raises(ValueError, match="Layer 'hidden_1' applies tanh"):
        xp.formula(perceptron(2, 1, hidden=(2,), activation="tanh"))
