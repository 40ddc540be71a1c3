"""Models that can't be made smaller are refused in a sentence."""

import warnings

import pytest

from explainprune.network.backend import keras
from explainprune.pruning import shrink

L = keras.layers


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.layer = L.Dense(2)

    def call(self, x):
        return self.layer(x)


def test_models_without_a_known_graph_are_refused():
    with pytest.raises(ValueError, match=r"subclassed model .Subclassed.*explained but not shrunk"):
        shrink(Subclassed())
    with pytest.raises(TypeError, match=r"takes a Keras model\. Received: dict"):
        shrink({"model": "model.keras"})
    with pytest.raises(ValueError, match="has no input shape yet"):
        shrink(keras.Sequential([L.Dense(2)]))


def test_a_saved_model_layer_is_refused(tmp_path):
    inner = keras.Sequential([keras.Input((3,)), L.Dense(2)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inner.export(tmp_path / "saved", verbose=False)
    layer = L.TFSMLayer(tmp_path / "saved", call_endpoint="serve")
    with pytest.raises(TypeError, match="TFSMLayer, a saved computation without layers"):
        shrink(layer)
