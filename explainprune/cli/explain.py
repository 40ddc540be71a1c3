"""``explainprune explain``: one model file, and a report on what its answers rest on."""

from __future__ import annotations

import time
from typing import Annotated, Any

from explainprune.cli.console import Console
from explainprune.cli.declared import with_options
from explainprune.cli.inputs import read
from explainprune.cli.options import (
    DATA_PANEL,
    REASONS_PANEL,
    AnyModel,
    DataFile,
    DryRun,
    Force,
    Json,
    OutFolder,
    Quiet,
    Schema,
    Seed,
    Trust,
    option,
)
from explainprune.options import ReadOptions


@with_options(ReadOptions, panel=DATA_PANEL)
def explain(
    model: AnyModel,
    data: DataFile,
    out: OutFolder,
    schema: Schema = None,
    background: Annotated[
        str,
        option(
            "--background",
            help="Reference rows: how many, or a file.",
            panel=DATA_PANEL,
            metavar="N|FILE",
        ),
    ] = "20",
    backgrounds: Annotated[
        int, option("--backgrounds", help="How many backgrounds to draw.", panel=DATA_PANEL)
    ] = 6,
    effort: Annotated[
        int | None,
        option(
            "--effort",
            help="Pairs of a row and a background row to explain the model on, at most.",
            panel=DATA_PANEL,
        ),
    ] = None,
    rows: Annotated[
        int | None,
        option("--rows", help="Explain a seeded sample of N rows only.", panel=DATA_PANEL),
    ] = None,
    method: Annotated[
        list[str] | None,
        option(
            "--method",
            help="Attribution method; may be repeated. Default: one that suits it.",
            metavar="NAME",
            panel=REASONS_PANEL,
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        option(
            "--metric",
            help="Metric; may be repeated. default: the default choice.",
            metavar="NAME",
            panel=REASONS_PANEL,
        ),
    ] = None,
    explain_class: Annotated[
        str | None,
        option(
            "--class",
            help="Explain this class for all rows, in place of the prediction.",
            metavar="CLASS",
            panel=REASONS_PANEL,
        ),
    ] = None,
    criterion: Annotated[
        str, option("--criterion", help="Ranks the neurons.", panel=REASONS_PANEL)
    ] = "activation",
    seed: Seed = 0,
    trust: Trust = False,
    dry_run: DryRun = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **reading: Any,
) -> None:
    """Say what one model's answers rest on, and how far that can be trusted."""
    import explainprune as xp
    from explainprune.analysis.protocol import data_sha256
    from explainprune.cli.models import as_class
    from explainprune.cli.plan import duration
    from explainprune.cli.study import command_line
    from explainprune.network import model_sha256
    from explainprune.reporting import check_free
    from explainprune.study.manifest import manifest

    check_free(out, force=force)
    console, started = Console(quiet, json), time.perf_counter()
    drawn = background.isdigit()
    given, loaded = read(
        console,
        model,
        data,
        trust=trust,
        schema=schema,
        **({} if drawn else {"background": background}),
        **reading,
    )
    options: dict[str, Any] = {
        "methods": tuple(method) if method else None,
        "metrics": tuple(metric) if metric else None,
        **as_class("target", explain_class, given.class_names),
        "background": int(background) if drawn else 20,
        "backgrounds": backgrounds,
        "effort": effort,
        "rows": rows,
        "criterion": criterion,
        "seed": seed,
    }
    if dry_run:
        from explainprune.analysis.comparison.foreseen import comparison_seconds

        seconds = comparison_seconds(loaded, [loaded], given, options)
        text = (
            f"would explain {model.name} on {given!r} in about {duration(seconds)}, and write {out}"
        )
        console.show(text, {"seconds": round(seconds, 1), "out": str(out), **options})
        return
    with console.working(f"Explaining {model.name}") as progress:
        found = xp.explain(loaded, given, name=model.stem, progress=progress, **options)
        record = manifest(
            found,
            config=options,
            seeds=[seed],
            checksums={"data": data_sha256(given), "model": model_sha256(loaded)},
            command=command_line(),
            seconds=time.perf_counter() - started,
        )
        xp.report(found, out, manifest=record, force=force)
    page = out / "report.html"
    console.show(
        f"{found.sentence}\nReport: {page}", {"sentence": found.sentence, "report": str(page)}
    )
