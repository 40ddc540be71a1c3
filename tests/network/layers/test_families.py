"""A user's own layer is what its code says, whatever it is called or made from."""

import keras
import numpy as np
import pytest
from keras import layers as kl

from explainprune.criteria import importances
from explainprune.network.layers.families import own_function, own_name
from explainprune.network.layers.kind import UNKNOWN
from explainprune.network.listing import layers
from explainprune.network.ways.size import size_of
from explainprune.pruning import prune, shrink

ROWS = np.random.default_rng(0).normal(size=(24, 6)).astype("float32")
LABELS = np.arange(24) % 2
NAMES = [
    *("Dense", "DenseBlock", "Conv2D", "Conv1DX", "ConvBlock", "SeparableConv2D", "Depthwise"),
    *("LSTM", "GRUCell", "Bidirectional", "TimeDistributed", "MultiHeadAttention", "Attention"),
    *("BatchNormalization", "Normalization", "Softmax", "Activation", "Dropout", "Flatten", "Add"),
    *("EinsumDense", "PReLU", "Relu", "Cropping", "Transpose", "Embedding"),
]
CHOSEN = ("activation", "taylor", "fisher", "wanda", "lrp", "conductance", "synflow", "obs")


def block(name, base=keras.Layer, **attributes):
    """Make a layer of two others, with attributes as layers of Keras have them."""

    def init(self, **options):
        keras.Layer.__init__(self, **options)
        self.inner, self.norm = kl.Dense(5, activation="tanh"), kl.LayerNormalization()
        for key, value in attributes.items():
            setattr(self, key, value)

    def build(self, shape):
        self.inner.build(shape)
        self.norm.build((*shape[:-1], 5))

    def call(self, x):
        return self.norm(self.inner(x))

    shape = {"compute_output_shape": lambda self, s: (*s[:-1], 5)}
    kind = type(name, (base,), {"__init__": init, "build": build, "call": call, **shape})
    return keras.saving.register_keras_serializable(f"families_{len(attributes)}")(kind)


def with_block(name, **attributes):
    keras.utils.set_random_seed(3)
    x = keras.Input((6,))
    h = block(name, **attributes)(name="own")(kl.Dense(6, "relu", name="first")(x))
    h = kl.Dense(7, "relu", name="h")(h)
    return keras.Model(x, kl.Dense(2, name="out")(h))


@pytest.fixture(scope="module")
def reference():
    return importances(with_block("MyBlock"), ROWS, LABELS, criteria=CHOSEN)


@pytest.mark.parametrize("name", [*NAMES[:8:3], "BatchNormalization", "Softmax", "Add", "PReLU"])
def test_no_score_follows_a_name(name, reference):
    found = importances(
        with_block(name, activation=keras.activations.softmax), ROWS, LABELS, criteria=CHOSEN
    )
    for criterion, scores in found.items():
        assert scores.scores.keys() == reference[criterion].scores.keys()
        np.testing.assert_allclose(scores["h"], reference[criterion]["h"], rtol=1e-5, atol=1e-9)


@pytest.mark.filterwarnings("ignore:Left whole")
@pytest.mark.parametrize("name", NAMES)
def test_a_layer_of_ones_own_is_left_whole_and_costs_nothing(name):
    model = with_block(name)
    assert size_of(model, gzip=False).flops == 2 * (6 * 6 + 5 * 7 + 7 * 2)
    (own,) = [info for info in layers(model) if info.path == "own"]
    assert (own.kind, own.family, own.prunable_units) == (name, UNKNOWN, False)
    options = {"granularity": "unit", "sparsity": 0.4, "protect": "first"}
    pruned = prune(model, criterion="magnitude", **options)
    small = shrink(pruned.model, masks=pruned.masks)
    assert small.certificate.left_whole["own"] == (
        f"what a {name} layer does to each unit is not known"
    )
    assert small.kept["h"].size == 4
    np.testing.assert_allclose(small.model(ROWS), pruned.model(ROWS), atol=1e-6)


@keras.saving.register_keras_serializable("families")
class BatchNormalization(kl.BatchNormalization):
    """Turns what it normalises around."""

    def call(self, x, training=None):
        return -super().call(x, training=training)[..., ::-1]


@keras.saving.register_keras_serializable("families")
class Dense(kl.Dense):
    """Reads its units from the last to the first."""

    def call(self, x):
        return super().call(x)[..., ::-1]


@pytest.mark.filterwarnings("ignore:Left whole")
def test_what_is_made_from_a_layer_of_keras_is_not_that_layer():
    x = keras.Input((6,))
    h = Dense(5, name="mine")(BatchNormalization(name="turned")(kl.Dense(5, name="a")(x)))
    model = keras.Model(x, kl.Dense(2, name="out")(kl.Dense(4, name="b")(h)))
    assert {i.path for i in layers(model) if i.prunable_units} == {"a", "b", "out"}
    pruned = prune(model, criterion="magnitude", granularity="coupled", sparsity=0.5)
    assert pruned.masks.entries.keys() == {"b"}
    small = shrink(pruned.model)
    assert set(small.certificate.left_whole) == {"a", "mine", "turned"}
    np.testing.assert_allclose(small.model(ROWS), pruned.model(ROWS), atol=1e-6)


def test_what_is_whose():
    assert own_name(kl.Conv2DTranspose(1, 1)) == "Conv2DTranspose"
    assert own_name(Dense(1)) == own_name(object()) == ""
    assert own_function(keras.ops.relu) == own_function(keras.activations.relu) == "relu"

    def relu(x):
        return x

    assert own_function(relu) == own_function(None) == own_function(kl.ReLU()) == ""
