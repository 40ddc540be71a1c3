"""Relevance handed back by loops over single connections."""

import numpy as np
import pytest
from keras_cases import sequential
from linear_cases import as_matrix
from relevance_reference import linear, relevances, relu

from explainprune.criteria import importance
from explainprune.network.backend import keras

L = keras.layers


RULES = {"lrp": "zplus", "lrp_epsilon": "epsilon"}


def by_hand(stages, x, rule):
    """Return the relevance at the input and at each stage's output: (rows, size) each."""
    stages = [(*stage, RULES[rule]) for stage in stages]
    of_rows = [relevances(stages, row) for row in x]
    return [np.stack(parts) for parts in zip(*of_rows, strict=True)]


@pytest.mark.parametrize("rule", ["lrp", "lrp_epsilon"])
@pytest.mark.parametrize("end", ["raw", "fused", "layer"])
def test_dense(rule, end):
    keras.utils.set_random_seed(1)
    b = {"bias_initializer": "random_normal"}
    model = sequential(
        (4,),
        L.Dense(6, activation="relu", name="first", **b),
        L.Dense(5, activation="relu", name="second", **b),
        L.Dense(3, activation="softmax" if end == "fused" else None, name="last", **b),
        *([L.Softmax()] if end == "layer" else []),
    )
    x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    stages = []
    for name, bend in (("first", relu), ("second", relu), ("last", linear)):
        kernel, bias = (w.numpy().astype(float) for w in model.get_layer(name).weights)
        stages.append((kernel, bias, bend))
    expected = by_hand(stages, x, rule)
    scores = importance(model, x, criterion=rule)
    for name, relevance in zip(("first", "second", "last"), expected[1:], strict=True):
        np.testing.assert_allclose(scores[name], abs(relevance).mean(axis=0), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("rule", ["lrp", "lrp_epsilon"])
def test_convolution_with_normalisation(rule):
    keras.utils.set_random_seed(2)
    model = sequential(
        (4, 4, 2),
        L.Conv2D(3, 2, name="first", bias_initializer="random_normal"),
        L.BatchNormalization(name="norm"),
        L.ReLU(),
        L.Conv2D(4, 2, activation="relu", name="second"),
        L.Flatten(),
        L.Dense(3, name="last"),
    )
    rng = np.random.default_rng(3)
    norm = model.get_layer("norm")
    norm.set_weights([rng.normal(size=3) + 1, *rng.normal(size=(2, 3)), np.array([2, 1, 0.5])])
    x = rng.normal(size=(4, 4, 4, 2)).astype(np.float32)
    layer, second, last = (model.get_layer(n) for n in ("first", "second", "last"))
    both = sequential((4, 4, 2), layer, norm)
    stages = [(*as_matrix(both, (4, 4, 2)), relu)]
    second.activation = keras.activations.linear
    stages.append((*as_matrix(second, (3, 3, 3)), relu))
    second.activation = keras.activations.relu
    stages.append((*(w.numpy().astype(float) for w in last.weights), linear))
    expected = by_hand(stages, x, rule)
    scores = importance(model, x, criterion=rule)
    for name, relevance, units in (("first", expected[1], 3), ("second", expected[2], 4)):
        by_unit = abs(relevance.reshape(len(x), -1, units).sum(axis=1)).mean(axis=0)
        np.testing.assert_allclose(scores[name], by_unit, rtol=2e-3, atol=1e-5)


def test_nothing_is_lost_on_the_way_through_sums_pools_and_moves():
    """With positive weights and inputs and no biases, every cut passes on the whole logit."""
    positive = {"kernel_initializer": keras.initializers.RandomUniform(0, 1), "use_bias": False}
    keras.utils.set_random_seed(0)
    x = keras.Input((6, 6, 1))
    h = L.Conv2D(4, 3, padding="same", name="a", activation="relu", **positive)(x)
    h = L.Add()([h, L.Conv2D(4, 1, name="b", **positive)(L.ZeroPadding2D(0)(h))])
    h = L.MaxPooling2D(2)(h)
    h = L.AveragePooling2D(2)(L.SeparableConv2D(3, 2, name="c", depthwise_initializer="ones",
        pointwise_initializer="ones", use_bias=False)(h))  # fmt: skip
    model = keras.Model(x, L.Dense(2, name="d", **positive)(L.GlobalAveragePooling2D()(h)))
    rows = np.random.default_rng(0).uniform(size=(5, 6, 6, 1)).astype(np.float32)
    logit = np.asarray(model(rows)).max(axis=1).mean()
    for rule in ("lrp", "lrp_epsilon"):
        scores = importance(model, rows, criterion=rule)
        for name in ("a", "c", "d"):
            assert scores[name].sum() == pytest.approx(logit, rel=1e-4)
        assert scores["b"].sum() < scores["a"].sum()


def test_a_binary_output_starts_from_its_logit():
    keras.utils.set_random_seed(0)
    model = sequential(
        (3,), L.Dense(4, activation="relu", name="a"), L.Dense(1, activation="sigmoid")
    )
    raw = sequential((3,), L.Dense(4, activation="relu", name="a"), L.Dense(1))
    raw.set_weights(model.get_weights())
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(
        importance(model, x, criterion="lrp")["a"], importance(raw, x, criterion="lrp")["a"]
    )
