"""Nothing of a model that was traced, trained or explained outlives it."""

import gc

import numpy as np
import pytest
from tensorflow.python.framework import ops
from tensorflow.python.framework.func_graph import FuncGraph

import explainprune as xp
from explainprune.network import KerasNetwork, fit
from explainprune.network.backend import keras, tf
from explainprune.network.tracing.guard import forgotten_gradients
from explainprune.network.tracing.traced import traced
from explainprune.network.walks.multipliers import Multipliers
from explainprune.types import Rows

REGISTRY = ops._gradient_registry._registry
X = np.random.default_rng(0).random((40, 5), dtype=np.float32)


def model():
    """Swish and cross-entropy both have gradients of their own."""
    layers = [keras.Input((5,)), keras.layers.Dense(4, "swish"), keras.layers.Dense(3)]
    made = keras.Sequential(layers)
    made.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return made


def trained():
    fit(model(), Rows(X, np.arange(40) % 3), epochs=1, seed=0)


def pruned():
    xp.prune(model(), (X, np.arange(40) % 3), sparsity=0.5, steps=2, finetune_epochs=2)


def explained():
    network = KerasNetwork(model())  # not through the cache, which keeps a few for good
    network.gradients(X, np.zeros(40, int))
    network.jacobian(X)
    Multipliers(network).values(X[:2], X[:3], np.zeros((2, 1), int))


def graphs():
    gc.collect()
    return sum(isinstance(each, FuncGraph) for each in gc.get_objects())


@pytest.mark.parametrize("work", [trained, pruned, explained])
def test_no_graph_outlives_its_model(work):
    work()
    before, names = graphs(), set(REGISTRY)
    for _ in range(3):
        work()
    assert graphs() == before
    assert set(REGISTRY) == names


def test_only_traced_custom_gradients_are_forgotten():
    before = set(REGISTRY)
    with pytest.raises(KeyError), forgotten_gradients():
        ops.RegisterGradient("OfSomebody'sOwn")(lambda op, grad: grad)
        swish = tf.function(tf.nn.silu).get_concrete_function(tf.TensorSpec((None,)))
        mine = {name for name in set(REGISTRY) - before if name.startswith("CustomGradient-")}
        assert mine
        raise KeyError
    assert set(REGISTRY) - before == {"OfSomebody'sOwn"}
    del REGISTRY["OfSomebody'sOwn"]
    np.testing.assert_allclose(swish(tf.ones(1)), [1 / (1 + np.exp(-1))], rtol=1e-6)


def test_gradients_are_taken_inside():
    def slope(x):
        return tf.gradients(tf.nn.silu(x), x)[0]

    found = traced(slope, tf.TensorSpec((None,)))(tf.zeros(2))
    np.testing.assert_allclose(found, [0.5, 0.5])
