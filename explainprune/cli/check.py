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
        float | None,
        option("--max-accuracy-drop", help="Largest fall of accuracy (or R²) that passes."),
    ] = None,
    require: Annotated[
        list[str] | None,
        option(
            "--require",
            help="Label a verdict must have; may be repeated. Default: preserved, if nothing else "
            "is asked.",
            metavar="LABEL",
        ),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Exit with 0 if the results meet what is required, else with 1: for CI."""
    from explainprune.reporting import load_results
    from explainprune.types import CLEARER, SAME_REASONS

    labels = list(require or ([] if max_accuracy_drop is not None else ["preserved"]))
    for label in labels:
        if label not in {*SAME_REASONS, *CLEARER}:
            raise unknown("verdict", label, {*SAME_REASONS, *CLEARER})
    found, _ = load_results(results)
    outcomes = [_verdict(found, label, SAME_REASONS) for label in labels]
    if max_accuracy_drop is not None:
        outcomes.append(_accuracy(found, max_accuracy_drop))
    passed = all(outcome["passed"] for outcome in outcomes)
    lines = [f"{'ok    ' if o['passed'] else 'FAILED'}  {o['sentence']}" for o in outcomes]
    if json or not quiet:
        Console(json=json).show("\n".join(lines), {"passed": passed, "checks": outcomes})
    if not passed:
        raise typer.Exit(CHECK_FAILED)


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


def _accuracy(results: Any, largest: float) -> dict[str, Any]:
    """Compare the fall of accuracy (or R²) from the first model to the second with the largest."""
    (first, dense), (second, other) = list(results.models.items())[:2]
    score = "accuracy" if dense.accuracy is not None else "r2"
    before, after = getattr(dense, score), getattr(other, score)
    if before is None or after is None:
        raise ValueError(
            f"There is no accuracy in these results (were the data labelled?), so that "
            f"--max-accuracy-drop {largest:g} can't be checked."
        )
    drop = before - after
    # A drop of exactly the largest passes, whatever its last bit.
    passed = drop <= largest + 1e-12
    return {
        "check": "accuracy drop",
        "required": largest,
        "found": drop,
        "passed": passed,
        "sentence": f"{score} {before:.4f} ({first}) → {after:.4f} ({second}): a drop of "
        f"{drop:.4f}, at most {largest:g} allowed.",
    }
