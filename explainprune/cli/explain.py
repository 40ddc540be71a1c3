"""``explainprune explain``: one model file, and a report on what its answers rest on."""

from __future__ import annotations

import time
from typing import Any

from explainprune.cli.console import Console
from explainprune.cli.declared import with_options
from explainprune.cli.inputs import read
from explainprune.cli.models import as_class, would_take, write_report
from explainprune.cli.options import (
    DATA_PANEL,
    AnyModel,
    Background,
    Backgrounds,
    DataFile,
    DryRun,
    Effort,
    ExplainClass,
    Force,
    Json,
    Methods,
    Metrics,
    OutFolder,
    Quiet,
    RankedBy,
    SampledRows,
    Schema,
    Seed,
    Trust,
)
from explainprune.options import ReadOptions


@with_options(ReadOptions, panel=DATA_PANEL)
def explain(
    model: AnyModel,
    data: DataFile,
    out: OutFolder,
    schema: Schema = None,
    background: Background = "20",
    backgrounds: Backgrounds = 6,
    effort: Effort = None,
    rows: SampledRows = None,
    method: Methods = None,
    metric: Metrics = None,
    explain_class: ExplainClass = None,
    criterion: RankedBy = "activation",
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
    from explainprune.reporting import check_free

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
        would_take(console, f"explain {model.name} on {given!r}", [loaded], given, options, out)
        return
    with console.working(f"Explaining {model.name}") as progress:
        found = xp.explain(loaded, given, name=model.stem, progress=progress, **options)
        write_report(
            found,
            out,
            options=options,
            data=given,
            models={"model": loaded},
            started=started,
            force=force,
        )
    page = out / "report.html"
    console.show(
        f"{found.sentence}\nReport: {page}", {"sentence": found.sentence, "report": str(page)}
    )
