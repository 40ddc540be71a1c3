"""``explainprune compare``: model files, from any tool, and a report on each beside the first."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from explainprune.cli.console import Console
from explainprune.cli.declared import with_options
from explainprune.cli.inputs import described
from explainprune.cli.models import (
    NAMES,
    arms_of,
    as_class,
    named_models,
    show_all,
    would_take,
    write_report,
)
from explainprune.cli.options import (
    DATA_PANEL,
    REASONS_PANEL,
    Background,
    Backgrounds,
    DataFile,
    DenseFile,
    DryRun,
    Effort,
    ExplainClass,
    Force,
    Json,
    Methods,
    Metrics,
    OutFolder,
    ProtocolFile,
    Quiet,
    RankedBy,
    SampledRows,
    Schema,
    Seed,
    Trust,
    option,
)
from explainprune.options import ReadOptions


@with_options(ReadOptions, panel=DATA_PANEL)
def compare(
    dense: DenseFile,
    others: Annotated[
        list[Path],
        typer.Argument(help="The model after; several, side by side.", metavar="OTHER..."),
    ],
    data: DataFile,
    out: OutFolder,
    schema: Schema = None,
    names: Annotated[str, option("--names", "What to call the models.", DATA_PANEL, "A,B")] = NAMES,
    background: Background = "20",
    backgrounds: Backgrounds = 6,
    copies: Annotated[
        str,
        option(
            "--copies",
            "Whether exact copies of a row count as one in intervals: clustered, or independent.",
            DATA_PANEL,
        ),
    ] = "clustered",
    effort: Effort = None,
    rows: SampledRows = None,
    method: Methods = None,
    explain_class: ExplainClass = None,
    metric: Metrics = None,
    margin: Annotated[
        float, option("--margin", "Share of the reasons' weight that may move.", REASONS_PANEL)
    ] = 0.15,
    accuracy_margin: Annotated[
        float, option("--accuracy-margin", "Fall in accuracy allowed.", REASONS_PANEL)
    ] = 0.02,
    faithfulness_margin: Annotated[
        float, option("--faithfulness-margin", "Fall in NAOPC allowed.", REASONS_PANEL)
    ] = 0.05,
    clarity_margin: Annotated[
        float, option("--clarity-margin", "Change that counts as none.", REASONS_PANEL)
    ] = 0.05,
    criterion: RankedBy = "activation",
    arm: Annotated[
        list[str] | None,
        option(
            "--arm",
            "A further model to show beside them, as NAME=FILE; may be repeated.",
            REASONS_PANEL,
            "NAME=FILE",
        ),
    ] = None,
    adverse: Annotated[
        str | None,
        option(
            "--adverse",
            "Class that is an adverse decision: compare its leading reasons.",
            REASONS_PANEL,
            "CLASS",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        option(
            "--threshold",
            "Cut-off: the chance (of --adverse, else of the second class) that decides.",
            REASONS_PANEL,
            "P",
        ),
    ] = None,
    reasons: Annotated[
        int, option("--reasons", "Leading reasons of an adverse decision.", REASONS_PANEL)
    ] = 4,
    kept: Annotated[
        Path | None,
        option("--kept", "Original unit indices of a shrunk model, from `prune --shrink`."),
    ] = None,
    protocol: ProtocolFile = None,
    seed: Seed = 0,
    trust: Trust = False,
    dry_run: DryRun = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **reading: Any,
) -> None:
    """Ask of two models whether they decide for the same reasons, and which is clearer.

    Of several, each is compared with the first, which is explained once: a report for each, and a
    page over all.
    """
    import explainprune as xp
    from explainprune.analysis.comparison.stored import is_stored, opened_stored
    from explainprune.reporting import check_free, reserved
    from explainprune.types.archives import read_arrays

    check_free(out, force=force)
    console = Console(quiet, json)
    started = time.perf_counter()
    count = int(background) if background.isdigit() else None
    reading = described(schema, protocol) | reading
    if count is None:
        reading["background"] = background
    called, named = named_models(others, kept, names)
    files = {called: dense, **named, **arms_of(arm or [], (called, *named))}
    with console.noting():
        models = {
            name: opened_stored(path) if is_stored(path) else xp.load_model(path, trust=trust)
            for name, path in files.items()
        }
        read = xp.load_data(data, model=models[called], **reading)
    options: dict[str, Any] = {
        "methods": tuple(method) if method else None,
        "metrics": tuple(metric) if metric else None,
        **as_class("target", explain_class, read.class_names),
        **as_class("adverse", adverse, read.class_names),
        **({} if threshold is None else {"threshold": threshold, "reasons": reasons}),
        "margin": margin,
        "accuracy_margin": accuracy_margin,
        "faithfulness_margin": faithfulness_margin,
        "clarity_margin": clarity_margin,
        "background": 20 if count is None else count,
        "backgrounds": backgrounds,
        "copies": copies,
        "effort": effort,
        "rows": rows,
        "criterion": criterion,
        "seed": seed,
    }
    extra = {name: models[name] for name in files if name not in (called, *named)}
    if dry_run:
        beside = [m for name, m in models.items() if name != called and not is_stored(m)]
        for each in filter(is_stored, models.values()):
            options |= {"methods": (each.method,), "backgrounds": 2}
        total = min(len(read), rows or len(read))
        what = f"compare on {total:,} rows of {read!r}"
        would_take(console, what, [models[called], *beside], read, options, out, rows=total)
        return
    after = others[0].name if len(others) == 1 else f"{len(others)} models"
    what = f"Comparing {dense.name} with {after}"
    with reserved(out), console.working(what) as progress:
        found = xp.compare_several(
            models[called],
            {name: models[name] for name in named},
            read,
            arms=extra,
            name=called,
            kept={} if kept is None else {n: dict(read_arrays(kept)) for n in named},
            protocol=protocol,
            progress=progress,
            **options,
        )
        results = found if len(found) > 1 else next(iter(found.values()))
        write_report(
            results,
            out,
            options=options | {"names": [called, *named]},
            data=read,
            models={f"model {name}": model for name, model in models.items()},
            started=started,
            force=force,
        )
    show_all(console, found, out)
