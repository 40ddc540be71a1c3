"""A scenario, tried: labels, metrics alone, and when a scenario fails."""

from dataclasses import replace

import numpy as np
import pytest

from explainprune.network import FormulaNetwork
from explainprune.study.sabotage import scenarios, trying
from explainprune.study.sabotage.planted import Planted
from explainprune.study.sabotage.scenarios import SCENARIOS, Scenario
from explainprune.types import Data, Measure, Rows, Verdict


def linear(*weights):
    """Two classes, decided by a weighted sum."""
    kernel = np.array(weights)[:, None] * [[-0.5, 0.5]]
    return FormulaNetwork(
        lambda x: x @ kernel,
        len(weights),
        gradient=lambda x: np.broadcast_to(kernel, (len(x), *kernel.shape)),
        n_outputs=2,
    )


def planted(other, group=None, named=""):
    x = np.random.default_rng(0).normal(size=(400, 3)).astype("float32")
    data = Data(
        Rows(x, (x[:, 0] > 0).astype(int), group=group),
        feature_names=("a", "b", "c"),
        task="classification",
    )
    return Planted(linear(3.0, 1.0, 0.0), other, data, key=("a",), group=named)


def scenario(other, expected, **options):
    return Scenario("", expected, lambda seed: planted(other, **options))


def test_a_verdict_is_held_against_the_truth():
    same, turned = linear(6.0, 2.0, 0.0), linear(0.0, 1.0, 3.0)
    found = trying.tried(scenario(same, "preserved"), 0)
    assert found.right and found.moved == pytest.approx(0, abs=1e-6)
    assert found.needs[0] == found.needs[1] > 0.3
    found = trying.tried(scenario(turned, "changed"), 0)
    assert (found.label, found.right) == ("changed", True)
    assert found.needs[0] > 0.3 and found.needs[1] == 0
    assert not trying.tried(scenario(turned, "preserved"), 0).right


def test_metrics_alone():
    figures = trying.tried(scenario(linear(6.0, 2.0, 0.0), "preserved"), 0).figures
    assert figures.keys() == trying.ALONE.keys()
    assert figures["size of attributions"] == pytest.approx(np.log(2), abs=1e-6)
    assert figures["churn"] == figures["accuracy"] == 0
    for name in ("cosine", "rank correlation", "top features", "signed top features"):
        assert figures[name] == pytest.approx(1)
    said = {name: alone.same(figures[name]) for name, alone in trying.ALONE.items()}
    # Twice the logits: the size of attributions cries wolf, and the log loss may.
    assert not said.pop("size of attributions")
    del said["log loss"]
    assert all(said.values())
    turned = trying.tried(scenario(linear(-3.0, -1.0, 0.0), "changed"), 0).figures
    assert turned["churn"] == 1 and turned["cosine"] == pytest.approx(-1)
    assert turned["signed top features"] == 0
    assert turned["top features"] == turned["rank correlation"] == 1


def verdict(low, label="preserved", worst="group members", floor=0.0):
    known = Measure(floor, (0.0, floor), 9)
    evidence = {"worst_group": Measure(0.5, (low, 0.9), 50), "floor": known}
    return Verdict(label, "", "D", 0.15, evidence=evidence, worst={"group": worst})


def test_a_group_counts_where_it_is_named_and_beyond_the_margin_by_itself():
    expected = scenarios.IN_A_GROUP
    assert trying.label_of(verdict(0.2), "members") == expected
    assert trying.label_of(verdict(0.14), "members") == "preserved"
    assert trying.label_of(verdict(0.2, floor=0.1), "members") == "preserved"
    assert trying.label_of(verdict(0.2, worst="group others"), "members") == "preserved"
    assert trying.label_of(verdict(0.2), "") == "preserved"
    assert trying.label_of(verdict(0.2, label="changed"), "members") == "changed"


def test_only_the_group_is_asked_what_it_needs():
    group = np.where(np.arange(400) < 30, "members", "others")
    found = planted(linear(0.0, 1.0, 1.0), group=group, named="members")
    few = trying.needs(found, found.dense, 0)
    assert few == pytest.approx(round(few * 30) / 30) and few > 0


def test_a_scenario_fails_when_two_of_three_tries_are_wrong(monkeypatch):
    right = trying.tried(scenario(linear(6.0, 2.0, 0.0), "preserved"), 0)
    wrong = replace(right, right=False)
    answers = iter([right, wrong, right, right, wrong, wrong, right])
    monkeypatch.setattr(trying, "tried", lambda scenario, seed: next(answers))
    assert [len(found) for found in (trying.settled(None, 0), trying.settled(None, 0))] == [1, 3]
    assert trying.fails(trying.settled(None, 0))
    assert not trying.fails([wrong, right, right]) and not trying.fails([right])
    rng = np.random.default_rng(0)
    runs = rng.random((200_000, 3)) < 0.2
    seen = np.mean(runs[:, 0] & (runs.sum(axis=1) > 1))
    assert trying.chance_of_failing(0.2) == pytest.approx(seen, abs=0.003)


def test_scenarios_say_what_was_done_and_what_is_expected():
    labels = {scenarios.CHANGED, scenarios.PRESERVED, scenarios.IN_A_GROUP}
    assert {each.expected for each in SCENARIOS.values()} == labels
    assert all(each.done and each.done[0].islower() for each in SCENARIOS.values())
    assert [n for n, each in SCENARIOS.items() if each.expected == scenarios.IN_A_GROUP] == [
        "subgroup dropped"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_gets_its_verdict(name):
    assert not trying.fails(trying.settled(SCENARIOS[name], 0))
