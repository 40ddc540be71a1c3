"""``explainprune list``: the names there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any

import typer

from explainprune.cli.console import Console
from explainprune.cli.options import Json
from explainprune.lookup import unknown

REGISTRIES = {
    "criteria": ("explainprune.criteria", "CRITERIA"),
    "methods": ("explainprune.analysis.attribution", "METHODS"),
    "metrics": ("explainprune.analysis.metrics", "METRICS"),
    "data": ("explainprune.data", "DATASETS"),
    "arms": ("explainprune.study.arms", "ARMS"),
    "granularities": ("explainprune.pruning.granularity", "GRANULARITIES"),
    "schedules": ("explainprune.pruning.schedule", "SCHEDULES"),
    "allocations": ("explainprune.pruning.shares", "ALLOCATIONS"),
}


def list_names(
    kind: Annotated[
        str | None,
        typer.Argument(help=", ".join(REGISTRIES) + "; nothing for all.", metavar="KIND"),
    ] = None,
    json: Json = False,
) -> None:
    """List criteria, methods, metrics, arms of a study or built-in data, a line each."""
    if kind is not None and kind not in REGISTRIES:
        raise unknown("kind of name", kind, REGISTRIES)
    found = {name: _lines(name) for name in ([kind] if kind else REGISTRIES)}
    parts = []
    for name, lines in found.items():
        width = max(map(len, lines))
        rows = "\n".join(f"{entry:<{width}}  {text}".rstrip() for entry, text in lines.items())
        parts.append(rows if kind else f"{name}\n{rows}\n")
    Console(json=json).show("\n".join(parts).rstrip(), found[kind] if kind else found)


def _lines(kind: str) -> dict[str, str]:
    """Return what each entry of a registry says of itself."""
    module, name = REGISTRIES[kind]
    registry: Mapping[str, Callable[..., Any]] = getattr(import_module(module), name)
    return {entry: _first_line(function) for entry, function in registry.items()}


def _first_line(function: Any) -> str:
    """Return the first line of a docstring."""
    return next(iter((getattr(function, "__doc__", None) or "").strip().splitlines()), "")
