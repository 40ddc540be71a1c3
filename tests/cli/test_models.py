"""One model explained, several compared, and how long either is said to take."""

import json

import pytest


def test_explain_writes_a_report_on_one_model(cli, files):
    asked = ("explain", "dense.keras", "--data", "d.csv", "--background", 10, "--rows", 30)
    outcome = cli(*asked, "-o", "out")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("On 30 rows, an explanation rests on ")
    results = json.loads((files / "out" / "results.json").read_text())
    manifest = json.loads((files / "out" / "manifest.json").read_text())
    assert results["name"] == "dense" and set(manifest["sha256"]) == {
        "results.json",
        "data",
        "model",
    }
    assert str(files) not in json.dumps([results, manifest])
    page = (files / "out" / "report.html").read_bytes()
    (files / "out" / "report.html").write_text("stale")
    assert cli("report", "out").code == 0
    assert (files / "out" / "report.html").read_bytes() == page
    refused = cli("check", "out")
    assert refused.code == 2 and "holds no comparison or study" in refused.error


def test_compare_takes_several_models_side_by_side(cli, files):
    (files / "same.keras").write_bytes((files / "dense.keras").read_bytes())
    asked = ("compare", "dense.keras", "other.keras", "same.keras", "--data", "d.csv")
    outcome = cli(*asked, "--background", 10, "--rows", 30, "-o", "out")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("other  ") and lines[1].startswith("same   ")
    for name in ("other", "same"):
        assert (files / "out" / name / "report.html").is_file()
    results = json.loads((files / "out" / "results.json").read_text())
    assert list(results["models"]) == ["dense", "other", "same"]
    assert results["moved"]["same"]["value"] == 0.0
    assert 'href="same/report.html"' in (files / "out" / "report.html").read_text()
    alike = cli(
        "compare", "dense.keras", "other.keras", "x/other.keras", "--data", "d.csv", "-o", "p"
    )
    assert alike.code == 2 and "names of their own" in alike.error


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "dense.keras", "-o", "out"),
        ("compare", "dense.keras", "other.keras", "-o", "out"),
    ],
)
def test_dry_runs_foresee_a_time(cli, files, arguments):
    before = {path.name for path in files.iterdir()}
    outcome = cli(*arguments, "--data", "d.csv", "--dry-run", "--json")
    assert outcome.code == 0, outcome.err
    assert 0.1 < outcome.json["seconds"] < 120
    assert {path.name for path in files.iterdir()} == before
