"""``explainprune check``: a report's verdicts as an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from explainprune.cli.console import Console
from explainprune.cli.failures import CHECK_FAILED
from explainprune.cli.options import Json, Quiet, option
from explainprune.lookup import unknown


def check(
    results: Annotated[
        Path, typer.Argument(help="A results.json, or a folder that holds one.", metavar="RESULTS")
    ],
    max_accuracy_drop: Annotated[
        float | None, option("--max-accuracy-drop", "Largest fall of accuracy (or R²) that passes.")
    ] = None,
    require: Annotated[
        list[str] | None,
        option(
            "--require",
            "Label a verdict must have; may be repeated. Default: preserved, if nothing else "
            "is asked.",
            metavar="LABEL",
        ),
    ] = None,
    most: Annotated[
        list[str] | None,
        option(
            "--max",
            "The most a figure may be; may be repeated. NAME is accuracy, balanced_accuracy, "
            "auc, log_loss (of the second model; with _drop or _rise: against the first), churn, "
            "moved_weight, or any other metric. WHERE is class or group (the worst one), or the "
            "name of one, as 'class 3:recall'. Default: all rows.",
            metavar="[WHERE:]NAME=VALUE",
        ),
    ] = None,
    least: Annotated[
        list[str] | None,
        option("--min", "The least a figure may be.", metavar="[WHERE:]NAME=VALUE"),
    ] = None,
    summary: Annotated[
        Path | None,
        option(
            "--summary",
            "Markdown file to append the outcome to, such as a CI job's summary.",
            metavar="FILE",
        ),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Exit with 0 if the results meet what is required, else with 1: for CI."""
    from explainprune.reporting import load_results, that_fit
    from explainprune.reporting.limits import held, limit
    from explainprune.types import CLEARER, SAME_REASONS, Overview, Profile

    limits = [limit(text, most=True) for text in most or []]
    limits += [limit(text, most=False) for text in least or []]
    asked = limits or max_accuracy_drop is not None
    labels = list(require or ([] if asked else ["preserved"]))
    for label in labels:
        if label not in {*SAME_REASONS, *CLEARER}:
            raise unknown("verdict", label, {*SAME_REASONS, *CLEARER})
    found, _ = load_results(results)
    if isinstance(found, Profile | Overview):
        raise ValueError(
            f"{str(results)!r} holds no comparison or study, whose verdicts are checked."
        )
    with that_fit(results, ValueError):
        outcomes = [_verdict(found, label, SAME_REASONS) for label in labels]
        if max_accuracy_drop is not None:
            limits = [_most_drop(found, max_accuracy_drop), *limits]
        outcomes += [held(found, each) for each in limits]
    passed = all(outcome["passed"] for outcome in outcomes)
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(_markdown(outcomes, passed))
    lines = [f"{'ok    ' if o['passed'] else 'FAILED'}  {o['sentence']}" for o in outcomes]
    if json or not quiet:
        Console(json=json).show("\n".join(lines), {"passed": passed, "checks": outcomes})
    if not passed:
        raise typer.Exit(CHECK_FAILED)


def _markdown(outcomes: list[dict[str, Any]], passed: bool) -> str:
    """Lay the outcome out as a table."""
    from explainprune.reporting.markdown import table

    title = f"### explainprune: {'all checks passed' if passed else 'a check failed'}"
    rows = [("ok" if each["passed"] else "failed", each["sentence"]) for each in outcomes]
    return "\n".join([title, "", *table(("check", "what was found"), rows), "", ""])


def _verdict(results: Any, label: str, same_reasons: tuple[str, ...]) -> dict[str, Any]:
    """Compare the verdict that can bear `label` with it."""
    # "inconclusive" is an answer to both questions: it is asked of the first.
    question, verdict = (
        ("same reasons", results.verdict) if label in same_reasons else ("clearer", results.clarity)
    )
    return {
        "check": question,
        "required": label,
        "found": verdict.label,
        "passed": verdict.label == label,
        "sentence": f"{question}: {verdict.label}, required {label}. {verdict.sentence}",
    }


def _most_drop(results: Any, largest: float) -> Any:
    """Return the limit on the fall of accuracy, or of R² where there is none."""
    from explainprune.reporting.limits import Limit

    dense = next(iter(results.models.values()))
    score = "r2" if dense.accuracy is None and dense.r2 is not None else "accuracy"
    return Limit(f"{score}_drop", "", largest, most=True)
