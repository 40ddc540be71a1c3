"""`check` and `report` on results made by hand."""

import json

import pytest

from explainprune.types import Comparison, Measure, ModelRow, Verdict


def results(label="preserved", clarity="clearer", **scores):
    dense, other = scores.pop("dense", 0.90), scores.pop("other", 0.89)
    score = scores.pop("score", "accuracy")
    return Comparison(
        Verdict(label, "6 % differ.", "signed_top_k", 0.1),
        Verdict(clarity, "11 features, not 26.", "effective_features", 0.05),
        models={
            "dense": ModelRow("dense", **{score: dense}),
            "pruned": ModelRow("pruned", **{score: other}),
            "random_weights": ModelRow("random_weights", **{score: 0.1}),
        },
        comparisons={"dense|pruned": {"signed_top_k": Measure(0.94, (0.93, 0.95), 200)}},
    )


@pytest.fixture
def check(cli, files):
    """Check given results with given options."""

    def call(found, *options):
        (files / "results.json").write_text(found.to_json())
        return cli("check", "results.json", *options)

    return call


@pytest.mark.parametrize(
    ("found", "options", "code"),
    [
        (results(), [], 0),
        (results("changed"), [], 1),
        (results("inconclusive"), [], 1),
        (results("inconclusive"), ["--require", "inconclusive"], 0),
        (results(), ["--require", "preserved", "--require", "clearer"], 0),
        (results(clarity="same"), ["--require", "preserved", "--require", "clearer"], 1),
        (results("changed"), ["--max-accuracy-drop", "0.02"], 0),
        (results("changed"), ["--max-accuracy-drop", "0.02", "--require", "preserved"], 1),
        (results(), ["--max-accuracy-drop", "0.01"], 0),  # 0.90 − 0.89 is 0.01 and a bit
        (results(), ["--max-accuracy-drop", "0.009"], 1),
        (results(other=0.95), ["--max-accuracy-drop", "0"], 0),
        (results(score="r2"), ["--max-accuracy-drop", "0.009"], 1),
    ],
)
def test_the_exit_code_says_whether_all_is_met(check, found, options, code):
    outcome = check(found, *options)
    assert outcome.code == code and outcome.err == ""
    assert ("FAILED" in outcome.out) is (code == 1)
    data = check(found, *options, "--json").json
    assert data["passed"] is (code == 0) and len(data["checks"]) == max(1, len(options) // 2)
    assert check(found, *options, "--quiet").out == ""


def test_the_figures_are_named(check):
    outcome = check(results("changed"), "--require", "preserved", "--max-accuracy-drop", "0.001")
    assert "same reasons: changed, required preserved. 6 % differ." in outcome.out
    assert "accuracy 0.9000 (dense) → 0.8900 (pruned): a drop of 0.0100" in outcome.out


def test_without_labels_accuracy_cannot_be_checked(check):
    outcome = check(results(dense=None, other=None), "--max-accuracy-drop", "0.01")
    assert outcome.code == 2 and "no accuracy in these results" in outcome.error


def test_the_environment_can_require(check, monkeypatch):
    monkeypatch.setenv("EXPLAINPRUNE_REQUIRE", "changed")
    assert check(results()).code == 1 and check(results("changed")).code == 0


def test_report_renders_elsewhere_and_opens(cli, files, monkeypatch):
    import webbrowser

    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    (files / "results.json").write_text(results().to_json())
    outcome = cli("report", "results.json", "-o", "page", "--open", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json == {"report": "page/report.html"}
    assert opened == [(files / "page" / "report.html").resolve().as_uri()]
    assert json.loads((files / "page" / "results.json").read_text()) == results().to_dict()
    again = cli("report", "results.json", "-o", "page")
    assert again.code == 2 and "page exists already" in again.error
    assert cli("report", "results.json", "-o", "page", "--force").code == 0
