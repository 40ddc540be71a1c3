"""What a bound is asked of, and what it refuses."""

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.network.backend import keras
from explainprune.network.scalars.bounded import bound_between, bound_if_cheap
from explainprune.network.scalars.functions import ROUNDING

L = keras.layers


def test_sums_are_rounded_outwards():
    first = sequential((3,), L.Dense(1))
    first.weights[0].assign([[1.0], [1e8], [-1e8]])
    second = sequential((3,), L.Dense(1))
    second.weights[0].assign(np.zeros((3, 1)))
    bound = bound_between(first, second, box=(1.0, 1.0))
    assert 1.0 <= bound.each[0] <= 1.0 + 100 * ROUNDING * 2e8


def test_a_layer_without_a_rule_is_named():
    for layer, said in (
        (L.Dense(3, "gelu", name="odd"), r"layer 'odd' applies gelu, for which no rule is known"),
        (L.Softmax(name="odd"), r"layer 'odd' applies softmax"),
        (L.LSTM(2, name="odd"), r"layer 'odd' \(LSTM\) is not read"),
    ):
        shape = (3, 2) if isinstance(layer, L.LSTM) else (3,)
        model = sequential(shape, layer, L.Dense(2))
        with pytest.raises(ValueError, match=said):
            bound_between(model, model, box=(0, 1))
        none, reason = bound_if_cheap(model, model, box=(0, 1))
        assert none is None and "odd" in reason


def test_boxes_that_are_none_are_refused():
    model = sequential((3,), L.Dense(2))
    for box, said in (
        (None, r"A bound needs rows, or a box\. Received: neither"),
        (((0, 0), 1), r"one number for each of the 3 inputs.*low with shape \(2,\)"),
        ((0, np.inf), r"finite ends\. Received: high with NaN or infinite"),
        (((0, 2, 0), 1), r"from low to high\. Received: 2 to 1 for input 1"),
    ):
        with pytest.raises(ValueError, match=said):
            bound_between(model, model, box=box)
    with pytest.raises(ValueError, match=r"same number of inputs\. Received: 3 and 4"):
        bound_between(model, sequential((4,), L.Dense(2)), box=(0, 1))
    with pytest.raises(ValueError, match=r"same number of outputs\. Received: 2 and 1"):
        bound_between(model, sequential((3,), L.Dense(1)), box=(0, 1))
    with pytest.raises(TypeError, match=r"two Keras models\. Received: str"):
        bound_between(model, "m.keras", box=(0, 1))


def test_large_models_are_left_to_whoever_asks(monkeypatch):
    model = sequential((3,), L.Dense(2))
    monkeypatch.setattr("explainprune.network.scalars.bounded.MOST_WEIGHTS", 5)
    bound, reason = bound_if_cheap(model, model, box=(0, 1))
    assert bound is None and "6 multiply-adds, more than the 5" in reason
    assert bound_between(model, model, box=(0, 1)).largest == 0
