"""Bad input to a Keras model: one sentence that says what is wrong, before any work."""

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.network.backend import keras

L = keras.layers
X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential([L.Input((4,), name="x"), L.Dense(3, "relu"), L.Dense(2, name="y")])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"background": np.full((2, 4), np.nan)}, "background has 8 values that are NaN or inf"),
        ({"background": np.zeros((2, 5))}, r"background does not fit the model. .*shape=\(2, 5\)"),
        ({"background": np.zeros((2, 4, 1))}, r"expects shape \(n, 4\). Received: shape=\(2, 4, 1"),
        ({"background": []}, r"background needs at least one row. Received: shape=\(0,\)"),
        ({"background": None}, "background is missing: pass background="),
        ({"target": 2}, r"Target 2 is out of range: expected 0 … 1"),
        ({"target": -1}, r"Target -1 is out of range: expected 0 … 1"),
        ({"target": (0, 1)}, r"Target \(0, 1\) does not fit output 'y' of shape \(2,\)"),
        ({"target": [0, 0, 7]}, "target 7 is out of range: the network has 2 outputs"),
        ({"target": "true"}, "target='true' needs labels: pass y="),
        ({"target": "true", "y": [0, 1, 5]}, "label 5 is out of range: the network has 2 outputs"),
        (
            {"target": "true", "y": ["a", "b", "c"]},
            r"needs one class index for each .*dtype=<U1.*pass x=load_data\(\(x, y\), class_names",
        ),
        ({"target": "true", "y": [0.0, np.nan, 1.0]}, "target='true' needs one class index"),
        ({"method": "permutation", "draws": 0}, r"draws is an integer ≥ 1. Received: 0."),
        ({"method": "permutation", "draws": None}, r"draws is an integer ≥ 1. Received: None."),
        ({"method": "kernel", "coalitions": 0}, r"coalitions is an integer ≥ 2. Received: 0."),
        ({"method": "leverage", "coalitions": 1}, r"coalitions is an integer ≥ 2. Received: 1."),
        ({"method": "expected_gradients", "steps": 0}, r"steps is an integer ≥ 1. Received: 0."),
        ({"method": "smoothgrad", "draws": 0}, r"draws is an integer ≥ 1. Received: 0."),
        ({"method": "smoothgrad", "tolerance": 0}, r"tolerance is a number > 0. Received: 0."),
    ],
)
def test_what_does_not_fit(options, message, model):
    with pytest.raises(ValueError, match=message):
        attribute(model, X, **({"background": X} | options))


class AlwaysDropping(keras.Layer):
    """A dropout that never stops."""

    def __init__(self):
        super().__init__()
        self.inner = L.Dropout(0.5)

    def call(self, x):
        return self.inner(x, training=True)


class Dropping(keras.Model):
    """A subclassed model that leaves its dropout on."""

    def __init__(self):
        super().__init__()
        self.inner, self.last = L.Dropout(0.3, name="left_on"), L.Dense(2)

    def call(self, x):
        return self.last(self.inner(x, training=True))


@pytest.mark.parametrize("method", ["deep_shap", "permutation", "gradient", "lrp", "exact"])
@pytest.mark.parametrize("kind", ["layer", "subclassed"])
def test_a_dropout_left_in_training_mode(kind, method):
    model = Dropping()
    if kind == "layer":
        model = keras.Sequential([L.Input((4,)), L.Dense(5), AlwaysDropping(), L.Dense(2)])
    model(X)
    with pytest.raises(
        ValueError, match=r"draws random numbers in inference .* a dropout or noise"
    ):
        attribute(model, X, background=X, method=method)


def test_a_graph_is_explained_as_it_predicts():
    """Keras turns a call's own training=True off in `predict`."""
    inputs = keras.Input((4,))
    dropped = L.Dropout(0.5)(L.Dense(20)(inputs), training=True)
    model = keras.Model(inputs, L.Dense(2)(dropped))
    found = attribute(model, X, background=X, method="permutation", target="all")
    np.testing.assert_allclose(found.output, model.predict(X, verbose=0), rtol=1e-5, atol=1e-6)
