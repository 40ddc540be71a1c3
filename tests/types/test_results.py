import json

import numpy as np
import pytest

from explainprune.types import (
    SCHEMA,
    Comparison,
    Detail,
    Drawing,
    DrawnEdges,
    DrawnLayer,
    FeatureRow,
    Level,
    Measure,
    ModelRow,
    Power,
    Sample,
    Study,
    UnitRow,
    Verdict,
    read_results,
)


def comparison():
    third = 1 / 3
    verdict = Verdict(
        "inconclusive",
        "14 % of the reasons' weight moved.",
        "moved weight",
        0.15,
        evidence={"moved_weight": Measure(0.14, (0.12, 0.16), 2000)},
        conditions=("accuracy held",),
        more=900,
        more_backgrounds=6,
        worst={"class": "class 3", "group": "west"},
        power=(Power(0.0, 1.0, 0.0), Power(0.1 + 0.2, third, 1 - third)),
    )
    layer = DrawnLayer("hidden", "Dense", 3, (0, 2), (1.0, third), (True, False), ("a", "ü"))
    detail = Detail(
        drawings={
            "dense": Drawing((layer,), (DrawnEdges(0, 1, (0,), (1,), (-0.1,), 6),), "6 of 9")
        },
        units=(UnitRow("hidden", 2, 0.5, None, 1.0, None, False),),
        criterion="taylor",
        features=(FeatureRow("a", third, (0.3, 0.4), 0.5, (0.4, 0.6)),),
        samples=(Sample(7, (1.0,), (0.1,), (0.2,), "", "1", "2", None, "typical"),),
        feature_names=("a",),
        image_shape=(1, 1),
    )
    return Comparison(
        verdict,
        Verdict("clearer", "Yes.", "effective_features", 0.05),
        models={"dense": ModelRow("dense", accuracy=0.9, intervals={"accuracy": (0.8, 0.95)})},
        comparisons={"dense|pruned": {"moved_weight": Measure(1 - 1e-17, (0.1 + 0.2, 1.0), 3)}},
        slices={"dense|pruned": {"class 3": {"moved_weight": Measure(None, note="no rows")}}},
        detail=detail,
        provenance={"seed": 0, "versions": {"keras": "3"}},
        notes=("a note",),
    )


def study():
    pair = comparison()
    return Study(
        pair.verdict,
        pair.clarity,
        pair.models,
        pair.comparisons,
        pair,
        seeds=(0, 1),
        levels=(Level("pruned", 0.9, 0.901, {"accuracy": Measure(0.9, (0.8, 1.0), 3, "seeds")}),),
        per_seed=({"seed": 0, "dense|pruned": {"moved_weight": 0.07}},),
        config={"prune": {"sparsity": 0.9}},
    )


@pytest.mark.parametrize("make", [comparison, study])
def test_json_round_trip_is_exact(make):
    results = make()
    text = results.to_json()
    assert type(results).from_json(text) == results
    assert read_results(text) == results and type(read_results(text)) is type(results)
    assert read_results(text).to_json() == text


@pytest.mark.parametrize("make", [comparison, study])
def test_results_begin_with_what_a_reader_wants_first(make):
    text = make().to_json()
    assert list(json.loads(text))[:4] == ["schema", "verdict", "clarity", "models"]
    assert text.endswith("}\n") and "ü" in text


def test_numpy_numbers_become_plain():
    pair = comparison()
    row = ModelRow("dense", accuracy=np.float32(0.5), params=np.int64(3), n=np.int32(2))
    plain = json.loads(Comparison(pair.verdict, pair.clarity, {"m": row}, {}).to_json())
    assert plain["models"]["m"]["accuracy"] == 0.5 and plain["models"]["m"]["params"] == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "other/1"}, rf"Expected schema '{SCHEMA}'. Received: 'other/1'"),
        ({"verdikt": 1}, r"Not a Comparison: .*verdikt"),
        ({"models": 3}, r"Not a Comparison: .*models"),
    ],
)
def test_results_that_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Comparison.from_dict({**comparison().to_dict(), **change})


def test_results_with_a_part_missing_or_inconsistent():
    plain = comparison().to_dict()
    plain.pop("clarity")
    with pytest.raises(ValueError, match=r"Not a Comparison: .*clarity"):
        Comparison.from_dict(plain)
    plain = comparison().to_dict()
    plain["verdict"]["label"] = "fine"
    with pytest.raises(ValueError, match=r"Not a Comparison: .*Unknown verdict label 'fine'"):
        Comparison.from_dict(plain)


@pytest.mark.parametrize("text", ["{", "", "[1"])
def test_text_that_is_not_json(text):
    with pytest.raises(ValueError, match="Not valid JSON"):
        read_results(text)
    with pytest.raises(ValueError, match="Not valid JSON"):
        Comparison.from_json(text)


@pytest.mark.parametrize("text", ["[]", "3", "{}"])
def test_json_that_is_no_result(text):
    with pytest.raises(ValueError, match=r"Expected schema .* Received: None"):
        read_results(text)


def test_results_say_themselves_briefly():
    assert repr(comparison()) == (
        'Comparison(inconclusive; clearer: "14 % of the reasons\' weight moved.")'
    )
    assert repr(study()).startswith("Study(2 seeds; inconclusive; clearer: ")
