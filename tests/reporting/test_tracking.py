"""A report in an MLflow store of files: what a run holds of it."""

import sys

import pytest
from reporting_factory import comparison, study

from explainprune.cli import run
from explainprune.reporting import report
from explainprune.reporting.subject import subject_of
from explainprune.reporting.tracking import log_report, metrics_of

mlflow = pytest.importorskip("mlflow.tracking")


@pytest.fixture
def store(tmp_path, monkeypatch):
    address = (tmp_path / "runs").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return address


@pytest.mark.parametrize("make", [comparison, study])
def test_a_run_holds_figures_verdicts_and_files(store, tmp_path, make):
    found = make()
    page = report(found, tmp_path / "r")
    client = mlflow.MlflowClient(store)
    logged = client.get_run(log_report(page.parent, "loans", store=store))
    subject = subject_of(found)
    assert logged.data.metrics == pytest.approx(dict(metrics_of(subject)))
    moved = found.comparisons[subject.main]["moved_weight"]
    assert logged.data.metrics["moved_weight"] == moved.value
    assert logged.data.metrics["moved_weight.high"] == moved.high
    first = next(iter(found.models.values()))
    assert logged.data.metrics["dense/accuracy"] == first.accuracy
    assert logged.data.tags["same reasons"] == found.verdict.label
    assert logged.data.params["margin"] == str(found.verdict.margin)
    assert logged.info.status == "FINISHED"
    files = {each.path for each in client.list_artifacts(logged.info.run_id)}
    assert {"report.html", "results.json"} <= files


def test_the_command_logs_to_one_experiment(store, tmp_path, capfd):
    page = report(comparison(), tmp_path / "r")
    for _ in range(2):
        assert run(["report", str(page.parent), "--mlflow", "loans"]) == 0
    client = mlflow.MlflowClient(store)
    place = client.get_experiment_by_name("loans").experiment_id
    assert len(client.search_runs([place])) == 2


def test_a_store_that_refuses_is_said(tmp_path, monkeypatch, capfd):
    page = report(comparison(), tmp_path / "r")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere://x")
    assert run(["report", str(page.parent), "--mlflow", "loans"]) == 2
    assert "MLflow can't log it: " in capfd.readouterr().err


def test_what_is_missing_is_said(tmp_path, monkeypatch, capfd):
    page = report(comparison(), tmp_path / "r")
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    assert run(["report", str(page.parent), "--mlflow", "loans"]) == 2
    assert "pip install 'explainprune[mlflow]'" in capfd.readouterr().err
