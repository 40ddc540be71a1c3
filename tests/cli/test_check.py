"""`check` and `report` on results made by hand."""

import json

import pytest

from explainprune.types import Comparison, Measure, ModelRow, Verdict


def results(label="preserved", clarity="clearer", **scores):
    dense, other = scores.pop("dense", 0.90), scores.pop("other", 0.89)
    score = scores.pop("score", "accuracy")
    return Comparison(
        Verdict(label, "6 % moved.", "moved_weight", 0.15),
        Verdict(clarity, "11 features, not 26.", "effective_features", 0.05),
        models={
            "dense": ModelRow("dense", **{score: dense}),
            "pruned": ModelRow("pruned", **{score: other}),
            "random_weights": ModelRow("random_weights", **{score: 0.1}),
        },
        comparisons={"dense|pruned": {"moved_weight": Measure(0.06, (0.05, 0.07), 200)}},
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
    assert "same reasons: changed, required preserved. 6 % moved." in outcome.out
    assert "accuracy 0.9000 (dense) → 0.8900 (pruned): a drop of 0.0100" in outcome.out


def test_without_labels_accuracy_cannot_be_checked(check):
    outcome = check(results(dense=None, other=None), "--max-accuracy-drop", "0.01")
    assert outcome.code == 2 and "no accuracy in these results" in outcome.error


def test_the_environment_can_require(check, monkeypatch):
    monkeypatch.setenv("EXPLAINPRUNE_REQUIRE", "changed")
    assert check(results()).code == 1 and check(results("changed")).code == 0


def measure(value, n=60):
    return Measure(value, None, n, "samples", "made by hand")


def sliced():
    """Two classes, two groups: the second class and the second group are worse off."""
    scores = {"class no": (0.95, 0.96), "class yes": (0.70, 0.55), "group a": (0.9, 0.91)}
    scores |= {"group b": (0.9, 0.84)}
    rows = [
        ModelRow(
            name,
            accuracy=0.9,
            log_loss=0.2 + 0.1 * side,
            slices={"all rows": {"balanced_accuracy": measure(0.8 - 0.1 * side)}}
            | {place: {"accuracy": measure(both[side])} for place, both in scores.items()},
        )
        for side, name in enumerate(("dense", "pruned"))
    ]
    churn = {"class no": 0.02, "class yes": 0.2, "group a": 0.05, "group b": 0.11}
    return Comparison(
        results().verdict,
        results().clarity,
        models={row.arm: row for row in rows},
        comparisons={
            "dense|pruned": {
                "churn": Measure(0.06, (0.03, 0.09), 200),
                "moved_weight": measure(0.12),
                "gone": Measure(None, None, 0, "samples", "undefined for all samples"),
            }
        },
        slices={"dense|pruned": {place: {"churn": measure(v)} for place, v in churn.items()}},
    )


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--max", "churn=0.06"], 0, "churn 0.0600 (0.0300 to 0.0900), at most 0.06 allowed."),
        (["--max", "churn=0.059"], 1, "churn 0.0600"),
        (["--max", "class:churn=0.19"], 1, "churn 0.2000 in class yes (the worst of 2), at most"),
        (["--max", "class:churn=0.2"], 0, "in class yes (the worst of 2)"),
        (["--max", "group:churn=0.1"], 1, "churn 0.1100 in group b (the worst of 2)"),
        (["--max", "group a:churn=0.05"], 0, "churn 0.0500 in group a, at most 0.05 allowed."),
        (["--max", "moved_weight=0.1"], 1, "moved_weight 0.1200, at most 0.1"),
        (["--min", "accuracy=0.9"], 0, "accuracy 0.9000 (pruned), at least 0.9 allowed."),
        (["--min", "balanced_accuracy=0.75"], 1, "balanced_accuracy 0.7000 (pruned)"),
        (["--max", "balanced_accuracy_drop=0.1"], 0, "0.8000 (dense) → 0.7000 (pruned): a drop of"),
        (["--max", "log_loss_rise=0.09"], 1, "log_loss 0.2000 (dense) → 0.3000 (pruned): a rise"),
        (["--max", "log_loss_drop=0"], 0, "a drop of -0.1000"),
        (["--min", "class yes:recall=0.55"], 0, "recall 0.5500 (pruned) in class yes"),
        (["--min", "class:recall=0.6"], 1, "recall 0.5500 (pruned) in class yes (the worst of 2)"),
        (["--max", "class:recall_drop=0.14"], 1, "a drop of 0.1500 in class yes (the worst of 2)"),
        (["--max", "group:accuracy_drop=0.06"], 0, "a drop of 0.0600 in group b (the worst of 2)"),
        (["--max", "gone=1"], 1, "gone isn't known: undefined for all samples"),
        (["--max", "churn=1", "--min", "accuracy=0.95", "--max", "moved_weight=1"], 1, "churn"),
    ],
)
def test_limits_on_the_whole_a_class_a_group_and_the_worst_of_them(check, options, code, says):
    outcome = check(sliced(), *options)
    assert outcome.code == code and outcome.err == ""
    assert says in outcome.out
    assert outcome.out.count("FAILED") == code
    found = check(sliced(), *options, "--json").json
    assert [each["passed"] for each in found["checks"]].count(False) == code
    assert len(found["checks"]) == len(options) // 2  # a limit alone requires no verdict


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--max", "churm=0.1"], "There is no churm in these results (were the data labelled?). "
         "Did you mean 'churn'? Known: accuracy, balanced_accuracy, churn, gone, log_loss, moved"),
        (["--max", "group bb:churn=0.1"], "no rows of 'group bb'. Did you mean 'group b'? Known: "
         "class, group, class no, class yes, group a, group b."),
        (["--min", "recall=0.1"], "There is no recall in these results"),
        (["--min", "group a:recall=0.1"], "There is no recall in these results in group a"),
        (["--max", "churn"], "A limit is [WHERE:]NAME=VALUE, such as churn=0.05, "),
        (["--max", "churn=some"], "Received: 'churn=some'"),
        (["--max", "=0.1"], "Received: '=0.1'"),
        (["--max", "churn=nan"], "Received: 'churn=nan'"),
    ],
)  # fmt: skip
def test_a_limit_that_cannot_be_checked_is_no_failed_check(check, options, says):
    outcome = check(sliced(), *options)
    assert outcome.code == 2 and says in outcome.error and outcome.out == ""


def test_only_a_failed_check_exits_with_1(cli, files, monkeypatch):
    def stop(path):
        raise SystemExit(1)

    import explainprune.reporting as reporting

    monkeypatch.setattr(reporting, "load_results", stop)
    assert cli("check", "results.json").code == 3


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


def test_a_summary_is_added_to_what_a_job_says(check, files):
    (files / "summary.md").write_text("Built.\n", encoding="utf-8")
    check(results(), "--summary", "summary.md")
    hostile = results("changed")
    hostile = type(hostile).from_dict(
        hostile.to_dict() | {"verdict": hostile.to_dict()["verdict"] | {"sentence": "a|<b>\n# c"}}
    )
    assert check(hostile, "--summary", "summary.md", "--quiet").code == 1
    text = (files / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("Built.\n### explainprune: all checks passed\n")
    assert "| ok | same reasons: preserved, required preserved. 6 % moved. |" in text
    assert "### explainprune: a check failed" in text
    assert "a\\|&lt;b&gt; \\# c |" in text


def test_a_reports_dossier_and_card_are_documents_beside_it(cli, files):
    from explainprune.reporting import report

    report(results(), files / "R")
    outcome = cli("report", "R", "--dossier", "D.md", "--card", "C.md")
    assert outcome.code == 0, outcome.err
    assert (files / "D.md").read_text(encoding="utf-8").startswith("# Change dossier: dense → ")
    assert (files / "C.md").read_text(encoding="utf-8").startswith("---\nlibrary_name: keras\n")
    again = cli("report", "R", "--dossier", "D.md")
    assert again.code == 2 and "exists already" in again.error
    assert cli("report", "R", "--card", "C.txt").code == 2


def test_documents_of_another_report_are_refused_before_anything_is_written(
    cli, files, monkeypatch
):
    from explainprune import reporting

    reporting.report(results(), files / "R")
    before = (files / "R" / "report.html").stat().st_mtime_ns
    monkeypatch.setattr(reporting, "load_results", lambda path: (object(), None))
    outcome = cli("report", "R", "--dossier", "D.md")
    assert outcome.code == 2 and "--dossier and --card are of two models" in outcome.error
    assert not (files / "D.md").exists()
    assert (files / "R" / "report.html").stat().st_mtime_ns == before
