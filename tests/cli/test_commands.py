"""The commands at work: what they write, print and refuse."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from explainprune import load_model
from explainprune.types import Attribution, Certificate, Masks


def test_prune_writes_a_model_and_its_masks(cli, files):
    outcome = cli(
        *("prune", "dense.keras", "--data", "d.csv", "-o", "p.keras", "--sparsity", 0.5),
        *("--criterion", "magnitude", "--steps", 1, "--finetune-epochs", 1, "--json"),
    )
    assert outcome.code == 0, outcome.err
    masks = Masks.load(files / "p.masks.npz")
    model = load_model(files / "p.keras")
    kernel = model.get_layer("hidden").get_weights()[0]
    assert outcome.json["sparsity"] == masks.sparsity == 0.5
    assert (kernel[~masks["hidden/kernel"]] == 0).all() and (~masks["hidden/kernel"]).sum() == 24
    assert outcome.json["files"] == {"model": "p.keras", "masks": "p.masks.npz"}
    before = load_model(files / "dense.keras").get_layer("hidden").get_weights()[0]
    assert (before != 0).all()
    # No half-written file stays behind.
    assert not [path for path in files.iterdir() if path.name.startswith(".")]


def test_prune_units_without_data_and_shrink(cli, files):
    outcome = cli(
        *("prune", "dense.keras", "-o", "p.keras", "--sparsity", 0.5, "--granularity", "unit"),
        *("--criterion", "magnitude", "--finetune-epochs", 0, "--shrink"),
    )
    assert outcome.code == 0, outcome.err
    assert "6 of 12 entries removed (50.0%)" in outcome.out and "shrunk: " in outcome.out
    assert "sparsity: asked for 0.5, reached 0.5" in outcome.out
    small = load_model(files / "p.shrunk.keras")
    assert small.get_layer("hidden").units == 6
    with np.load(files / "p.kept.npz") as kept:
        assert len(kept["hidden"]) == 6
    certificate = Certificate.load(files / "p.certificate.json")
    assert certificate.removed == {"hidden": 6} and "no rows were given" in certificate.no_bound
    x = np.load(files / "d.npz")["x"]
    whole = load_model(files / "p.keras").predict(x, verbose=0)
    np.testing.assert_allclose(small.predict(x, verbose=0), whole, atol=1e-5)


def test_prune_says_what_a_budget_asked_for_and_what_came_out(cli, files):
    outcome = cli(
        *("prune", "dense.keras", "-o", "p.keras", "--budget", "params_kept=0.7"),
        *("--criterion", "magnitude", "--finetune-epochs", 0),
    )
    assert outcome.code == 0, outcome.err
    asked, reached = re.search(r"params_kept: asked for (\S+), reached (\S+)", outcome.out).groups()
    assert asked == "0.7" and 0.6 < float(reached) <= 0.7


def test_prune_takes_options_of_every_form(cli, files):
    outcome = cli(
        *("prune", "dense.keras", "--data", "d.npz", "-o", "p.keras", "--granularity", "unit"),
        *("--criterion", "magnitude", "--allocation", "hidden=0.25", "--refit", "true", "--json"),
        *("--steps", 1, "--finetune-epochs", 0),
    )
    assert outcome.code == 0, outcome.err
    assert outcome.json["removed"] == 3 and "refit" in outcome.json["history"][1]


def test_prune_holds_reasons_on_more_rows(cli, files):
    frame = pd.read_csv(files / "d.csv")
    frame.drop(columns="label").to_csv(files / "more.csv", index=False)
    common = ("prune", "dense.keras", "--data", "d.csv", "--criterion", "magnitude")
    common = (*common, "--sparsity", 0.5, "--steps", 1, "--finetune-epochs", 1)
    held = ("--preserve", "attributions", "--preserve-weight", 2)
    for name, more in (("p", ()), ("q", held), ("r", (*held, "--unlabelled", "more.csv"))):
        outcome = cli(*common, *more, "-o", f"{name}.keras")
        assert outcome.code == 0, outcome.err
    p, q, r = (load_model(files / f"{name}.keras").get_weights()[0] for name in "pqr")
    assert (p != q).any() and (q != r).any()
    outcome = cli(*common, "--preserve", "logit", "-o", "s.keras")
    assert outcome.code == 2 and "Did you mean 'logits'?" in outcome.err


def test_prune_goes_on_from_masks_and_weighs_rows(cli, files):
    frame = pd.read_csv(files / "d.csv").assign(counts=2.0)
    frame.to_csv(files / "weighted.csv", index=False)
    common = ("--data", "weighted.csv", "--weight", "counts", "--steps", 1, "--json")
    first = cli("prune", "dense.keras", *common, "-o", "p.keras", "--sparsity", 0.25)
    assert first.code == 0, first.err
    more = ("--class-weight", "balanced", "--masks", "p.masks.npz", "--sparsity", 0.5)
    again = cli("prune", "dense.keras", *common, "-o", "q.keras", *more)
    assert again.code == 0, again.err
    before, after = Masks.load(files / "p.masks.npz"), Masks.load(files / "q.masks.npz")
    assert again.json["history"][0]["achieved"] == before.sparsity == 0.25
    assert not after["hidden/kernel"][~before["hidden/kernel"]].any()
    missing = cli("prune", "dense.keras", "-o", "r.keras", "--masks", "no.npz", "--sparsity", 0.5)
    assert missing.code == 2 and missing.error == "There is no file of masks 'no.npz'."


def test_attribute_writes_npz_or_long_csv(cli, files):
    common = ("attribute", "dense.keras", "--data", "d.csv", "--rows", 5, "--method", "gradient")
    outcome = cli(*common, "-o", "a.npz", "--explain", 2, "--json")
    assert outcome.code == 0, outcome.err
    found = Attribution.load(files / "a.npz")
    assert found.values.shape == (5, 4) and found.targets.tolist() == [2] * 5
    assert found.feature_names == ("a", "b", "c", "d") and outcome.json["rows"] == 5
    assert cli(*common, "-o", "a.csv", "--explain", 2).code == 0
    frame = pd.read_csv(files / "a.csv")
    np.testing.assert_allclose(frame["value"], found.values.ravel(), rtol=1e-6)
    assert frame["feature"].tolist() == list("abcd") * 5


def test_attribute_writes_a_line_of_leading_reasons_for_each_row(cli, files):
    common = ("attribute", "dense.keras", "--data", "d.csv", "--rows", 5, "--method", "gradient")
    assert cli(*common, "-o", "a.npz").code == 0
    outcome = cli(*common, "--top", 2, "--rows-at-once", 2, "-o", "a.csv")
    assert outcome.code == 0, outcome.err
    frame = pd.read_csv(files / "a.csv")
    assert frame["sample"].tolist() == [0, 1, 2, 3, 4]
    whole = Attribution.load(files / "a.npz").to_frame(top=2, wide=True)
    assert frame["feature 1"].tolist() == whole["feature 1"].tolist()
    np.testing.assert_allclose(frame["value 2"], whole["value 2"], rtol=1e-5)
    refused = cli(*common, "--top", 2, "-o", "b.npz")
    assert refused.code == 2 and refused.error.startswith("top= is for tables: .csv or .parquet.")


def test_attribute_passes_options_and_background_on(cli, files):
    np.save(files / "b.npy", np.zeros((1, 4), dtype=np.float32))
    outcome = cli(
        *("attribute", "dense.keras", "--data", "unlabelled.npz", "--rows", 2, "-o", "a.npz"),
        *("--method", "integrated_gradients", "--option", "steps=8", "--background", "b.npy"),
    )
    assert outcome.code == 0, outcome.err
    found = Attribution.load(files / "a.npz")
    assert found.options["steps"] == 8 and found.options["background_rows"] == 1
    assert found.relative_gap < 0.1


COMPARE = ("compare", "dense.keras", "other.keras", "--background", 10, "--rows", 30)


@pytest.mark.parametrize("data", ["unlabelled.npz", "d.csv"])
def test_compare_writes_a_report_that_check_and_report_read(cli, files, data):
    outcome = cli(*COMPARE, "--data", data, "-o", "out")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("Same reasons?") and "Clearer?" in outcome.out
    results = json.loads((files / "out" / "results.json").read_text())
    manifest = json.loads((files / "out" / "manifest.json").read_text())
    assert set(manifest["sha256"]) == {"results.json", "data", "model dense", "model other"}
    assert str(files) not in json.dumps([results, manifest])
    label = results["verdict"]["label"]
    assert cli("check", "out", "--require", label).code == 0

    page = (files / "out" / "report.html").read_bytes()
    (files / "out" / "report.html").unlink()
    (files / "out" / "report.html").write_text("stale")
    assert cli("report", "out").out.strip() == "out/report.html"
    assert (files / "out" / "report.html").read_bytes() == page


def test_compare_holds_reasons_of_adverse_decisions_side_by_side(cli, files):
    asked = (*COMPARE, "--data", "d.csv", "--adverse", 1, "-o", "out")
    outcome = cli(*asked, "--threshold", 0.3, "--reasons", 2)
    assert outcome.code == 0, outcome.err
    results = json.loads((files / "out" / "results.json").read_text())
    assert (results["codes"]["adverse"], results["codes"]["top"]) == ("1", 2)
    assert results["codes"]["sentence"] and results["where"]["sentence"]
    assert "Reasons for adverse decisions" in (files / "out" / "report.html").read_text()
    alone = cli(*asked, "--force")
    assert alone.code == 2 and alone.error.startswith("adverse= goes with threshold=")


def test_text_labels_need_the_order_of_the_outputs(cli, files):
    frame = pd.read_csv(files / "d.csv")
    frame["label"] = frame["label"].map({0: "none", 1: "one", 2: "both"})
    frame.to_csv(files / "named.csv", index=False)
    common = ("prune", "dense.keras", "--sparsity", 0.5, "--finetune-epochs", 0, "--json")
    numbered = cli(*common, "--data", "d.csv", "-o", "a.keras")
    named = cli(*common, "--data", "named.csv", "-o", "b.keras", "--class-names", "none,one,both")
    assert named.json["history"] == numbered.json["history"]
    assert "alphabetically" not in named.err
    guessed = cli(*common, "--data", "named.csv", "-o", "c.keras")
    assert "Note: Text labels are numbered alphabetically: 0 = both, 1 = none" in guessed.err
    assert guessed.json["history"] != numbered.json["history"]


def test_comparing_a_model_with_itself_preserves_everything(cli, files):
    outcome = cli(
        *("compare", "dense.keras", "dense.keras", "--data", "d.npz", "-o", "out"),
        *("--background", 10, "--json", "--quiet"),
    )
    assert outcome.code == 0 and outcome.err == ""
    assert outcome.json["verdict"]["label"] == "preserved"
    assert outcome.json["clarity"]["label"] == "same"
    checks = cli("check", "out", "--max-accuracy-drop", 0, "--require", "same", "--json").json
    assert checks["passed"] and [c["found"] for c in checks["checks"]] == ["same", 0.0]


def test_dry_runs_write_nothing(cli, files):
    before = sorted(files.iterdir())
    for arguments in (
        (*COMPARE, "--data", "d.npz", "-o", "out"),
        ("attribute", "dense.keras", "--data", "d.npz", "-o", "a.npz", "--method", "gradient"),
        ("prune", "dense.keras", "--data", "d.npz", "-o", "p.keras", "--sparsity", 0.5),
        ("run", "--data", "d.csv", "-o", "out"),
        ("demo", "-o", "out"),
    ):
        outcome = cli(*arguments, "--dry-run")
        assert outcome.code == 0, outcome.err
        assert "about" in outcome.out and arguments[-1 - ("--sparsity" in arguments) * 2]
        assert sorted(files.iterdir()) == before


SMALL_STUDY = """
[data]
source = "d.csv"
[model]
hidden = [8]
epochs = 2
[prune]
sparsity = 0.5
steps = 1
finetune_epochs = 1
[explain]
background = 10
[study]
name = "small"
seeds = [0]
levels = []
arms = []
workers = 1
"""


@pytest.mark.slow
def test_run_writes_a_study(cli, files):
    (files / "c.toml").write_text(SMALL_STUDY)
    outcome = cli("run", "c.toml", "-o", "out")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("Same reasons?") and "Studying small" in outcome.err
    assert {"report.html", "results.json", "manifest.json", "models"} <= {
        path.name for path in (files / "out").iterdir()
    }
    assert not (files / "out.partial").exists()
    again = cli("run", "c.toml", "-o", "out")
    assert again.code == 2 and "out exists already" in again.error


def test_sensitivity_writes_a_table_and_a_figure(cli, files):
    outcome = cli(
        *("sensitivity", "dense.keras", "--data", "d.csv", "-o", "scan.csv"),
        *("--criterion", "magnitude", "--sparsity", 0.5, "--sparsity", 0.75, "--json"),
    )
    assert outcome.code == 0, outcome.err
    scan = pd.read_csv(files / "scan.csv")
    assert scan["layer"].fillna("").tolist() == ["", "hidden", "hidden"]
    assert scan["achieved"].tolist() == [0.0, 0.5, 0.75]
    assert [line["accuracy"] for line in outcome.json["scan"]] == scan["accuracy"].tolist()
    assert "removed of the layer, %" in (files / "scan.svg").read_text(encoding="utf-8")
    again = cli("sensitivity", "dense.keras", "--data", "d.csv", "-o", "scan.csv")
    assert again.code == 2 and "exists already" in again.err


def test_compare_calls_things_by_the_users_words(cli, files):
    (files / "words.toml").write_text('[features]\na = "age"\n[classes]\n"1" = "late"\n')
    pd.DataFrame({"age": [f"{i} years" for i in range(80)]}).to_csv("raw.csv", index=False)
    asked = (*COMPARE, "--data", "d.csv", "-o", "out", "--names", "Champion, Challenger")
    outcome = cli(*asked, "--labels", "words.toml", "--raw", "raw.csv")
    assert outcome.code == 0, outcome.err
    results = json.loads((files / "out" / "results.json").read_text())
    assert list(results["models"])[:2] == ["Champion", "Challenger"]
    assert results["detail"]["feature_names"] == ["age", "b", "c", "d"]
    assert results["answers"]["classes"] == ["0", "late", "2"]
    sample = results["detail"]["samples"][0]
    assert sample["said"][0] == f"{sample['row']} years"
    page = (files / "out" / "report.html").read_text().partition("<main>")[2]
    assert "Challenger" in page and not re.search("(dense|other) model", page)
    refused = cli(*asked, "--labels", "wrong.csv", "--force")
    assert refused.code == 2 and refused.error == "No labels file 'wrong.csv'."
    one = cli(*COMPARE, "--data", "d.csv", "-o", "two", "--names", "Champion")
    assert one.code == 2 and one.error.startswith("--names takes two names")
