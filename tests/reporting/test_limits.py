"""Figures held to limits: of all rows, of a slice, of the worst of several."""

import pytest

from explainprune.reporting.limits import held, limit
from explainprune.types import Comparison, Measure, ModelRow, Verdict


def churn(value):
    return {"churn": Measure(value, None, 100, note="no interval: made up")}


@pytest.fixture
def results():
    """Return results with a churn of 6 % on all rows, more in some slices, and two accuracies."""
    return Comparison(
        Verdict("preserved", "6 % moved.", "moved_weight", 0.15),
        Verdict("same", "As many.", "effective_features", 0.05),
        models={
            "dense": ModelRow("dense", accuracy=0.9),
            "pruned": ModelRow("pruned", accuracy=0.85),
        },
        comparisons={"dense|pruned": churn(0.06)},
        slices={
            "dense|pruned": {
                "class 0": churn(0.02),
                "class 1": churn(0.1),
                "group north": churn(0.08),
            }
        },
    )


@pytest.mark.parametrize(
    ("text", "most", "where", "found", "passed"),
    [
        ("churn=0.06", True, "all rows", 0.06, True),
        ("churn=0.05", True, "all rows", 0.06, False),
        ("churn=0.06", False, "all rows", 0.06, True),
        ("churn=0.07", False, "all rows", 0.06, False),
        ("class:churn=0.1", True, "class 1", 0.1, True),
        ("class:churn=0.09", True, "class 1", 0.1, False),
        ("class:churn=0.03", False, "class 0", 0.02, False),
        ("group:churn=0.09", True, "group north", 0.08, True),
        ("group north:churn=0.07", True, "group north", 0.08, False),
        ("accuracy_drop=0.05", True, "all rows", 0.05, True),
        ("accuracy_drop=0.049", True, "all rows", 0.05, False),
        ("accuracy_rise=-0.05", False, "all rows", -0.05, True),
        ("accuracy=0.86", False, "all rows", 0.85, False),
    ],
)
def test_a_figure_is_held_where_it_is_asked_for(results, text, most, where, found, passed):
    outcome = held(results, limit(text, most=most))
    assert outcome["found"] == pytest.approx(found)
    assert (outcome["where"], outcome["passed"]) == (where, passed)
    side = "most" if most else "least"
    assert outcome["sentence"].endswith(f"at {side} {text.split('=')[1]} allowed.")


def test_the_worst_of_several_says_of_how_many(results):
    assert "(the worst of 2)" in held(results, limit("class:churn=1", most=True))["sentence"]
    assert "worst" not in held(results, limit("class 1:churn=1", most=True))["sentence"]


@pytest.mark.parametrize("text", ["churns=0.1", "class 7:churn=0.1"])
def test_what_isnt_there_is_refused(results, text):
    with pytest.raises(ValueError, match=r"churn|class"):
        held(results, limit(text, most=True))
