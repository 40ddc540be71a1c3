"""*Clearer?*: every branch of its rule, and the sentences."""

import math
import re

import pytest

from explainprune.analysis.verdict import clearer, faithful, not_broken
from explainprune.analysis.verdict.deciding import more_needed
from explainprune.types import Measure


def m(value, half=0.005, n=500, unit="samples"):
    return Measure(value, (value - half, value + half), n, unit)


def clarity(ratio, half=0.01, *conditions, **options):
    r = m(ratio, half, 90)
    return clearer(r, m(26.0, 2, 90), m(26.0 * ratio, 1, 90), conditions, **options)


WORKS = not_broken(m(0.005, 0.01), 0.02)
OPEN = not_broken(m(0.015, 0.01, 100), 0.02)
BROKEN = not_broken(m(0.12, 0.02), 0.02)
AS_FAITHFUL = faithful(m(-0.01, 0.02), 0.05)
UNFAITHFUL = faithful(m(0.2, 0.02), 0.05)


@pytest.mark.parametrize(
    ("ratio", "half", "conditions", "label"),
    [
        (0.42, 0.04, (WORKS, AS_FAITHFUL), "clearer"),
        (1.00, 0.02, (WORKS, AS_FAITHFUL), "same"),
        (1.30, 0.10, (WORKS, AS_FAITHFUL), "less clear"),
        (0.96, 0.03, (WORKS, AS_FAITHFUL), "inconclusive"),
        (1.00, 0.20, (WORKS, AS_FAITHFUL), "inconclusive"),
        (0.42, 0.04, (BROKEN, AS_FAITHFUL), "inconclusive"),
        (1.30, 0.04, (BROKEN, AS_FAITHFUL), "inconclusive"),
        (1.00, 0.02, (BROKEN, AS_FAITHFUL), "inconclusive"),
        (0.42, 0.04, (OPEN, AS_FAITHFUL), "inconclusive"),
        (0.42, 0.04, (WORKS, UNFAITHFUL), "inconclusive"),
        (1.00, 0.02, (WORKS, UNFAITHFUL), "inconclusive"),
        (1.00, 0.02, (OPEN, AS_FAITHFUL), "inconclusive"),
        (1.30, 0.10, (OPEN, UNFAITHFUL), "less clear"),
    ],
)
def test_clearer_needs_the_endpoint_and_its_conditions(ratio, half, conditions, label):
    verdict = clarity(ratio, half, *conditions)
    assert verdict.label == label
    assert len(verdict.conditions) == len(conditions)


def test_the_sentence_of_a_clearer_model():
    beside = ["214 live connections instead of 6,464"]
    verdict = clarity(0.42, 0.04, WORKS, name="pruned", beside=beside)
    assert verdict.sentence == (
        "The pruned model's explanations are clearer: they rest on 11 effective features instead "
        "of 26, 0.42 times as many (interval 0.38–0.46; margin 5 %). The model has 214 live "
        "connections instead of 6,464."
    )


def test_numbers_that_round_alike_get_a_decimal():
    verdict = clarity(0.99, 0.01)
    assert "they rest on 25.7 effective features instead of 26.0, 0.99 times" in verdict.sentence


def test_a_broken_model_is_named_as_the_reason():
    verdict = clarity(0.42, 0.04, BROKEN, AS_FAITHFUL)
    assert "not called clearer, because the other model is broken: accuracy fell by 12 points" in (
        verdict.sentence
    )
    assert " They rest on 11 effective features instead of 26, 0.42 times" in verdict.sentence
    assert verdict.more is None
    assert verdict.conditions[0].endswith(": fails.")
    assert verdict.conditions[1].endswith(": holds.")


def test_without_labels_churn_bounds_the_loss():
    condition = not_broken(m(0.011, 0.005), 0.02, score="churn")
    assert str(condition) == (
        "Predictions differ on 1.1 % of the rows (interval 0.6–1.6; margin 2), and accuracy can "
        "have fallen by no more (there are no labels): holds."
    )
    verdict = clarity(0.42, 0.04, condition)
    assert verdict.label == "clearer"
    assert "churn" in verdict.evidence


def test_an_open_condition_says_how_many_rows_would_settle_it():
    verdict = clarity(0.42, 0.04, OPEN, AS_FAITHFUL)
    assert verdict.more == more_needed(OPEN.measure, 0.02, "pair")
    assert (
        "is inconclusive: they rest on 11 effective features instead of 26, 0.42 times as many "
        "(interval 0.38–0.46; margin 5 %), but whether the other model still works isn't settled: "
        "accuracy fell by 1.5 points (interval 0.5–2.5; margin 2). About "
    ) in verdict.sentence
    assert verdict.sentence.endswith(" more rows would most likely decide.")


def test_an_open_ratio_says_how_many_rows_would_settle_it():
    verdict = clarity(1.0, 0.08)
    logs = Measure(0.0, (math.log(0.92), math.log(1.08)), 90)
    edges = [more_needed(logs, edge, "pair") for edge in (-math.log(1.05), math.log(1.05))]
    assert verdict.more == max(edges)


def test_twins_of_another_seed_are_a_mark():
    verdict = clarity(0.42, 0.04, WORKS, twins=Measure(1.03, (0.98, 1.08), 90))
    assert verdict.label == "clearer"
    assert verdict.sentence.endswith(" Between models of another start the ratio is 1.03.")
    assert verdict.evidence["effective_features_ratio_retrained"].value == 1.03


def test_log_loss_is_a_share_of_what_the_class_shares_cost():
    condition = not_broken(m(0.031, 0.01), 0.05, score="log_loss")
    assert str(condition) == (
        "Log loss rose by 3.1 % of what always predicting the class shares would cost (interval "
        "2.1–4.1; margin 5): holds."
    )
    assert condition.fatal
    assert not AS_FAITHFUL.fatal


def test_clearer_without_an_interval_is_inconclusive():
    one = Measure(0.5, None, 1, note="one")
    verdict = clearer(one, one, one)
    assert (verdict.label, verdict.more) == ("inconclusive", None)
    none = Measure(None, None, 0, note="all 0")
    assert "undefined (all 0)" in clearer(none, none, none).sentence


NONE = Measure(None, None, 0, note="all 0")


@pytest.mark.parametrize(
    "verdict",
    [
        clarity(0.42, 0.04, WORKS, AS_FAITHFUL, beside=["2 inputs instead of 9"]),
        clarity(0.42, 0.04, BROKEN, UNFAITHFUL),
        clarity(1.0, 0.02, OPEN, UNFAITHFUL),
        clarity(0.96, 0.03, not_broken(m(0.01), 0.02, score="churn")),
        clarity(1.3, 0.03, not_broken(m(0.01), 0.02, score="variance"), twins=m(1.0)),
        clearer(NONE, NONE, NONE, [not_broken(NONE, 0.02)]),
    ],
)
def test_a_bracket_holds_two_numbers_at_most(verdict):
    """An interval counts as one: it is a single thing to a reader."""
    for text in (verdict.sentence, *verdict.conditions):
        for bracket in re.findall(r"\(([^)]*)\)", text):
            parts = [part for part in bracket.split(";") if re.search(r"\d", part)]
            assert len(parts) <= 2, bracket
            assert all(len(re.findall(r"−?\d[\d.,]*", part)) <= 2 for part in parts), bracket


@pytest.mark.parametrize("margin", [0, -0.1])
def test_clarity_margins_are_above_zero(margin):
    with pytest.raises(ValueError, match=f"above 0. Received: {margin}"):
        clarity(0.5, margin=margin)
