"""A report in an MLflow tracking store: its figures as metrics, its folder as artifacts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explainprune.reporting.formatting import name
from explainprune.reporting.markdown import plain
from explainprune.reporting.subject import Subject, subject_of
from explainprune.reporting.writing import load_results
from explainprune.types import Comparison, Measure, Study
from explainprune.types.comparison import SCORES

NEEDED = "Logging needs MLflow, which isn't installed: pip install 'explainprune[mlflow]'."
SIZES = ("params", "nonzero", "flops", "live_connections")
MOST_TEXT = 5000
"""Letters that a tag may have; MLflow allows a few more."""


def log_report(
    folder: str | Path, experiment: str = "explainprune", *, store: str | None = None
) -> str:
    """Log a report to MLflow: figures as metrics, what decided as parameters, files as artifacts.

    Metrics are called alike in every run, whatever the models are called, so that runs compare:
    ``moved_weight`` (``.low``, ``.high``: its interval), ``dense/accuracy``, ``other/accuracy``, …
    Both verdicts are tags. MLflow's own reports of use are switched off, unless you set
    ``MLFLOW_DISABLE_TELEMETRY`` yourself.

    Parameters
    ----------
    folder : str or Path
        Of a report of two models, or of a study.
    experiment : str
        Made where it isn't there.
    store : str, optional
        Address of the tracking store. None: as ``MLFLOW_TRACKING_URI`` says.

    Returns
    -------
    str
        The run's id.

    Raises
    ------
    ImportError
        If MLflow isn't installed.
    FileNotFoundError, ValueError
        If there is no such report, or MLflow doesn't take it.
    """
    results, _ = load_results(folder)
    if not isinstance(results, Comparison | Study):
        raise ValueError("What is logged are two models compared. Received: another report.")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError:
        raise ImportError(NEEDED) from None
    try:
        return _logged(MlflowClient(tracking_uri=store), subject_of(results), folder, experiment)
    except MlflowException as error:
        raise ValueError(f"MLflow can't log it: {' '.join(str(error).split())}") from None


def _logged(client: Any, subject: Subject, folder: str | Path, experiment: str) -> str:
    """Make a run with all that is known."""
    known = client.get_experiment_by_name(experiment)
    place = client.create_experiment(experiment) if known is None else known.experiment_id
    title = f"{name(subject.dense)} → {name(subject.other)}"
    run = client.create_run(place, tags=tags_of(subject), run_name=title).info.run_id
    for key, text in parameters_of(subject):
        client.log_param(run, key, text)
    for key, value in metrics_of(subject):
        client.log_metric(run, key, value)
    client.log_artifacts(run, str(folder))
    client.set_terminated(run)
    return str(run)


def metrics_of(subject: Subject) -> Iterator[tuple[str, float]]:
    """Yield every figure of the pair with its interval's ends, and scores and sizes of both."""
    for key, measure in subject.results.comparisons[subject.main].items():
        yield from _ends(key.replace("@", "/"), measure)
    for role, row in zip(("dense", "other"), subject.models.values(), strict=True):
        for field in (*SCORES, *SIZES):
            value = getattr(row, field)
            if value is not None:
                yield f"{role}/{field}", float(value)


def parameters_of(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield what decided: margins, the data, the method, rows or seeds."""
    yield "margin", str(subject.results.verdict.margin)
    yield "clarity margin", str(subject.results.clarity.margin)
    yield "claim about", subject.results.verdict.scope
    provenance = subject.pair.provenance
    for key in ("data", "method", "rows", "seed"):
        if key in provenance:
            yield key, name(provenance[key])[:500]
    if subject.study is not None:
        yield "seeds", str(len(subject.study.seeds))


def tags_of(subject: Subject) -> dict[str, Any]:
    """Return both verdicts as tags, and their sentences as the run's description."""
    verdict, clarity = subject.results.verdict, subject.results.clarity
    said = f"**Same reasons?** {plain(verdict.sentence)}\n\n**Clearer?** {plain(clarity.sentence)}"
    return {
        "same reasons": verdict.label,
        "clearer": clarity.label,
        "mlflow.note.content": said[:MOST_TEXT],
    }


def _ends(key: str, measure: Measure) -> Iterator[tuple[str, float]]:
    if measure.value is None:
        return
    yield key, measure.value
    if measure.interval is not None:
        yield f"{key}.low", measure.interval[0]
        yield f"{key}.high", measure.interval[1]
