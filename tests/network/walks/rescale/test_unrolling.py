"""Recurrent layers written out step by step compute what their loops compute, masks and all."""

import numpy as np
import pytest
from exact_reference import shapley_by_definition

import explainprune as xp
from explainprune.network import as_network
from explainprune.network.backend import keras, tf
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.tracing.same import check_same
from explainprune.network.tracing.traced import traced
from explainprune.network.walks.unrolling import unrolled

L = keras.layers
BOTH_WAYS = {
    "sequences": lambda: L.Bidirectional(L.LSTM(2, return_sequences=True)),
    "sequences, summed": lambda: L.Bidirectional(L.GRU(2, return_sequences=True), "sum"),
    "last step": lambda: L.Bidirectional(L.SimpleRNN(2)),
    "two cells": lambda: L.Bidirectional(
        L.RNN([L.LSTMCell(2), L.GRUCell(2)], return_sequences=True)
    ),
    "backwards alone": lambda: L.LSTM(
        2, return_sequences=True, go_backwards=True, zero_output_for_mask=True
    ),
    "backwards, last output kept": lambda: L.GRU(2, return_sequences=True, go_backwards=True),
}


def of_tokens(recurrent, mask=True):
    keras.utils.set_random_seed(0)
    tokens = keras.Input((5,), dtype="int32")
    wide = keras.initializers.RandomNormal(stddev=1.0)
    h = recurrent()(L.Embedding(9, 3, mask_zero=mask, embeddings_initializer=wide)(tokens))
    h = L.GlobalAveragePooling1D()(h) if len(h.shape) == 3 else h
    return keras.Model(tokens, L.Dense(1)(h))


@pytest.fixture
def x():
    rows = np.random.default_rng(0).integers(1, 9, (12, 5)).astype("int32")
    for number, row in enumerate(rows):
        row[number % 5 + 1 :] = 0  # padding behind
    rows[8, :2] = 0  # and before
    return rows


def written_out(model, x):
    with unrolled(layers_inside(model)):
        function = traced(lambda t: model(t), tf.TensorSpec((None, 5), tf.int32))
    kinds = {op.type for op in function.graph.get_operations()}
    assert not kinds & {"While", "StatelessWhile"}
    return function(tf.constant(x)).numpy()


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("name", BOTH_WAYS)
def test_steps_written_out_are_the_loop(name, mask, x):
    model = of_tokens(BOTH_WAYS[name], mask)
    expected = model.predict(x, verbose=0)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(written_out(model, x), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=0)  # as it was
    assert {each.unroll for each in layers_inside(model) if isinstance(each, L.RNN)} == {False}
    assert not any("inner_loop" in vars(each) for each in layers_inside(model))


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_values_of_masked_sequences_add_up_near_the_shapley_values(name, x):
    """A mask is a product: each step's own part in it is shared as Shapley values share it."""
    model = of_tokens(BOTH_WAYS[name])
    found = xp.attribute(model, x[6:8], background=x[5], method="deep_shap")
    change = found.output - found.base
    np.testing.assert_allclose(found.values.sum(axis=1), change, atol=2e-6)
    exact = [
        shapley_by_definition(
            lambda rows: model.predict(np.round(rows).astype("int32"), verbose=0),
            row.astype(float), x[5].astype(float), np.arange(5),
        )
        for row in x[6:8]
    ]  # fmt: skip
    off = np.abs(found.values - np.reshape(exact, (2, 5))).max() / np.abs(exact).max()
    assert off < 0.6


def test_a_graph_that_computes_something_else_is_refused(monkeypatch, x):
    model = of_tokens(BOTH_WAYS["sequences"])
    monkeypatch.setattr(
        "explainprune.network.walks.unrolling._turned", lambda layer, loop: loop
    )  # backward layers now go forwards
    with pytest.raises(ValueError, match=r"deep_shap: its graph outputs something else than the"):
        xp.attribute(model, x[6:8], background=x[:5], method="deep_shap")


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_differences_are_read_against_how_far_outputs_lie_apart(size):
    own = size * np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    check_same(own + 1.9e-3 * size, own, "It")
    with pytest.raises(ValueError, match=r"It outputs something else .* in row 1, where outputs"):
        check_same(own + size * np.array([[0, 0], [0, 4e-3], [0, 0]]), own, "It")


def test_where_outputs_hardly_differ_rounding_passes_and_no_more():
    own = np.full((4, 1), 100.0)
    check_same(own + 3e-4, own, "It")
    check_same(own + 3e-4, own * 1.0, "It", precision=1e-6)
    with pytest.raises(ValueError, match="outputs lie 0 apart"):
        check_same(own + 1e-3, own, "It")
    with pytest.raises(ValueError, match="something else"):
        check_same(own * np.nan, own, "It")


def test_the_network_taken_apart_is_held_against_itself(monkeypatch):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, "relu"), L.Dense(1)])
    rows = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    right = xp.attribute(model, rows[:2], background=rows[2:], method="exact")
    assert "One game for each unit" in " ".join(right.notes)
    from explainprune.network.scalars import elements as scalars

    wrong = lambda self, x: self.output(self.elements(x)) + np.asarray(x)[:, :1]  # noqa: E731
    monkeypatch.setattr(scalars.Unrolled, "outputs", wrong)
    found = xp.attribute(model, rows[:2], background=rows[2:], method="exact")
    assert "The whole network was enumerated" in " ".join(found.notes)
    np.testing.assert_allclose(found.values, right.values, atol=1e-5)
    assert as_network(model).n_inputs == 4
