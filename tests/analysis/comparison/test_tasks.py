"""Comparisons of other networks than classifiers of several classes."""

from types import SimpleNamespace

import numpy as np

from explainprune.analysis import compare
from explainprune.analysis.comparison import model_rows
from explainprune.network import with_weights


def test_no_price_without_structure():
    from explainprune.network.backend import keras

    layers = keras.layers
    model = keras.Sequential([keras.Input((4, 2)), layers.LSTM(3, name="loop"), layers.Dense(2)])
    rows = np.zeros((2, 4, 2))
    subject = SimpleNamespace(model=model, kind="logit", network=SimpleNamespace(n_inputs=8))
    cost, note = model_rows._cost(subject, SimpleNamespace(x=rows, players=None), rows)
    assert cost is None
    assert note.startswith("Exact values have no price: layer 'loop' (LSTM) is not read")


def test_binary_classifier_of_one_logit():
    from explainprune.network.backend import keras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 6)).astype("float32")
    y = (x[:, 0] - x[:, 1] > 0).astype(int)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, "sigmoid", name="out")])
    model.set_weights([np.array([[4.0], [-4.0], [0.5], [0], [0], [0]]), np.zeros(1)])
    other = with_weights(model, {"out/kernel": np.array([[4.0], [-4.0], [0], [0], [0], [0]])})
    result = compare(model, other, (x, y), names=("dense", "pruned"), background=30)
    assert result.models["pruned"].accuracy == 1.0
    assert result.provenance["task"] == "classification"
    assert result.models["pruned"].live_inputs == 2
    assert result.models["dense"].live_inputs == 3
    # ½ of 8.5 goes to each of two inputs, and .5 of it, some 6 %, to the third: that moved.
    assert 0.03 < result.comparisons["dense|pruned"]["moved_weight"].value < 0.09
    assert result.clarity.label == "clearer"
    assert "2 live inputs instead of 3" in result.clarity.sentence
    for drawing in result.detail.drawings.values():
        assert drawing.layers[-1].labels == ("high: 1\nlow: 0",)


def test_regression_has_r2_and_no_churn():
    from explainprune.network.backend import keras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5)).astype("float32")
    slope = np.array([[3.0], [-2.0], [1.0], [0.5], [0.0]])
    y = (x @ slope)[:, 0] + 0.1 * rng.normal(size=200)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1, name="out")])
    model.set_weights([slope, np.zeros(1)])
    worse = with_weights(model, {"out/kernel": slope * [[1], [1], [1], [0], [0]]})
    result = compare(model, worse, (x, y), background=30)
    assert result.provenance["task"] == "regression"
    assert result.models["dense"].r2 > result.models["other"].r2 > 0.9
    assert result.models["dense"].accuracy is None
    assert "churn" not in result.comparisons["dense|other"]
    assert result.clarity.conditions[0].startswith("R² fell by")
    assert "class" not in " ".join(result.slices["dense|other"])
    assert result.detail.samples[0].label == f"{y[result.detail.samples[0].row]:.4g}"
    unlabelled = compare(model, worse, x, background=30, detail=False)
    assert unlabelled.clarity.conditions[0].startswith("Of the dense model's variance ")
