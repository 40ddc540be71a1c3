"""Reasons that another model gives otherwise: known shares on linear scores."""

import numpy as np
import pytest
from comparison_cases import QUICK
from credit_cases import NAMES, applicants, risk

from explainprune.analysis import compare
from explainprune.types import Comparison

ASKED = QUICK | {"adverse": "deny", "threshold": 0.7}
EVEN = (2.0, 1.5, 1.2, 1.0, 0.8, 0.6)


def by_hand(weights, data, threshold=0.7, top=4):
    """Each row's codes from the definition: NaN where it isn't adverse."""
    weights = np.asarray(weights)
    chance, theirs = (1 / (1 + np.exp(-(x @ weights))) for x in (data.x, data.train.x))
    passing = sorted(np.flatnonzero(theirs < threshold), key=lambda i: -theirs[i])
    usual = data.train.x[passing[: max(50, -(-len(passing) // 10))]].mean(axis=0)
    codes = {}
    for row in np.flatnonzero(chance >= threshold):
        amounts = weights * (data.x[row] - usual)
        codes[int(row)] = [j for j in np.argsort(-amounts)[:top] if amounts[j] > 0]
    return codes


def test_the_shares_are_those_of_the_definition():
    data, turned = applicants(), (0.6, 0.8, 1.0, 1.2, 1.5, 2.0)
    found = compare(risk(EVEN), risk(turned), data, **ASKED).codes
    ours, theirs = by_hand(EVEN, data), by_hand(turned, data)
    both = sorted(ours.keys() & theirs.keys())
    assert (found.both, found.dense_alone, found.other_alone) == (
        len(both), len(ours) - len(both), len(theirs) - len(both),
    )  # fmt: skip
    shares = {
        "set": np.mean([set(ours[i]) != set(theirs[i]) for i in both]),
        "order": np.mean([ours[i] != theirs[i] for i in both]),
        "first": np.mean([ours[i][:1] != theirs[i][:1] for i in both]),
    }
    for name, share in shares.items():
        measure = found.changed[name]
        assert measure.value == pytest.approx(share)
        assert measure.low < share < measure.high
        assert measure.n == len(both)
    assert 0.2 < shares["set"] < shares["order"]
    used = {use.feature: use for use in found.used}
    assert used["debt"].dense.value == pytest.approx(np.mean([0 in ours[i] for i in both]))
    assert used["debt"].other.value == pytest.approx(np.mean([0 in theirs[i] for i in both]))


def test_one_function_gives_one_set_of_reasons():
    data = applicants()
    found = compare(model := risk(EVEN), model, data, **ASKED).codes
    assert {m.value for m in found.changed.values()} == {0.0}
    assert {m.interval for m in found.changed.values()} == {(0.0, 0.0)}
    scaled = compare(risk(EVEN), risk(EVEN), data, **ASKED).codes
    assert scaled.changed["set"].value == 0.0
    assert scaled.changed["set"].high > 0  # rows that weren't seen may differ


def test_classes_and_groups_have_shares_of_their_own():
    group = np.where(np.arange(500) % 3 == 0, "east", "west")
    data = applicants(group=group)
    turned = (0.6, 0.8, 1.0, 1.2, 1.5, 2.0)
    found = compare(risk(EVEN), risk(turned), data, **ASKED).codes
    assert list(found.slices) == ["class grant", "class deny", "group east", "group west"]
    ours, theirs = by_hand(EVEN, data), by_hand(turned, data)
    east = [i for i in ours.keys() & theirs.keys() if group[i] == "east"]
    share = np.mean([set(ours[i]) != set(theirs[i]) for i in east])
    assert found.slices["group east"]["set"].value == pytest.approx(share)
    assert found.slices["group east"]["set"].n == len(east)
    assert {row.group for row in found.examples} <= {"east", "west"}


def test_clusters_widen_the_interval():
    wide = compare(
        risk(EVEN),
        risk((0.6, 0.8, 1.0, 1.2, 1.5, 2.0)),
        applicants(clusters=np.arange(500) // 10),
        **ASKED,
    ).codes.changed["set"]
    assert "clusters" in wide.note


def test_examples_are_those_with_least_in_common():
    data, turned = applicants(), (0.6, 0.8, 1.0, 1.2, 1.5, 2.0)
    found = compare(risk(EVEN), risk(turned), data, **ASKED).codes
    ours, theirs = by_hand(EVEN, data), by_hand(turned, data)
    shared = {i: len(set(ours[i]) & set(theirs[i])) for i in ours.keys() & theirs.keys()}
    least = sorted(shared.values())[:6]
    assert [shared[row.row] for row in found.examples] == least
    first = found.examples[0]
    assert [r.feature for r in first.dense] == [NAMES[j] for j in ours[first.row]]
    assert [r.feature for r in first.other] == [NAMES[j] for j in theirs[first.row]]
    assert min(first.chances) >= 0.7


def test_what_the_reference_population_does_by_itself_stands_beside():
    data = applicants()
    found = compare(
        risk(EVEN), risk(EVEN[::-1]), data, arms={"retrained": risk(EVEN)}, **ASKED
    ).codes
    assert found.marks["retrained"].value == 0.0
    assert 0 < found.marks["reference_redrawn"].value < found.changed["set"].value
    assert "For scale, the set changes by other causes: another draw of the rows" in found.sentence
    assert "training from another start 0 %" in found.sentence


def test_it_says_who_just_passes():
    data = applicants()
    found = compare(risk(EVEN), risk(EVEN, 0.5), data, names=("before", "after"), **ASKED).codes
    assert list(found.references) == ["before", "after"]
    band = found.references["before"]
    assert band.rows == 50 and band.high < 0.7 and band.low > 0.4
    assert "further rows are on the adverse side of after alone" in found.sentence


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (-60.0, "No row has a chance of deny of 70 % or more in both models."),
        (60.0, "Only 0 of 500 rows to learn from pass the cut-off in other"),
    ],
)
def test_where_there_is_nothing_to_compare_it_says_why(shift, said):
    found = compare(risk(EVEN), risk(EVEN, shift), applicants(), **ASKED).codes
    assert found.sentence.startswith(said)
    assert found.changed == {} and found.examples == ()


def test_results_make_the_round_trip():
    result = compare(risk(EVEN), risk(EVEN[::-1]), applicants(), **(ASKED | {"detail": True}))
    assert result.codes.examples and result.where is not None and result.exemplars is not None
    assert Comparison.from_json(result.to_json()) == result


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"adverse": "deny"}, "adverse= goes with threshold="),
        ({"threshold": 1.5}, "between 0 and 1. Received: 1.5."),
        ({"adverse": "deni", "threshold": 0.5}, "Did you mean 'deny'?"),
        ({"adverse": 1, "threshold": 0.5, "reasons": 0}, "at least 1. Received: 0."),
    ],
)
def test_what_cannot_be_asked_is_said(options, said):
    with pytest.raises(ValueError) as error:
        compare(risk(EVEN), risk(EVEN), applicants(), **(QUICK | options))
    assert said in str(error.value)


def test_numbers_have_no_adverse_class(linear):
    x = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(ValueError, match="threshold= are of classes; these models output numbers"):
        compare(
            linear([1.0, 2.0]), linear([2.0, 1.0]), (x, x[:, 0]), adverse=1, threshold=0.5, **QUICK
        )
