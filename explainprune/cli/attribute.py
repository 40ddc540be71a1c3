"""``explainprune attribute``: attributions of a model file on data."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from explainprune.cli.console import Console
from explainprune.cli.declared import with_options
from explainprune.cli.inputs import read
from explainprune.cli.interrupts import keeping
from explainprune.cli.options import (
    DATA_PANEL,
    AnyModel,
    ClusterAddress,
    DataFile,
    DryRun,
    Force,
    Json,
    OutFile,
    Quiet,
    Schema,
    Seed,
    Trust,
    Workers,
    flag,
    option,
    where,
)
from explainprune.cli.outputs import check_file
from explainprune.options import ReadOptions


@with_options(ReadOptions, panel=DATA_PANEL)
def attribute(
    model: AnyModel,
    data: DataFile,
    out: OutFile,
    schema: Schema = None,
    background: Annotated[
        str | None, option("--background", "Reference rows.", DATA_PANEL, "FILE")
    ] = None,
    rows: Annotated[
        int | None, option("--rows", "Explain the first N rows only.", DATA_PANEL)
    ] = None,
    method: Annotated[
        str,
        option(
            "--method",
            "See `list methods`; auto: exact where that is cheap, else deep_shap.",
            metavar="NAME",
        ),
    ] = "auto",
    explain: Annotated[
        str, option("--explain", "Output to explain: predicted, true, all, an index or a class.")
    ] = "predicted",
    output: Annotated[str, option("--output", "logit, centred or probability.")] = "logit",
    rows_at_once: Annotated[
        int, option("--rows-at-once", "Rows in memory at a time; draws depend on it.")
    ] = 1000,
    top: Annotated[
        int | None,
        option(
            "--top",
            "Of .csv and .parquet: one line for each row, with its N leading features.",
            metavar="N",
        ),
    ] = None,
    options: Annotated[
        list[str] | None,
        option("--option", "The method's own, as KEY=VALUE; may be repeated.", metavar="KEY=VALUE"),
    ] = None,
    seed: Seed = 0,
    workers: Workers = None,
    cluster: ClusterAddress = None,
    trust: Trust = False,
    dry_run: DryRun = False,
    resume: Annotated[
        bool, flag("--resume", "Continue in OUT.partial, where a run was stopped.")
    ] = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **reading: Any,
) -> None:
    """Say how much each feature moved each prediction; write .npz (all of it), .csv or .parquet."""
    import explainprune as xp
    from explainprune.analysis.attribution.attribute import attribute as verb
    from explainprune.analysis.attribution.in_parts.files import ENDINGS
    from explainprune.cli.toml import assignments

    check_file(out, ENDINGS, force=force)
    console = Console(quiet, json)
    if rows is not None and rows < 1:
        raise ValueError(f"--rows is at least 1. Received: {rows}.")
    given, loaded = read(
        console, model, data, trust=trust, schema=schema, background=background, **reading
    )
    if rows is not None:
        given = given.with_(scored=given.scored.take(slice(rows)))
    keywords: dict[str, Any] = {
        "method": method,
        "target": int(explain) if explain.lstrip("-").isdigit() else explain,
        "output": output,
        "seed": seed,
        **assignments(options or [], "--option"),
    }
    if dry_run:
        _would(console, verb, loaded, given, keywords, out)
        return
    _price(console, loaded, given, keywords)
    done = [0]
    kept = partial(_kept, out, done)
    what = f"Explaining {len(given):,} rows" + ("" if method == "auto" else f" by {method}")
    with keeping(kept), console.working(what) as report:

        def progress(count: int, total: int | None) -> None:
            done[0] = count
            report(count, total or count, None)

        written = xp.attribute_to(
            out,
            loaded,
            given,
            rows_at_once=rows_at_once,
            top=top,
            resume=resume,
            force=force,
            workers=workers,
            cluster=where(cluster, workers),
            progress=progress,
            told=lambda link: report(0, len(given), {"dashboard": link}),
            **keywords,
        )
    for note in written.notes:
        console.note(note)
    reused = f", {written.reused:,} of them before" if written.reused else ""
    console.show(
        f"{written.rows:,} rows explained by {written.method}{reused}; relative gap "
        f"{written.relative_gap:.1e}\nWrote {out}",
        {
            "file": str(out),
            "method": written.method,
            "rows": written.rows,
            "reused": written.reused,
            "relative_gap": written.relative_gap,
            "notes": list(written.notes),
        },
    )


def _kept(out: Path, done: list[int]) -> str:
    """Say what an interrupted run has left, and how to go on."""
    if not done[0]:
        return ""
    where = out.with_name(f"{out.name}.partial")
    return f"{where} holds {done[0]:,} rows: the same command with --resume goes on."


def _price(console: Console, model: Any, data: Any, keywords: dict[str, Any]) -> None:
    """Say on how many rows a model that only runs forward will be run."""
    from explainprune.analysis.attribution.methods import METHODS
    from explainprune.analysis.attribution.price import evaluations, in_millions
    from explainprune.analysis.attribution.reading.background import DEFAULT_ROWS

    method = METHODS.get(keywords["method"])
    if not getattr(model, "forward_only", False) or method is None or isinstance(data.x, dict):
        return
    players = data.x[0].size if data.players is None else int(max(data.players)) + 1
    each = evaluations(method, players, keywords)
    if each is not None:
        pool = data.background
        rows = min(DEFAULT_ROWS, len(data.learnable)) if pool is None else len(pool)
        console.note(
            f"{keywords['method']} runs {model.name} on up to "
            f"{in_millions(len(data) * rows * each)} rows ({len(data):,} rows, {rows:,} background "
            f"rows, {each:,} for each pair of them)"
        )


def _would(
    console: Console, verb: Any, model: Any, data: Any, keywords: dict[str, Any], out: Path
) -> None:
    """Time a few rows, and say what all would take."""
    from explainprune.analysis.timing import pace
    from explainprune.cli.plan import duration

    def run(rows: int) -> object:
        few = data.with_(scored=data.scored.take(slice(rows)), train=data.learnable)
        return verb(model, few, **keywords)  # against the background of all

    seconds = pace(run, len(data)).seconds(len(data))
    console.show(
        f"would explain {data!r} by {keywords['method']} in about {duration(seconds)}, and write "
        f"{out}",
        {"rows": len(data), "seconds": round(seconds, 1), "file": str(out), **keywords},
    )
