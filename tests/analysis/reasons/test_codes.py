"""Leading adverse reasons: from their definition, and of linear scores by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from credit_cases import applicants, risk

import explainprune as xp
from explainprune.analysis.reasons.codes import differing, in_common, leading
from explainprune.types import Data, Rows


def test_leading_reasons_by_hand():
    rng = np.random.default_rng(0)
    amounts = rng.normal(size=(50, 6)).round(1)
    for row, codes in zip(amounts, leading(amounts, 4), strict=True):
        speak = [j for j in range(6) if row[j] > 0]
        by_hand = sorted(speak, key=lambda j: (-row[j], j))[:4]
        assert codes[codes >= 0].tolist() == by_hand
        assert (codes[len(by_hand) :] == -1).all()


def test_more_reasons_than_features_are_left_empty():
    assert leading(np.array([[1.0, 2.0]]), 4).tolist() == [[1, 0, -1, -1]]
    assert leading(np.array([[0.0, 0.0]]), 2).tolist() == [[-1, -1]]
    assert leading(np.array([[1.0, 1e-9]]), 2).tolist() == [[0, -1]]


def test_sets_orders_and_first_reasons_by_hand():
    rng = np.random.default_rng(0)
    ours, theirs = (np.array([rng.permutation(5)[:3] for _ in range(60)]) for _ in range(2))
    ours[:5, 2] = theirs[:5, 2] = -1
    found = differing(ours, theirs)
    for row in range(60):
        a, b = ours[row].tolist(), theirs[row].tolist()
        assert found["set"][row] == (set(a) != set(b))
        assert found["order"][row] == (a != b)
        assert found["first"][row] == (a[0] != b[0])
        assert in_common(ours, theirs)[row] == len((set(a) & set(b)) - {-1})


def test_of_a_linear_score_each_feature_counts_against_those_that_just_pass():
    weights, data = [2.0, -1.5, 1.0, 0.5, 0.0, -0.7], applicants()
    codes = xp.reason_codes(risk(weights), data, threshold=0.7, adverse="deny", top=4)
    chance = 1 / (1 + np.exp(-(data.x @ weights)))
    np.testing.assert_array_equal(codes.rows, np.flatnonzero(chance >= 0.7))
    np.testing.assert_allclose(codes.chance, chance[codes.rows], atol=1e-6)
    theirs = 1 / (1 + np.exp(-(data.train.x @ weights)))
    passing = np.flatnonzero(theirs < 0.7)
    nearest = passing[np.argsort(-theirs[passing])][:50]
    assert (codes.reference.rows, codes.reference.passing) == (50, len(passing))
    assert codes.reference.high == pytest.approx(theirs[nearest].max(), abs=1e-6)
    assert codes.reference.low == pytest.approx(theirs[nearest].min(), abs=1e-6)
    usual = data.train.x[nearest].mean(axis=0)
    by_hand = np.array(weights) * (data.x[codes.rows] - usual)
    np.testing.assert_allclose(codes.amounts, by_hand, atol=1e-5)
    np.testing.assert_array_equal(codes.order, leading(by_hand, 4))
    assert 4 not in codes.order


def test_a_tenth_of_many_passing_rows_is_the_reference_and_200_at_most():
    for n, rows in ((1000, 70), (4000, 200)):
        codes = xp.reason_codes(risk([1.0, 1.0]), applicants(n, 2), threshold=0.7, adverse=1)
        passing = codes.reference.passing
        assert codes.reference.rows == min(200, -(-passing // 10)) == pytest.approx(rows, abs=9)


def test_a_class_without_a_name_is_called_by_its_number():
    unnamed = replace(applicants(300, 2), class_names=None)
    for adverse in (0, 1):
        codes = xp.reason_codes(risk([1.0, 1.0]), unnamed, threshold=0.4, adverse=adverse)
        assert codes.adverse == str(adverse)


def test_of_an_attribution_each_feature_counts_against_its_mean():
    weights, data = np.array([2.0, -1.5, 1.0, 0.5, 0.0, -0.7]), applicants()
    given = xp.attribute(
        risk(weights),
        data,
        method="permutation",
        target=np.ones(500, int),
        background=data.train.x[:30],
    )
    codes = xp.reason_codes(given, data, threshold=0.8, adverse="deny", top=3)
    score = data.x @ weights
    np.testing.assert_array_equal(codes.rows, np.flatnonzero(score >= 0.8))
    passing = np.flatnonzero(score < 0.8)
    nearest = passing[np.argsort(-score[passing])][:50]
    by_hand = weights * (data.x[codes.rows] - data.x[nearest].mean(axis=0))
    np.testing.assert_allclose(codes.amounts, by_hand, atol=1e-6)
    np.testing.assert_array_equal(codes.order, leading(by_hand, 3))


def test_reasons_are_in_the_readers_words():
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {
                "monthly income": rng.normal(3000, 500, 500).round(),
                "housing": rng.choice(["rents", "owns"], 500),
            }
        )
        for _ in range(2)
    ]
    rows = [
        Rows(
            np.stack([(f["monthly income"] - 3000) / 500, f["housing"] == "rents"], axis=1).astype(
                float
            ),
            raw=f,
        )
        for f in frames
    ]
    data = Data(*rows, feature_names=("monthly income", "housing"), class_names=("grant", "deny"))
    codes = xp.reason_codes(risk([-1.0, 3.0], -1.0), data, threshold=0.8, adverse="deny", top=2)
    first, row = codes.reasons[0], codes.rows[0]
    assert {reason.feature for reason in first} <= {"monthly income", "housing"}
    by_name = {r.feature: r for reasons in codes.reasons for r in reasons}
    assert by_name["housing"].value == "rents"
    assert by_name["monthly income"].typical.startswith(("2,", "3,"))
    table = codes.to_frame()
    assert list(table.columns[:6]) == [
        "row",
        "chance",
        "reason 1",
        "value 1",
        "typical 1",
        "amount 1",
    ]
    assert table["row"].tolist() == codes.rows.tolist()
    assert table["reason 1"][0] == first[0].feature
    income = frames[0]["monthly income"][row]
    shown = {r.feature: r.value for r in first}.get("monthly income")
    assert shown in (None, f"{income:,.0f}")
    assert (table["reason 2"] == "").any() == any(len(r) < 2 for r in codes.reasons)


def test_a_row_in_other_units_than_the_reference_has_no_typical_value():
    data = applicants(raw={"debt": np.arange(500.0)})
    codes = xp.reason_codes(risk([2.0, 1, 1, 1, 1, 1]), data, threshold=0.8, adverse=1)
    debts = [r for reasons in codes.reasons for r in reasons if r.feature == "debt"]
    others = [r for reasons in codes.reasons for r in reasons if r.feature != "debt"]
    assert {r.typical for r in debts} == {""} and "" not in {r.typical for r in others}
    assert debts[0].value.replace(",", "").isdigit()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"adverse": "denied"}, "'denied'. Did you mean 'deny'?"),
        ({"adverse": 2}, "adverse is a class of 2, by its name or number. Received: 2."),
        ({"adverse": True}, "adverse is a class of 2"),
        ({"threshold": 1.5}, "between 0 and 1. Received: 1.5."),
        ({"threshold": True}, "between 0 and 1. Received: True."),
        ({"top": 0}, "top counts the reasons for each row: at least 1. Received: 0."),
        ({"threshold": 0.9999999}, "No row has a chance of 'deny' of 1 or more"),
        ({"threshold": 0.0005}, "of 500 rows to learn from pass the cut-off in model"),
        ({"method": "deepshap"}, "deep_shap"),
    ],
)
def test_what_cannot_be_asked_is_said(options, said):
    asked = {"threshold": 0.7, "adverse": "deny"} | options
    with pytest.raises(ValueError) as error:
        xp.reason_codes(risk([2.0, -1.5, 1.0, 0.5, 0.0, -0.7]), applicants(), **asked)
    assert said in str(error.value)


def test_numbers_are_no_decisions(linear):
    with pytest.raises(ValueError, match="this model outputs numbers"):
        data = (np.random.default_rng(0).normal(size=(50, 2)), np.linspace(0, 1, 50))
        xp.reason_codes(linear([1.0, 2.0]), data, threshold=0.5, adverse=1)


def test_attributions_of_other_outputs_are_refused():
    data = applicants()
    model = risk([2.0, -1.5, 1.0, 0.5, 0.0, -0.7])
    given = xp.attribute(model, data, method="permutation", target="predicted")
    with pytest.raises(ValueError, match="need the attributions of 'deny' for every row"):
        xp.reason_codes(given, data, threshold=0.5, adverse="deny")
    few = xp.attribute(model, data, method="permutation", target=1)
    with pytest.raises(ValueError, match="for 10 rows"):
        xp.reason_codes(
            few, data.with_(scored=data.scored.take(slice(10))), threshold=0.5, adverse=1
        )
