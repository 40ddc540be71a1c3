"""*Same reasons?*: every branch of its rule, and the sentences."""

import re

import pytest

from explainprune.analysis.intervals import Crossed
from explainprune.analysis.verdict import same_reasons
from explainprune.types import Measure


def m(value, half=0.01, n=500, unit="samples"):
    return Measure(value, (value - half, value + half), n, unit)


@pytest.mark.parametrize(
    ("moved", "floor", "half", "label"),
    [
        (0.10, 0.0, 0.02, "preserved"),
        (0.13, 0.0, 0.03, "inconclusive"),
        (0.20, 0.0, 0.02, "changed"),
        (0.20, 0.04, 0.02, "inconclusive"),  # 18 less 5 of the floor is not beyond
        (0.25, 0.04, 0.02, "changed"),
        (0.10, 0.04, 0.02, "preserved"),  # nothing is subtracted, nothing is in its way
        (0.10, 0.20, 0.02, "inconclusive"),  # too noisy to vouch for anything
        (0.14, 0.13, 0.02, "inconclusive"),  # never excused by the noise
    ],
)
def test_labels_follow_the_rule(moved, floor, half, label):
    verdict = same_reasons(m(moved, half), floor=m(floor))
    assert verdict.label == label
    assert verdict.sentence.count(f": {label}") == 1


def test_the_margin_is_inclusive_for_preserved_and_exclusive_for_changed():
    assert same_reasons(Measure(0.1, (0.05, 0.15), 50)).label == "preserved"
    assert same_reasons(Measure(0.2, (0.15, 0.25), 50)).label == "inconclusive"


def test_doubts_stop_preserved_and_obstacles_stop_both():
    for moved, others in ((0.05, "preserved"), (0.4, "changed")):
        assert same_reasons(m(moved)).label == others
        doubted = same_reasons(m(moved), doubts=["It can't show a change."])
        assert doubted.label == ("inconclusive" if others == "preserved" else "changed")
        stopped = same_reasons(m(moved), obstacles=["20 rows can't decide."])
        assert stopped.label == "inconclusive"
        assert "20 rows can't decide." in stopped.sentence
        assert stopped.conditions == ("20 rows can't decide.",)
        assert stopped.more is None


def test_a_noisy_explainer_is_named():
    verdict = same_reasons(m(0.05), floor=m(0.145))
    assert verdict.label == "inconclusive"
    assert "already differ by 14.5 % (interval 13.5–15.5 %)" in verdict.sentence
    none = Measure(None, None, 0, note="undefined")
    assert same_reasons(m(0.05), floor=none).label == "inconclusive"


@pytest.mark.parametrize(
    ("placebo", "retrained", "words"),
    [
        (0.05, 0.3, "more than further training without pruning moves and less than training"),
        (0.11, 0.3, "neither clearly more nor clearly less than further training without"),
        (0.20, 0.3, "less than further training without pruning moves and less than training"),
        (0.05, 0.1, "moves and neither clearly more nor clearly less than training from"),
    ],
)
def test_the_first_sentence_says_the_place_among_the_arms(placebo, retrained, words):
    marks = {"placebo": m(placebo), "retrained": m(retrained)}
    sentence = same_reasons(m(0.1), marks=marks).sentence
    assert words in sentence[: sentence.index(".")]


def test_a_change_that_training_alone_makes_is_said_to_be_the_trainings():
    with_placebo = same_reasons(m(0.3), marks={"placebo": m(0.29)})
    assert with_placebo.label == "changed"
    assert "the change comes from the training, not from the pruning" in with_placebo.sentence
    uncertain = {"placebo": Measure(0.2, (0.1, 0.3), 500)}
    with_open = same_reasons(m(0.3), marks=uncertain)
    assert with_open.label == "changed"
    assert "may move as much: the change may come from the training" in with_open.sentence
    assert "not from the pruning" not in same_reasons(m(0.3), marks={"placebo": m(0.1)}).sentence


def test_a_bracket_holds_an_interval_and_the_margin_at_most():
    marks = {"placebo": m(0.05), "retrained": m(0.3)}
    for moved, floor in ((0.1, 0.01), (0.1, 0.14), (0.3, 0.0)):
        verdict = same_reasons(m(moved), floor=m(floor), marks=marks, doubts=["No (5 %)."])
        for bracket in re.findall(r"\(([^)]*)\)", verdict.sentence):
            assert len(bracket.split(";")) <= 2, bracket
            assert bracket.count("–") <= 1, bracket


def test_an_open_verdict_that_nothing_decides_says_so():
    stuck = Crossed(0.155, rows=1e-6, backgrounds=0.0, n_rows=100, n_backgrounds=1, seen=100)
    verdict = same_reasons(stuck.measure(), floor=m(0.01), spread=stuck)
    assert (verdict.label, verdict.more) == ("inconclusive", None)
    assert "inconclusive; no realistic number of further rows would decide." in verdict.sentence


def test_undefined_says_so():
    verdict = same_reasons(Measure(None, None, 0, note="no row has a reason"))
    assert verdict.label == "inconclusive"
    assert verdict.sentence.startswith(
        "For this pair, how much of the reasons' weight moved is undefined: inconclusive."
    )


def test_arms_and_remarks_stand_behind():
    marks = {"random_weights": m(0.6), "twin": m(0.02), "gone": Measure(None, note="x")}
    verdict = same_reasons(
        m(0.1), marks=marks, beside={"stability": m(0.05)}, remarks=["The interval is over 40."]
    )
    assert verdict.sentence.endswith(
        "preserved. The interval is over 40. For scale: models with random weights 60 %, twin 2 %."
    )
    assert list(verdict.evidence) == ["moved_weight", "floor", "stability", *marks]


def test_an_open_verdict_says_what_would_decide():
    spread = Crossed(0.14, rows=0.01**2, backgrounds=0.0, n_rows=100, n_backgrounds=1, seen=100)
    verdict = same_reasons(spread.measure(), spread=spread)
    assert verdict.label == "inconclusive"
    assert verdict.more > 100
    assert "more rows would most likely decide." in verdict.sentence
    assert verdict.more_backgrounds == 0
    stuck = Crossed(0.14, rows=1e-8, backgrounds=0.01**2, n_rows=100, n_backgrounds=6, seen=100)
    verdict = same_reasons(stuck.measure(), spread=stuck)
    assert verdict.more_backgrounds > 0
    assert "more backgrounds would most likely decide" in verdict.sentence


@pytest.mark.parametrize("margin", [0, 1, -0.1, 10])
def test_margins_are_shares(margin):
    with pytest.raises(ValueError, match=f"between 0 and 1. Received: {margin}"):
        same_reasons(m(0.1), margin=margin)
