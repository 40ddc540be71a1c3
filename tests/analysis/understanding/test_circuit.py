"""Circuits of networks in which one was planted, and their controls."""

import numpy as np
import pytest

import explainprune as xp
from explainprune.analysis.understanding.edges import wired
from explainprune.analysis.understanding.searching import class_loss, fitted, log_odds, trace_loss
from explainprune.network import perceptron, unroll
from explainprune.reporting import plot
from explainprune.types import Data, Rows
from explainprune.types.circuit import at_least

RNG = np.random.default_rng(0)


def network(n_inputs=4, outputs=3, hidden=(5, 4), activation="relu", seed=0):
    model = perceptron(n_inputs, outputs, hidden=hidden, activation=activation, seed=seed)
    model.set_weights([RNG.normal(size=w.shape) for w in model.get_weights()])
    return model


def planted(n_inputs=6, hidden=8):
    """Units 0 and 1 decide by inputs 0, 1 and 2; the others read much and say nothing."""
    model = perceptron(n_inputs, 1, hidden=(hidden,))
    kernel = RNG.normal(size=(n_inputs, hidden))
    kernel[:, :2] = 0
    kernel[0, 0], kernel[1, 0], kernel[2, 1] = 1.0, -1.0, 1.0
    out = np.full((hidden, 1), 1e-4)
    out[:2, 0] = 2.0, -2.0
    model.set_weights([kernel, np.zeros(hidden), out, np.zeros(1)])
    return model


def planted_rows(n=400):
    x = RNG.normal(size=(n, 6)).astype(np.float32)
    score = 2 * np.maximum(x[:, 0] - x[:, 1], 0) - 2 * np.maximum(x[:, 2], 0)
    y = (RNG.random(n) < 1 / (1 + np.exp(-4 * (score - score.mean())))).astype(int)
    return x, y


@pytest.fixture(scope="module")
def found():
    x, y = planted_rows()
    return xp.circuit(planted(), (x, y), loss=None, controls=1)


def test_a_planted_circuit_is_found_exactly():
    x, y = planted_rows()
    whole = xp.circuit(planted(), (x, y), controls=0).whole
    found = xp.circuit(planted(), (x, y), loss=1.001 * whole, controls=0)
    assert (found.kept.connections, found.kept.units, found.inputs) == (5, 2, ("x0", "x1", "x2"))
    assert sorted(found.reads) == [("+x0", "−x1"), ("−x2",)]
    assert found.live.connections == 6 * 6 + 3 + 8
    assert found.formula.text.count("max") == 2
    assert sum(len(edges.weight) for edges in found.drawing.edges) == 5
    drawn = plot.network(found)
    assert {text.get_text() for text in drawn.texts} == {"x0", "x1", "x2", "output"}


def test_losses_on_held_out_rows_are_those_of_the_same_rows():
    x, y = planted_rows()
    found = xp.circuit(planted(), Data(Rows(x, y), train=Rows(x, y)), controls=0)
    assert (found.held_out, found.whole_held_out) == pytest.approx((found.reached, found.whole))
    alone = Data(Rows(x[y == 1], y[y == 1]), train=Rows(x, y))
    assert xp.circuit(planted(), alone, controls=0).held_out is None  # one class tells nothing


def test_labels_without_sense_need_more_or_are_not_reached(found):
    assert found.size <= 5
    assert found.nonsense == (None,)  # nothing in this network tells shuffled labels apart
    assert found.random[0] is None or found.random[0] > found.size
    assert "Shuffled labels: not reached" in found.sentence


def test_the_formula_of_a_circuit_is_the_cut_network():
    model, x = network(), RNG.normal(size=(50, 4))
    taken = wired(unroll(model), x)
    keep = taken.on_a_way(RNG.random(taken.size) < 0.6)
    np.testing.assert_allclose(taken.cut(keep).outputs(x), taken.outputs(x, keep), atol=1e-9)


def test_a_cut_connection_carries_its_mean():
    model, x = network(hidden=(3,)), RNG.normal(size=(30, 4))
    taken = wired(unroll(model), x)
    kernel, bias, out, end = (np.asarray(w, float) for w in model.get_weights())
    keep = np.ones(taken.size, bool)
    first = taken.parts[0]
    keep[np.flatnonzero((first.row == 1) & (first.column == 2))] = False  # input 1 to unit 2
    read = x @ kernel + bias
    read[:, 2] += kernel[1, 2] * (x[:, 1].mean() - x[:, 1])
    np.testing.assert_allclose(taken.outputs(x, keep), np.maximum(read, 0) @ out + end, atol=1e-6)
    nothing = taken.outputs(x, np.zeros(taken.size, bool))
    hidden = np.maximum(x @ kernel + bias, 0).mean(axis=0)
    np.testing.assert_allclose(nothing, np.tile(hidden @ out + end, (30, 1)), atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_effects_are_the_slopes_of_the_loss_by_each_connection(activation):
    model, x = network(activation=activation), RNG.normal(size=(40, 4))
    taken = wired(unroll(model), x)
    loss = trace_loss(1, taken.outputs(x, np.ones(taken.size)) + 1.0, np.zeros((40, 3)))
    share = RNG.uniform(0.3, 1.0, size=taken.size)  # kept in part: the slope is of this
    _, effects = taken.effects(x, share, loss)
    for edge in range(taken.size):
        step = np.zeros(taken.size)
        step[edge] = 1e-6
        up, down = (loss(taken.outputs(x, share + sign * step))[0] for sign in (1, -1))
        assert effects[edge] == pytest.approx(-(up - down) / 2e-6, rel=1e-4, abs=1e-7)


def test_the_line_over_log_odds_is_the_best_there_is():
    from sklearn.linear_model import LogisticRegression

    odds, is_class = RNG.normal(size=200), RNG.random(200) < 0.3
    odds = odds + 2 * is_class
    weight = np.where(is_class, 0.5 / is_class.sum(), 0.5 / (~is_class).sum())
    line = fitted(odds, is_class, weight)
    middle, spread = weight @ odds, odds.std()
    slow = LogisticRegression(C=1 / (2 * 1e-3 / 2), tol=1e-10)
    slow.fit(((odds - middle) / spread)[:, None], is_class, sample_weight=weight)
    assert line.scale * spread == pytest.approx(slow.coef_[0, 0], rel=1e-3)
    value, _ = class_loss(1, is_class)(odds[:, None])
    backwards, _ = class_loss(1, is_class)(-odds[:, None])
    assert value < backwards and backwards == pytest.approx(np.log(2))  # it is never turned round


def test_log_odds_are_those_of_the_softmax():
    outputs = RNG.normal(size=(5, 3))
    p = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(log_odds(outputs, 1)[0], np.log(p[:, 1] / (1 - p[:, 1])))


def test_what_leads_nowhere_is_cut():
    taken = wired(unroll(network(hidden=(2, 2))), np.zeros((1, 4)))
    keep = np.ones(taken.size, bool)
    keep[taken.touching(1, 0) & (np.arange(taken.size) < 8)] = False  # nothing enters unit 0
    live = taken.on_a_way(keep)
    assert not (live & taken.touching(1, 0)).any()
    assert live.sum() == taken.size - 4 - 2


def test_the_trace_of_a_row_keeps_its_log_odds():
    x, y = planted_rows()
    found = xp.circuit(planted(), (x, y), row=3, loss=0.01)
    assert found.row == 3 and found.reached <= 0.01 and found.size <= 5
    assert set(found.inputs) <= {"x0", "x1", "x2"} and found.nonsense == ()


def test_what_comes_back_is_told_from_chance(found):
    from dataclasses import replace

    accident = replace(found, inputs=("x5",), reads=(("+x5",),), features=60)
    table = xp.recurring([replace(found, features=60)] * 4 + [accident])
    by_item = table.set_index("item")
    assert by_item.loc["x0", "circuits"] == 4 and by_item.loc["x0", "comes_back"]
    assert by_item.loc["x5", "circuits"] == 1 and not by_item.loc["x5", "comes_back"]
    shares = np.array([len(found.inputs) / 60] * 4 + [1 / 60])
    assert by_item.loc["x0", "chance"] == pytest.approx(at_least(4, shares))
    assert by_item.loc["x0", "expected"] == pytest.approx(shares.sum())


def test_refusals():
    x, y = planted_rows(60)
    with pytest.raises(ValueError, match="the whole network has"):
        xp.circuit(planted(), (x, y), loss=1e-6, controls=0)
    with pytest.raises(ValueError, match="Which class"):
        xp.circuit(network(6), (x, y), controls=0)
    with pytest.raises(ValueError, match=r"Of the 60 rows 0 are of '2'"):
        xp.circuit(network(6), (x, y), 2, controls=0)
