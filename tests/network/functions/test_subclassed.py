"""Subclassed models: what they read is learned from how they were built, or from the rows."""

import numpy as np
import pandas as pd
import pytest

from explainprune import attribute, importance
from explainprune.network import parts_of_model
from explainprune.network.backend import keras

L = keras.layers
X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
BACK = np.zeros((1, 3), "float32")
HOW = {"method": "gradient_input", "target": 0}


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(2)

    def call(self, x):
        return self.dense(x)


class Named(Own):
    def call(self, x):
        return self.dense(x["a"]) + x["b"]


class Listed(Own):
    def call(self, x):
        return self.dense(x[0]) + x[1]


class Formula(keras.Model):
    """No weights at all."""

    def call(self, x):
        return 2 * x[:, :1] + x[:, 1:2]


class Reader(keras.Model):
    def __init__(self):
        super().__init__()
        self.lookup = L.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")
        self.dense = L.Dense(1, use_bias=False, kernel_initializer="ones")

    def call(self, x):
        letters = keras.ops.cast(self.lookup(x), "float32")
        return self.dense(letters * keras.ops.array([[0.0, 3.0, 5.0]]))


def sequential():
    return keras.Sequential([L.Dense(2)])


@pytest.mark.parametrize("make", [Own, sequential])
@pytest.mark.parametrize("x", [X, pd.DataFrame(X, columns=["a", "b", "c"])])
def test_a_model_that_was_never_called_learns_from_the_rows(make, x):
    model = make()
    with pytest.warns(UserWarning, match="was called for the first time: it has the weights that"):
        found = attribute(model, x, background=BACK, **HOW)
    dense = model.layers[0]
    np.testing.assert_allclose(found.values, X * np.asarray(dense.kernel)[:, 0], atol=1e-6)


def test_a_model_that_calls_itself_built_learns_from_the_rows_if_its_layers_are_not():
    model = Own()
    model.built = True  # as a build() of one's own leaves it that builds no layer
    with pytest.warns(UserWarning, match="was called for the first time: it has the weights that"):
        found = attribute(model, X, background=BACK, **HOW)
    np.testing.assert_allclose(found.values, X * np.asarray(model.dense.kernel)[:, 0], atol=1e-6)


def test_several_inputs_by_name_and_in_order():
    for make, x, background in (
        (Named, {"a": X, "b": X[:, :2]}, {"a": BACK, "b": BACK[:, :2]}),
        (Listed, [X, X[:, :2]], [BACK, BACK[:, :2]]),
    ):
        model = make()
        with pytest.warns(UserWarning, match="for the first time"):
            found = attribute(model, x, background=background, **HOW)
        a, b = found.values.values()
        np.testing.assert_allclose(a, X * np.asarray(model.dense.kernel)[:, 0], atol=1e-6)
        np.testing.assert_allclose(b, X[:, :2] * [1, 0], atol=1e-6)
    assert [part.name for part in parts_of_model(model)] == ["input_0", "input_1"]


def test_a_model_without_weights_is_explained():
    found = attribute(Formula(), X, background=BACK, **HOW)
    np.testing.assert_allclose(found.values, X * [2, 1, 0], atol=1e-6)


@pytest.mark.filterwarnings("ignore:.build... was called on layer")
def test_a_layer_that_is_never_called_is_no_hindrance():
    model = Own()
    model.spare = L.Dense(7)
    model(X)
    found = attribute(model, X, background=BACK, **HOW)
    np.testing.assert_allclose(found.values, X * np.asarray(model.dense.kernel)[:, 0], atol=1e-6)


def test_text_in_a_subclassed_model():
    table = pd.DataFrame({"letter": ["a", "b"]})
    for x in (table, table.to_numpy(dtype=str)):
        model = Reader()
        with pytest.warns(UserWarning, match="for the first time"):
            found = attribute(model, x, background=[["?"]], method="exact")
        np.testing.assert_allclose(found.values, [[3], [5]], atol=1e-6)


def test_rows_that_a_model_can_not_be_called_on():
    class Fails(Own):
        def call(self, x):
            return self.dense(keras.ops.reshape(x, (-1, 7)))

    with pytest.raises(
        ValueError, match=r"'fails' \(Fails\) was never called, and can't be called on .* \(6, 3\)"
    ) as caught:
        attribute(Fails(), X, background=BACK)
    assert caught.value.__cause__ is not None


def test_importance_learns_from_the_rows_too():
    model = keras.Sequential([L.Dense(3, "relu"), L.Dense(2)])
    with pytest.warns(UserWarning, match="for the first time"):
        scores = importance(model, X, np.array([0, 1] * 3)).scores
    assert [len(each) for each in scores.values()] == [3, 2]
