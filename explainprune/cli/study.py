"""``explainprune run``: a study from a configuration, from flags, or from both."""

from __future__ import annotations

import shlex
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from explainprune.cli.console import Console
from explainprune.cli.declared import with_options
from explainprune.cli.interrupts import keeping
from explainprune.cli.options import (
    DATA_PANEL,
    PRUNING_PANEL,
    REASONS_PANEL,
    WHERE_PANEL,
    ClusterAddress,
    DryRun,
    Force,
    Json,
    MaybeData,
    ProtocolFile,
    Quiet,
    Schema,
    Trust,
    Workers,
    flag,
    names_of,
    option,
    where,
)
from explainprune.options import PruneOptions, ReadOptions

PrintConfig = Annotated[bool, flag("--print-config", "Print the resolved configuration and stop.")]


@with_options(ReadOptions, panel=DATA_PANEL)
@with_options(PruneOptions, panel=PRUNING_PANEL)
def run(
    config: Annotated[
        Path | None, typer.Argument(help="A .toml file; see `init`.", metavar="CONFIG.toml")
    ] = None,
    out: Annotated[Path, flag("-o --out", "Folder for the report, written as a whole.")] = Path(
        "reports/study"
    ),
    model: Annotated[str | None, option("--model", "A trained model to start from.")] = None,
    recipe: Annotated[
        str | None, option("--recipe", "Your training function.", metavar="MODULE:FUNCTION")
    ] = None,
    data: MaybeData = None,
    schema: Schema = None,
    method: Annotated[
        list[str] | None,
        option("--method", "Attribution method; may be repeated.", REASONS_PANEL, "NAME"),
    ] = None,
    margin: Annotated[
        float | None,
        option("--margin", "Share of the reasons' weight that may move.", REASONS_PANEL),
    ] = None,
    names: Annotated[
        str | None, option("--names", "What to call the dense and the pruned model.", metavar="A,B")
    ] = None,
    threshold: Annotated[
        float | None,
        option(
            "--threshold",
            "Cut-off: the chance of the second of two classes that decides.",
            REASONS_PANEL,
            "P",
        ),
    ] = None,
    arm: Annotated[
        list[str] | None,
        option(
            "--arm",
            "Reference arm, see `list arms`; may be repeated. Default: placebo, retrained "
            "and random_pruned.",
            metavar="NAME",
        ),
    ] = None,
    seeds: Annotated[int | None, option("--seeds", "How many seeds: 0, 1, ….")] = None,
    workers: Workers = None,
    cluster: ClusterAddress = None,
    threads: Annotated[
        int | None, option("--threads", "Threads of each process.", WHERE_PANEL)
    ] = None,
    settings: Annotated[
        list[str] | None,
        flag(
            "--set",
            "Any other setting, as SECTION.KEY=VALUE; may be repeated.",
            metavar="SECTION.KEY=VALUE",
        ),
    ] = None,
    resume: Annotated[bool, flag("--resume", "Continue an interrupted run.")] = False,
    protocol: ProtocolFile = None,
    trust: Trust = False,
    print_config: PrintConfig = False,
    dry_run: DryRun = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **declared: Any,
) -> None:
    """Train, prune, explain and compare over seeds, and write a report.

    Flags come before the environment (EXPLAINPRUNE_<FLAG>), that before the file, that before
    the defaults.
    """
    asked = dict(locals()) | declared  # every flag by its name, before there are other names
    study_of(
        config_of(asked.pop("config"), **asked),
        out,
        Console(quiet, json),
        print_config=print_config,
        dry_run=dry_run,
        force=force,
        resume=resume,
        cluster=where(cluster, workers),
        protocol=protocol,
    )


FLAGS = {
    "data": "data.source",
    "model": "model.path",
    "recipe": "model.recipe",
    "trust": "model.trust",
    "method": "explain.methods",
    "margin": "explain.margin",
    "threshold": "explain.threshold",
    "names": "study.names",
    "arm": "study.arms",
    "seeds": "study.seeds",
    "workers": "study.workers",
    "threads": "study.threads",
    **{each.name: f"data.{each.name}" for each in fields(ReadOptions)},
    **{each.name: f"prune.{each.name}" for each in fields(PruneOptions)},
}
"""The key of a study's configuration that each flag sets."""


def config_of(
    config: Path | None,
    *,
    schema: Path | None = None,
    settings: list[str] | None = None,
    **flags: Any,
) -> Any:
    """Return the configuration of a file with what a schema and flags say over it."""
    from explainprune.cli.inputs import described
    from explainprune.cli.settings import resolved

    asked = {name: value for name, value in flags.items() if name in FLAGS and value != []}
    given = described(schema) | {name: value for name, value in asked.items() if value is not None}
    given["trust"] = given.get("trust") or None
    given["names"] = names_of(given.get("names"))
    return resolved(config, {FLAGS[name]: value for name, value in given.items()}, settings)


def study_of(
    config: Any,
    out: Path,
    console: Console,
    *,
    print_config: bool = False,
    dry_run: bool = False,
    force: bool = False,
    resume: bool = False,
    cluster: str | None = None,
    protocol: Path | None = None,
) -> None:
    """Run a study and print its verdicts, or only what it would do."""
    from explainprune.study import run_study

    if print_config:
        from explainprune.cli.settings import config_text

        console.show(config_text(config).rstrip(), config.to_dict())
        return
    if dry_run:
        from explainprune.cli.plan import plan, plan_text

        found = plan(config) | {"out": str(out)}
        console.show(plan_text(found) + f"\nwould write {out}", found)
        return
    kept = partial(_kept, out, len(config.study.seeds))
    with keeping(kept), console.working(f"Studying {config.study.name}") as progress:
        study = run_study(
            config,
            out,
            resume=resume,
            force=force,
            cluster=cluster,
            command=command_line(),
            protocol=protocol,
            progress=progress,
        )
    show_verdicts(console, study, out)


def _kept(out: Path, seeds: int) -> str:
    """Say what an interrupted study has left, and how to go on."""
    from explainprune.study.run import kept_seeds

    found = kept_seeds(out)
    if not found:
        return ""
    where = out.with_name(f"{out.name}.cells")
    return f"{where} holds {found} of {seeds} seeds: the same command with --resume goes on."


def show_verdicts(console: Console, results: Any, out: Path) -> None:
    """Print both verdicts, the level that was chosen, if any, and where the report is."""
    page, choice = out / "report.html", getattr(results, "choice", None)
    level = "" if choice is None else f"Levels:        {choice.sentence}\n"
    console.show(
        f"Same reasons?  {results.verdict.label}: {results.verdict.sentence}\n"
        f"Clearer?       {results.clarity.label}: {results.clarity.sentence}\n"
        f"{level}Report:        {page}",
        {
            "verdict": {"label": results.verdict.label, "sentence": results.verdict.sentence},
            "clarity": {"label": results.clarity.label, "sentence": results.clarity.sentence},
            **({} if choice is None else {"choice": choice.sentence}),
            "report": str(page),
        },
    )


def command_line() -> str:
    """Return the command as it was typed, with absolute paths shortened to their names."""
    words = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return shlex.join(["explainprune", *words])
