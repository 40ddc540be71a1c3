"""Nothing that a verb made of a model outlives the model."""

import gc
import weakref

import numpy as np
import pytest
from living import in_use, living

import explainprune as xp
from explainprune.network.backend import keras

L = keras.layers
X = np.random.default_rng(0).normal(size=(24, 36)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
SQUARE = X.reshape(24, 6, 6, 1)


def dense():
    model = keras.Sequential([keras.Input((36,)), L.Dense(4, "relu"), L.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def convolutional():
    return keras.Sequential(
        [keras.Input((6, 6, 1)), L.Conv2D(2, 3, activation="relu"), L.Flatten(), L.Dense(2)]
    )


def attributed(method):
    return lambda m: xp.attribute(m, SQUARE[:2], background=SQUARE[:3], method=method)


OURS = [method for method in xp.METHODS if not method.startswith("shap_")]
"""shap keeps the last model that its deep and its gradient explainer read."""
VERBS = {
    **{method: (convolutional, attributed(method)) for method in OURS},
    "importance": (dense, lambda m: xp.importance(m, X, Y)),
    "prune": (dense, lambda m: xp.prune(m, (X, Y), sparsity=0.5, steps=1, finetune_epochs=1)),
    "shrink": (dense, lambda m: xp.shrink(m, data=X)),
    "compare": (dense, lambda m: xp.compare(m, dense(), (X, Y), backgrounds=2, metrics=[])),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("verb", VERBS)
def test_a_model_that_nobody_holds_is_gone(verb):
    make, call = VERBS[verb]
    model = make()
    seen = weakref.ref(model)
    result = call(model)
    del model
    gc.collect()
    assert seen() is None and result is not None


def test_the_same_again_leaves_nothing_more():
    model, other = dense(), dense()

    def work():
        xp.compare(model, other, (X, Y), backgrounds=2, metrics=[])
        xp.attribute(model, X[:2], background=X[:3], method="lrp")
        return living()

    first = work()
    assert first["graphs"] >= 2  # those of both models, kept for the next time
    assert work() == first


def test_criteria_give_back_what_they_asked_for():
    model = dense()

    def work():
        for criterion in ("taylor", "conductance"):
            xp.importance(model, X, Y, criterion=criterion)
        return in_use()

    work()  # what is made once for all
    before = work()
    work()
    assert work() - before < 2  # megabytes; what is traced meanwhile takes 8
