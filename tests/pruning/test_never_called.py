"""A subclassed model that was never called learns its inputs from the rows, in every verb."""

import numpy as np
import pandas as pd
import pytest

import explainprune as xp
from explainprune.network.backend import keras, tf

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype("float32")
Y = np.arange(40) % 3
CALLED = pytest.mark.filterwarnings("ignore:Model .* was called for the first time")


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = L.Dense(6, "relu", kernel_initializer=keras.initializers.GlorotUniform(1))
        self.out = L.Dense(3, kernel_initializer=keras.initializers.GlorotUniform(2))

    def call(self, x):
        if isinstance(x, dict):
            x = keras.ops.concatenate([x["p"], x["q"]], axis=-1)
        return self.out(self.hidden(x))


def called():
    model = Own()
    model(X[:1])
    return model


GIVEN = {
    "pair": (X, Y),
    "Data": xp.load_data((X, Y)),
    "Dataset": tf.data.Dataset.from_tensor_slices((X, Y)).batch(8),
    "table": (pd.DataFrame(X, columns=list("abcd")), Y),
    "inputs by name": ({"p": X[:, :2], "q": X[:, 2:]}, Y),
}


@CALLED
@pytest.mark.filterwarnings("ignore:The model isn't compiled")
@pytest.mark.parametrize("how", GIVEN)
def test_prune_is_that_of_a_called_model(how):
    def pruned(model, data):
        return xp.prune(model, data, sparsity=0.5, steps=1, finetune_epochs=1)

    found, expected = pruned(Own(), GIVEN[how]), pruned(called(), (X, Y))
    assert list(found.history["train_accuracy"]) == list(expected.history["train_accuracy"])
    for key, mask in expected.masks.items():
        np.testing.assert_array_equal(found.masks[key], mask)


@CALLED
@pytest.mark.parametrize("how", GIVEN)
def test_importance_is_that_of_a_called_model(how):
    found = xp.importance(Own(), GIVEN[how], criterion="taylor", level="weight")
    expected = xp.importance(called(), X, Y, criterion="taylor", level="weight")
    for path, scores in expected.scores.items():
        np.testing.assert_allclose(found.scores[path], scores, rtol=1e-5)


@CALLED
def test_sensitivity_too():
    found, expected = (
        xp.sensitivity(model, (X, Y), sparsities=[0.5], granularity="weight")
        for model in (Own(), called())
    )
    pd.testing.assert_frame_equal(found, expected)


def test_without_rows_it_says_so():
    with pytest.raises(ValueError, match=r"Model 'own.*' is not built: call it on data"):
        xp.prune(Own(), criterion="magnitude", sparsity=0.5)
