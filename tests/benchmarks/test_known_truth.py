"""The page on known truth says what its lines say."""

import runpy
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[2] / "benchmarks"


def test_the_page_says_what_its_lines_say():
    runpy.run_path(str(FOLDER / "known_truth.py"))
    from _page import filled
    from known import page

    text = page.PAGE.read_text(encoding="utf-8")
    assert text.count("<!-- end -->") == len(page.TABLES)
    assert filled(page.PAGE, page.TABLES) == text, "stale: run benchmarks/known_truth.py"


def test_every_scenario_was_run_as_often():
    from known import page

    from explainprune.study.sabotage.scenarios import SCENARIOS

    found = page.lines()
    assert list(dict.fromkeys(found["scenario"])) == list(SCENARIOS)
    runs = found.groupby("scenario")["seed"]
    assert runs.nunique().min() == runs.size().max() >= 10


def test_wrong_by_a_metric_alone():
    from known import page

    found = pd.DataFrame(
        {
            "cosine": [0.95, 0.5, 0.95, 0.5],
            "churn": [0.0, 0.01, 0.02, 0.9],
            "differs": [True, True, False, False],
        }
    )
    assert page.wrong_by(found, "cosine").tolist() == [True, False, False, True]
    assert page.wrong_by(found, "churn").tolist() == [True, True, False, True]
    # churn orders them the wrong way round: one class for all is the best that can be had
    assert page.least_wrong(found, "churn") == 0.5
    assert page.least_wrong(found, "cosine") == 0.5
    found["cosine"] = [0.6, 0.5, 0.7, 0.9]
    assert page.least_wrong(found, "cosine") == 0.0


def test_runs_are_kept_and_not_made_twice(tmp_path, monkeypatch):
    from known import store

    from explainprune.study.sabotage.trying import ALONE, Found

    monkeypatch.setattr(store, "KEPT", tmp_path / "kept.csv")
    monkeypatch.setattr(store, "LINES", tmp_path / "lines.csv")
    assert store.done() == set()
    one = Found("changed", True, 0.5, 0.4, 0.6, dict.fromkeys(ALONE, 0.1), (0.3, 0.0), 1.0)
    store.keep("float16", 1, one)
    store.keep("float16", 0, one)
    store.keep("gone", 0, one)
    assert store.done() == {("float16", 1), ("float16", 0), ("gone", 0)}
    store.publish(["nonsense labels", "float16"])
    lines = pd.read_csv(tmp_path / "lines.csv")
    assert lines["scenario"].tolist() == ["float16", "float16"] and lines["seed"].tolist() == [0, 1]
    assert (lines["moved"] == 0.5).all() and (lines["other needs it"] == 0).all()
