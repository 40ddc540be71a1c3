"""``explainprune doctor --sabotage``: what it prints, and that a wrong verdict fails it."""

from importlib import import_module

import numpy as np
import pytest

from explainprune.network import FormulaNetwork
from explainprune.study.sabotage import scenarios
from explainprune.study.sabotage.planted import Planted
from explainprune.study.sabotage.scenarios import Scenario
from explainprune.types import Data, Rows


def network(*weights):
    kernel = np.array(weights)[:, None] * [[-0.5, 0.5]]
    return FormulaNetwork(lambda x: x @ kernel, len(weights), n_outputs=2)


def made(seed, other):
    x = np.random.default_rng(seed).normal(size=(200, 2)).astype("float32")
    rows = Rows(x, (x[:, 0] > 0).astype(int))
    data = Data(rows, feature_names=("a", "b"), task="classification")
    return Planted(network(2.0, 1.0), other, data, key=("a",))


@pytest.fixture
def two(monkeypatch):
    """Two scenarios of formulas, which need no training."""
    monkeypatch.setattr(
        scenarios,
        "SCENARIOS",
        {
            "scaled": Scenario("twice", "preserved", lambda s: made(s, network(4.0, 2.0))),
            "another": Scenario("other", "changed", lambda s: made(s, network(0.0, 1.0))),
        },
    )


def test_it_says_what_was_expected_and_found(cli, two):
    outcome = cli("doctor", "--sabotage", "--json")
    assert outcome.code == 0, outcome.err
    first, second = outcome.json["scenarios"]
    assert (first["scenario"], first["expected"], first["found"]) == (
        "scaled",
        "preserved",
        ["preserved"],
    )
    assert second["found"] == ["changed"] and second["seconds"] > 0
    assert outcome.json["failed"] == []
    text = cli("doctor", "--sabotage").out
    assert "2 scenarios" in text and "none wrong beyond chance" in text
    assert "ok" in text and "0 %" in text


def test_it_fails_where_verdicts_are_wrong(cli, two, monkeypatch):
    rule = import_module("explainprune.analysis.verdict.same_reasons")
    monkeypatch.setattr(rule, "_place", lambda *_: "preserved")
    outcome = cli("doctor", "--sabotage", "--json")
    assert outcome.code == 1
    assert outcome.json["failed"] == ["another"]
    assert outcome.json["scenarios"][1]["found"] == ["preserved"] * 3
    assert "WRONG" in cli("doctor", "--sabotage").out
