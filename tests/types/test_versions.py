"""results.json over versions: its JSON Schema, and what is read of older and later ones."""

import json
import re
from copy import deepcopy
from dataclasses import replace

import pytest
from results_schema import FILE, problems

from explainprune.cli import run
from explainprune.types import (
    Comparison,
    Detail,
    Measure,
    ModelRow,
    Overview,
    Profile,
    Sample,
    Study,
    Verdict,
    read_results,
)
from explainprune.types.json_schema import text

HALF = Measure(0.5, (0.4, 0.6), 30)
PAIR = Comparison(
    Verdict("changed", "It changed.", "moved weight", 0.15, evidence={"moved_weight": HALF}),
    Verdict("clearer", "Yes.", "effective features", 0.05),
    models={"dense": ModelRow("dense", accuracy=0.9), "other": ModelRow("pruned")},
    comparisons={"dense|other": {"moved_weight": HALF}},
    detail=Detail(
        samples=(
            Sample(3, (1.0, 2.0), (3.0, -1.0), (1.0, 1.0), "", "a", "a", 0.5, "typical"),
            Sample(4, (1.0, 2.0), (0.0, 0.0), (1.0, 1.0), "", "a", "a", 1.0, "typical"),
        )
    ),
)
STUDY = Study(PAIR.verdict, PAIR.clarity, PAIR.models, PAIR.comparisons, PAIR, seeds=(0, 1))
ALL = (
    PAIR,
    STUDY,
    Profile("It rests on x0.", "dense", PAIR.models, {"redrawn": HALF}),
    Overview.of({"other": PAIR}),
)


def test_the_schema_is_that_of_the_types():
    written = FILE.read_text(encoding="utf-8")
    assert written == text(), "write it anew: python -m explainprune.types.json_schema"


@pytest.mark.parametrize("results", ALL, ids=lambda each: type(each).__name__)
def test_every_kind_of_results_fits_the_schema_and_a_changed_one_does_not(results):
    plain = results.to_dict()
    assert problems(json.dumps(plain)) == []
    for change in ({"verdikt": 1}, {"models": 3}, {"schema": "explainprune/results/1"}):
        assert problems(json.dumps({**plain, **change}))
    plain["models"]["dense"]["accuracy"] = "high"
    assert "$.models.dense.accuracy" in problems(json.dumps(plain))[0]


def test_words_of_verdicts_are_in_the_schema():
    plain = PAIR.to_dict()
    plain["verdict"]["label"] = "fine"
    assert "'fine' is not one of ['preserved', 'changed'" in problems(json.dumps(plain))[0]


@pytest.mark.parametrize("name", ["digits", "every_arm_breast_cancer", "every_arm_digits"])
def test_reports_of_the_gallery_fit_it(name, pytestconfig):
    file = pytestconfig.rootpath / "reports" / "gallery" / name / "results.json"
    assert problems(file.read_text(encoding="utf-8")) == []


def first(results):
    """The same results as schema 1 had them."""
    plain = {**deepcopy(results.to_dict()), "schema": "explainprune/results/1"}
    for part in (plain, plain.get("pair", {})):
        part.pop("primary", None)
        for verdict in (part.get("verdict", {}), part.get("clarity", {})):
            for name in ("more_backgrounds", "worst", "power"):
                verdict.pop(name, None)
        for sample in part.get("detail", {}).get("samples", ()):
            sample["agreement"] = sample.pop("moved") / 2
    return plain


@pytest.mark.parametrize("results", [PAIR, STUDY], ids=lambda each: type(each).__name__)
def test_schema_1_keeps_its_figures_and_loses_its_verdicts(results):
    read = read_results(json.dumps(first(results)))
    pair = read.pair if isinstance(read, Study) else read
    assert read.models == results.models and read.comparisons == results.comparisons
    for each, before in ((read, results), (pair, PAIR)):
        assert each.primary == "signed_top_k"
        assert (each.verdict.label, each.clarity.label) == ("inconclusive", "inconclusive")
        assert each.verdict.sentence.startswith("Written as schema 1, whose rule was found")
        assert each.verdict.sentence.endswith("What it said: It changed.")
        assert each.verdict.evidence == before.verdict.evidence
    # ½ (|3/4 − 1/2| + |−1/4 − 1/2|), and nothing to compare where one has no reasons
    assert [each.moved for each in pair.detail.samples] == [0.5, None]


def test_results_of_schema_1_are_drawn_and_never_pass_a_check(tmp_path, capsys):
    (tmp_path / "results.json").write_text(json.dumps(first(PAIR)))
    assert run(["report", str(tmp_path), "-o", str(tmp_path / "again"), "-q"]) == 0
    assert "whose rule was found to be wrong" in (tmp_path / "again/report.html").read_text("utf-8")
    capsys.readouterr()
    assert run(["check", str(tmp_path / "results.json"), "--require", "preserved"]) == 1


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("explainprune/results/2.99", r"schema 2\.99, and this .* reads up to 2\.1\. Update it"),
        ("explainprune/results/3", r"schema 3\.0, and this .* Update it"),
        ("explainprune/results/2.1.0", r"Expected schema 'explainprune/results/2\.1'\. Rec"),
        ("explainprune/results/²", r"Expected schema"),
        (["explainprune/results/2"], r"Expected schema"),
    ],
)
def test_later_and_other_schemas_are_refused(schema, message):
    with pytest.raises(ValueError, match=message):
        read_results(json.dumps({**PAIR.to_dict(), "schema": schema}))


def test_fields_that_came_with_minor_versions_may_be_missing():
    plain = {**PAIR.to_dict(), "schema": "explainprune/results/2"}
    for later in ("codes", "where", "exemplars", "certificate", "answers"):
        plain.pop(later)
    assert problems(json.dumps(plain)) == []
    assert read_results(json.dumps(plain)) == replace(PAIR)


def test_the_page_on_results_runs(pytestconfig, monkeypatch):
    monkeypatch.chdir(pytestconfig.rootpath)
    page = (pytestconfig.rootpath / "docs" / "results.md").read_text(encoding="utf-8")
    exec(*re.findall(r"```python\n(.*?)```", page, re.DOTALL), {})
