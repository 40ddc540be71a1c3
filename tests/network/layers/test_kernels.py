"""An EinsumDense that multiplies the last axis is a Dense layer, whatever asks."""

import itertools
import math

import keras
import numpy as np
import pytest
from keras import layers as kl

import explainprune as xp
from explainprune.network.layers.kernels import DENSE
from explainprune.network.layers.kind import UNKNOWN
from explainprune.network.layers.registry import kind_of
from explainprune.network.listing import layers
from explainprune.network.ways.paths import liveness
from explainprune.network.ways.size import size_of
from explainprune.pruning import prune, shrink

ROWS = np.random.default_rng(0).normal(size=(9, 2, 3)).astype("float32")


def stack(make, bias=True):
    """Two hidden layers at each of two places, an output on all of it; some entries zero."""
    x = keras.Input((2, 3))
    h = make(4, "relu", bias, "a")(x)
    h = make(5, "tanh", bias, "b")(h)
    model = keras.Model(x, kl.Dense(2, name="out")(kl.Flatten()(h)))
    draw = np.random.default_rng(5)
    for weight in model.weights:
        values = draw.normal(size=weight.shape)
        weight.assign(np.where(draw.random(weight.shape) < 0.3, 0.0, values))
    return model


def dense(units, activation, bias, name):
    return kl.Dense(units, activation, use_bias=bias, name=name)


def einsum(units, activation, bias, name):
    axes = "d" if bias else None
    return kl.EinsumDense(
        "abc,cd->abd", (2, units), activation=activation, bias_axes=axes, name=name
    )


@pytest.mark.parametrize("bias", [True, False])
def test_it_is_followed_like_a_dense_layer(bias):
    ours, twin = stack(einsum, bias), stack(dense, bias)
    assert size_of(ours, gzip=False) == size_of(twin, gzip=False)
    assert size_of(ours).flops == 2 * (2 * 3 * 4 + 2 * 4 * 5 + 10 * 2)
    for a, b in zip(layers(ours), layers(twin), strict=True):
        assert (a.units, a.unit_axis, a.prunable_units) == (b.units, b.unit_axis, b.prunable_units)
    found, expected = liveness(ours), liveness(twin)
    assert found.exact and found.connections == expected.connections
    np.testing.assert_array_equal(found.inputs, expected.inputs)
    assert found.units.keys() == expected.units.keys()
    for path, alive in expected.units.items():
        np.testing.assert_array_equal(found.units[path], alive)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("criterion", ["magnitude", "wanda", "lrp", "fisher", "taylor"])
def test_it_is_pruned_and_shrunk_like_a_dense_layer(criterion, bias):
    data = (ROWS, np.arange(9) % 2)
    options = {"criterion": criterion, "granularity": "unit", "sparsity": 0.4}
    options |= {"steps": 1, "finetune_epochs": 0}
    ours, twin = (prune(stack(make, bias), data, **options) for make in (einsum, dense))
    np.testing.assert_allclose(ours.model(ROWS), twin.model(ROWS), atol=1e-6)
    small, other = shrink(ours.model, masks=ours.masks), shrink(twin.model, masks=twin.masks)
    assert {p: k.tolist() for p, k in small.kept.items()} == {
        p: k.tolist() for p, k in other.kept.items()
    }
    assert len(small.kept["a"]) + len(small.kept["b"]) < 9
    np.testing.assert_allclose(small.model(ROWS), ours.model(ROWS), atol=1e-6)


def test_a_constant_is_folded_into_a_bias_that_it_gains():
    model = stack(einsum, bias=False)
    first = keras.Sequential([keras.Input((2, 3)), kl.Dense(3, name="first"), model])
    kernel, bias = np.eye(3), np.zeros(3)
    kernel[:, 1], bias[1] = 0.0, 2.5
    first.layers[0].set_weights([kernel, bias])
    small = shrink(first)
    assert small.kept["first"].tolist() == [0, 2]
    np.testing.assert_allclose(small.model(ROWS), first(ROWS), atol=1e-5)


def enumerated(function, row, background):
    """Shapley values of one row (d,) by all coalitions, meaned over the background."""
    d = len(row)
    values = {}
    for coalition in itertools.product([False, True], repeat=d):
        values[coalition] = function(np.where(coalition, row, background)).mean(axis=0)
    found = np.zeros((d, *values[(False,) * d].shape))
    for coalition, value in values.items():
        size = sum(coalition)
        for i in range(d):
            if coalition[i]:
                share = math.factorial(size - 1) * math.factorial(d - size) / math.factorial(d)
                found[i] += share * value
            else:
                share = math.factorial(size) * math.factorial(d - size - 1) / math.factorial(d)
                found[i] -= share * value
    return found


def test_its_exact_values_are_those_of_enumeration():
    model, background = stack(einsum), ROWS[4:]
    found = xp.attribute(
        model, ROWS[:1], method="exact", background=background, target=1, output="logit"
    )

    def function(rows):
        return np.asarray(model(rows.reshape(-1, 2, 3).astype("float32")))[:, 1]

    flat = background.reshape(len(background), -1)
    np.testing.assert_allclose(
        found.values.ravel(), enumerated(function, ROWS[0].ravel(), flat), atol=1e-5
    )


@pytest.mark.parametrize("method", ["deep_shap", "lrp", "exact", "integrated_gradients"])
def test_it_is_explained_like_a_dense_layer(method):
    ours, twin = (
        xp.attribute(stack(make), ROWS[:3], method=method, background=ROWS[4:], target=0)
        for make in (einsum, dense)
    )
    np.testing.assert_allclose(ours.values, twin.values, rtol=1e-4, atol=1e-5)


def test_other_equations_are_no_dense_layer():
    plain = ["ab,bc->ac", "...x,xy->...y", "abc,cd->abd"]
    others = ["abc,cd->adb", "abc,cde->abde", "abc,dc->abd", "abc,bd->acd", "abc,bcd->ad"]
    for equation in plain + others:
        known = kind_of(kl.EinsumDense(equation, 4))
        assert (known.passing is not UNKNOWN.passing) == (equation in plain)
    assert kind_of(kl.EinsumDense("abc,cd->abd", (2, 4), bias_axes="bd")).patches is None
    assert kind_of(kl.EinsumDense("ab,bc->ac", 4)).patches is DENSE.patches
