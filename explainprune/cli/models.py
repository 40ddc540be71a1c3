"""The models of a comparison: what they are called, and what is said of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from explainprune.cli.console import Console
from explainprune.cli.options import names_of

NAMES = "dense,other"
"""What a pair is called where nothing else is said."""


def as_class(what: str, given: str | None, names: Sequence[str] | None) -> dict[str, Any]:
    """Read a class, if one is given: a name, else a number."""
    if given is None:
        return {}
    return {what: int(given) if given.isdigit() and given not in (names or ()) else given}


def arms_of(texts: list[str], taken: Sequence[str] = ("dense", "other")) -> dict[str, Path]:
    """Read ``NAME=FILE``."""
    arms = {}
    for text in texts:
        name, equals, file = text.partition("=")
        if not (name and equals and file) or name in taken:
            raise ValueError(f"--arm takes NAME=FILE, with a name of its own. Received: {text!r}.")
        arms[name] = Path(file)
    return arms


def named_models(others: list[Path], kept: Path | None, names: str) -> tuple[str, dict[str, Path]]:
    """Say what the first model is called, and each other: by `names`, several else as their files.

    Raises
    ------
    ValueError
        If there are too many or too few names, or one is used twice.
    """
    from explainprune.analysis.verdict.wording import count

    called = names_of(names) or []
    if names == NAMES and len(others) > 1:
        called = [called[0], *(path.stem for path in others)]
    if len(others) > 1 and kept is not None:
        raise ValueError("--kept is of one model. Compare shrunk models one by one.")
    if len(called) != len(others) + 1 or not all(called):
        raise ValueError(
            f"--names takes {count(len(others) + 1, 'name')}, as in 'Champion,Challenger'. "
            f"Received: {names!r}."
        )
    if len(set(called)) < len(called):
        raise ValueError(
            "Models need names of their own: by --names, or by their files where there are "
            f"several. Received: {', '.join(called)}."
        )
    return called[0], dict(zip(called[1:], others, strict=True))


def write_report(
    results: Any,
    out: Path,
    *,
    options: dict[str, Any],
    data: Any,
    models: dict[str, Any],
    started: float,
    force: bool,
) -> None:
    """Write a report on models from files, of one or several, with how it came about.

    `models` go by what their checksums are called; `started` is the clock at the beginning.
    """
    import explainprune as xp
    from explainprune.analysis.protocol import data_sha256
    from explainprune.cli.study import command_line
    from explainprune.network import model_sha256
    from explainprune.study.manifest import manifest
    from explainprune.types import Overview

    hashes = {called: model_sha256(model) for called, model in models.items()}
    record = manifest(
        Overview.of(results) if isinstance(results, dict) else results,
        config=options,
        seeds=[options["seed"]],
        checksums={"data": data_sha256(data), **hashes},
        command=command_line(),
        seconds=time.perf_counter() - started,
    )
    xp.report(results, out, manifest=record, force=force)


def show_all(console: Console, found: dict[str, Any], out: Path) -> None:
    """Print both verdicts of each model, and where the report is."""
    from explainprune.cli.study import show_verdicts

    if len(found) == 1:
        show_verdicts(console, next(iter(found.values())), out)
        return
    wide = max(map(len, found))
    lines = [
        f"{name:{wide}}  {each.verdict.label}, {each.clarity.label}: {each.verdict.sentence}"
        for name, each in found.items()
    ]
    page = out / "report.html"
    verdicts = {
        name: {"verdict": each.verdict.label, "clarity": each.clarity.label}
        for name, each in found.items()
    }
    text = "\n".join([*lines, f"Report: {page}"])
    console.show(text, {"models": verdicts, "report": str(page)})


def would_take(
    console: Console,
    what: str,
    models: list[Any],
    data: Any,
    options: dict[str, Any],
    out: Path,
    **more: Any,
) -> None:
    """Time the passes of models on a few rows, and say how long doing `what` would take."""
    from explainprune.analysis.comparison.foreseen import comparison_seconds
    from explainprune.cli.plan import duration

    with console.noting():
        seconds = comparison_seconds(models[0], models[1:] or models, data, options)
    console.show(
        f"would {what} in about {duration(seconds)}, and write {out}",
        {**more, "seconds": round(seconds, 1), "out": str(out), **options},
    )
