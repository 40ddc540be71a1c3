"""Objective "clear": what it measures, what it chooses, what it refuses."""

import numpy as np
import pandas as pd
import pytest

import explainprune as xp
from explainprune.analysis.metrics.agreement.moved_weight import moved_weight
from explainprune.network import as_network, fit, perceptron
from explainprune.pruning import clearest as searching
from explainprune.reporting import plot
from explainprune.types import Rows

RNG = np.random.default_rng(0)


def rows(n=300):
    """Two of six inputs decide."""
    x = RNG.normal(size=(n, 6)).astype(np.float32)
    return x, (x[:, 0] - x[:, 1] > 0).astype(int)


@pytest.fixture(scope="module")
def trained():
    x, y = rows()
    untrained = perceptron(6, 2, hidden=(12,), seed=0)
    model, _ = fit(untrained, Rows(x, y), epochs=30, seed=0)
    return model, (x, y)


@pytest.mark.filterwarnings("ignore:The model isn't compiled")
def test_the_chosen_one_is_within_margins_and_none_within_is_clearer(trained):
    model, data = trained
    margins = {"accuracy": 0.05, "moved_weight": 0.3}
    found = xp.prune(model, data, objective="clear", margins=margins, steps=1, finetune_epochs=3)
    table = found.frontier
    assert list(table["stage"].unique()) == ["inputs", "weight"] and len(table) == 14
    (chosen,) = table[table["chosen"]].to_dict("records")
    assert chosen["within"] and chosen["lost"] <= 0.05 and chosen["moved_weight_high"] <= 0.3
    order = ["inputs", "connections", "exact_cost"]
    within = table[table["within"]].sort_values(order)
    assert [chosen[name] for name in order] == list(within[order].iloc[0])
    assert chosen["inputs"] < 6 and chosen["connections"] < 6 * 12
    dead = ~found.model.get_weights()[0].any(axis=1)
    assert dead.sum() == 6 - chosen["inputs"]
    assert plot.clearest(table).get_xscale() == "log"


def test_moved_weight_is_that_of_compare(trained):
    model, (x, _) = trained
    other = perceptron(6, 2, hidden=(12,), seed=5)
    background, targets = x[:4].astype(float), np.asarray(model(x[:20])).argmax(axis=1)
    found = [
        searching.explained(as_network(each, "centred"), x[:20].astype(float), background, targets)
        for each in (model, other)
    ]
    slow = [
        xp.attribute(
            each, x[:20], background=background, method="integrated_gradients",
            target=targets, output="centred",
        ).values
        for each in (model, other)
    ]  # fmt: skip
    for fast, reference in zip(found, slow, strict=True):
        np.testing.assert_allclose(fast, reference, atol=0.05 * np.abs(reference).max())
    np.testing.assert_allclose(
        searching.moved_weights(*found), moved_weight(*found, k=1), atol=1e-12
    )


def test_rows_without_reasons():
    a = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    b = np.array([[0.0, -3.0], [1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(searching.moved_weights(a, b), [1.0, 1.0, np.nan])
    assert searching.upper(np.array([0.1, np.nan])) == 1.0  # one row says nothing of others


@pytest.mark.filterwarnings("ignore:The model isn't compiled")
def test_what_is_preserved_is_that_of_the_given_model_in_every_stage(trained, monkeypatch):
    model, data = trained
    held = []

    def finetuner(recipe, given, patience, preserve):
        held.append((preserve.what, preserve.dense, preserve.weight, len(preserve.unlabelled)))
        return lambda current, masks, epochs, seed: current

    monkeypatch.setattr("explainprune.pruning.run.finetuner", finetuner)
    margins = {"accuracy": 1.0, "moved_weight": 2.0}
    found = xp.prune(
        model, data, criterion="magnitude", objective="clear", margins=margins, steps=1,
        preserve="gradients", preserve_weight=2.0, unlabelled=data[0][:7],
    )  # fmt: skip
    assert held == [("gradients", model, 2.0, 7)] * 14
    inputs = found.frontier.query("stage == 'inputs' and within")["inputs"].min()
    assert inputs < 6  # the second stage begins with a pruned one


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"objective": "clean"}, "Unknown objective 'clean'. Did you mean 'clear'"),
        ({"objective": "clear", "sparsity": 0.5}, "Received: sparsity=0.5 as well"),
        ({"objective": "clear", "granularity": "fan_in:2"}, "granularity='fan_in:2' as well"),
        ({"objective": "clear", "margins": {"acuracy": 0.1}}, "acuracy"),
        ({"objective": "clear", "margins": {"accuracy": -1}}, "at least 0. Received: -1"),
        ({"margins": {"accuracy": 0.1}}, "pass objective='clear'"),
    ],
)
def test_refusals(given, message):
    with pytest.raises(ValueError, match=message):
        xp.prune(perceptron(6, 2, hidden=(4,)), rows(20), **given)


def test_without_labels_there_is_no_accuracy():
    with pytest.raises(ValueError, match="needs labelled rows"):
        xp.prune(perceptron(6, 2, hidden=(4,)), rows(20)[0], objective="clear")


def test_only_a_frontier_is_drawn():
    with pytest.raises(ValueError, match="Received: DataFrame without connections, moved_weight"):
        plot.clearest(pd.DataFrame({"stage": []}))
