"""The size of circuits beside the verdict: what is searched, its controls, what has none."""

import numpy as np
import pytest
from keras_cases import sequential

import explainprune as xp
from explainprune.analysis.comparison import circuits
from explainprune.analysis.comparison.compare import compared
from explainprune.network import FormulaNetwork, fit, perceptron
from explainprune.network.backend import keras
from explainprune.types import Rows

RNG = np.random.default_rng(0)
FEW = {"background": 20, "backgrounds": 2, "detail": False}


@pytest.fixture(scope="module")
def three():
    """A network that was trained on three classes, one of it pruned, and rows."""
    x = RNG.normal(size=(120, 5)).astype(np.float32)
    y = np.where(x[:, 0] > 0.4, 2, (x[:, 1] > 0).astype(int))
    start, how = perceptron(5, 3, hidden=(8,), seed=0), {"epochs": 60, "learning_rate": 0.02}
    dense, _ = fit(start, Rows(x, y), seed=0, **how)
    pruned = xp.prune(dense, criterion="magnitude", sparsity=0.4, schedule="one_shot").model
    result, case, _ = compared(dense, pruned, (x, y), **FEW)
    return dense, pruned, (x, y), result, case


def found(result, name):
    return result.models[name].slices["all rows"]


def test_the_size_is_that_of_xp_circuit_at_a_loss_that_both_reach(three):
    dense, pruned, data, result, case = three
    background = case.backgrounds.joined(case.backgrounds.first)
    sizes = {"dense": [], "other": []}
    for target in range(3):
        how = {"target": target, "background": background, "controls": 0}
        whole = [xp.circuit(each, data, **how).whole for each in (dense, pruned)]
        most = max(whole) + 0.1 * (np.log(2) - max(whole))
        for name, each in (("dense", dense), ("other", pruned)):
            sizes[name].append(xp.circuit(each, data, loss=most, **how).size)
    for name, each in sizes.items():
        figure = found(result, name)["circuit"]
        assert figure.value == pytest.approx(np.mean(each)) and len(set(each)) > 1
        assert (figure.interval, figure.n, figure.unit) == (None, 3, "classes")
        assert result.clarity.evidence[f"circuit_{name}"] == figure


def test_chance_is_what_came_as_far_with_as_few(three, monkeypatch):
    *_, result, case = three
    figure = found(result, "dense")["circuit_by_chance"]
    assert (figure.n, figure.unit) == (6, "searches")
    assert result.clarity.evidence["circuit_by_chance_dense"] == figure
    searched = []

    def smallest(network, x, loss, most):
        """Of each class: itself, shuffled labels, random weights."""
        searched.append((network, loss(network.outputs(x, np.ones(network.size, bool)))[0]))
        return (np.ones(4), None, np.ones(4 + len(searched) % 2))[(len(searched) - 1) % 3]

    monkeypatch.setattr(circuits, "smallest", smallest)
    again = circuits.circuits_of(case)["dense"].figures
    assert again["circuit"].value == 4
    # Random weights needed 5, 4 and 5 connections: one search of six came as far with four.
    assert again["circuit_by_chance"].value == pytest.approx(1 / 6)
    low = 1 - 0.975 ** (1 / 6)
    assert again["circuit_by_chance"].interval[0] == pytest.approx(low)
    (own, whole), (same, shuffled), (random, blind) = searched[:3]
    assert own is same and random is not own
    assert whole < shuffled and whole < blind


def test_a_model_beside_itself_is_searched_once(three, monkeypatch):
    dense, _, data, *_ = three
    calls = []
    monkeypatch.setattr(circuits, "smallest", lambda *given: calls.append(0) or np.ones(3))
    result = xp.compare(dense, dense, data, **FEW)
    assert len(calls) == 9 and found(result, "other") == found(result, "dense")


def test_of_two_classes_the_second_is_searched_and_labels_may_be_missing():
    x = RNG.normal(size=(90, 4)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    for outputs, data in ((1, (x, y)), (2, (x, y)), (2, x)):
        dense, _ = fit(perceptron(4, outputs, hidden=(6,), seed=0), Rows(x, y), epochs=20, seed=0)
        assert found(xp.compare(dense, dense, data, **FEW), "dense")["circuit"].n == 1


def test_what_is_not_searched_says_why(monkeypatch):
    x = RNG.normal(size=(60, 6)).astype(np.float32)
    dense = perceptron(6, 3, hidden=(8,))
    monkeypatch.setattr(circuits, "MOST", 50)
    row = xp.compare(dense, dense, x, **FEW).models["dense"]
    assert "circuit" not in row.slices["all rows"]
    assert "No circuits were searched for: 72 multiply-adds a row are more than 50." in row.note
    monkeypatch.undo()
    layers = keras.layers
    pooled = sequential((6, 1), layers.MaxPooling1D(3), layers.Flatten(), layers.Dense(3))
    row = xp.compare(pooled, pooled, x[..., None], **FEW).models["dense"]
    assert "several numbers together: circuits are of element-wise units" in row.note


def test_numbers_and_formulas_have_none():
    x = RNG.normal(size=(60, 3))
    formula = FormulaNetwork(lambda x: x @ np.eye(3), 3, n_outputs=3)
    for model, data in ((formula, x), (perceptron(3, 1, hidden=(4,)), (x, x[:, 0]))):
        result = xp.compare(model, model, data, **FEW)
        assert "circuit" not in found(result, "dense")
        assert "ircuit" not in result.models["dense"].note
