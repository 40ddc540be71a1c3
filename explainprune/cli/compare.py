"""``explainprune compare``: two model files, from any tool, and a report on both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from explainprune.cli.console import Console
from explainprune.cli.declared import with_options
from explainprune.cli.inputs import described
from explainprune.cli.options import (
    DATA_PANEL,
    REASONS_PANEL,
    DataFile,
    DenseFile,
    DryRun,
    Force,
    Json,
    OutFolder,
    ProtocolFile,
    Quiet,
    Schema,
    Seed,
    Trust,
    names_of,
    option,
)
from explainprune.options import ReadOptions

TRIAL_ROWS = (16, 48)


@with_options(ReadOptions, panel=DATA_PANEL)
def compare(
    dense: DenseFile,
    other: Annotated[Path, typer.Argument(help="The model after.", metavar="OTHER")],
    data: DataFile,
    out: OutFolder,
    schema: Schema = None,
    names: Annotated[
        str,
        option("--names", help="What to call the two models.", panel=DATA_PANEL, metavar="A,B"),
    ] = "dense,other",
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
    copies: Annotated[
        str,
        option(
            "--copies",
            help="Whether exact copies of a row count as one in intervals: clustered, or "
            "independent.",
            panel=DATA_PANEL,
        ),
    ] = "clustered",
    effort: Annotated[
        int | None,
        option(
            "--effort",
            help="Pairs of a row and a background row to explain each model on, at most.",
            panel=DATA_PANEL,
        ),
    ] = None,
    rows: Annotated[
        int | None,
        option("--rows", help="Score a seeded sample of N rows only.", panel=DATA_PANEL),
    ] = None,
    method: Annotated[
        list[str] | None,
        option(
            "--method",
            help="Attribution method; may be repeated. Default: one that suits both models.",
            metavar="NAME",
            panel=REASONS_PANEL,
        ),
    ] = None,
    explain_class: Annotated[
        str | None,
        option(
            "--class",
            help="Explain this class for all rows, in place of the dense prediction.",
            metavar="CLASS",
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
    margin: Annotated[
        float,
        option("--margin", help="Share of the reasons' weight that may move.", panel=REASONS_PANEL),
    ] = 0.15,
    accuracy_margin: Annotated[
        float,
        option("--accuracy-margin", help="Fall of accuracy that is none.", panel=REASONS_PANEL),
    ] = 0.02,
    faithfulness_margin: Annotated[
        float,
        option("--faithfulness-margin", help="The same, of NAOPC.", panel=REASONS_PANEL),
    ] = 0.05,
    clarity_margin: Annotated[
        float,
        option("--clarity-margin", help="Change of clarity that is none.", panel=REASONS_PANEL),
    ] = 0.05,
    criterion: Annotated[
        str, option("--criterion", help="Ranks the neurons.", panel=REASONS_PANEL)
    ] = "activation",
    arm: Annotated[
        list[str] | None,
        option(
            "--arm",
            help="A further model to read beside, as NAME=FILE; may be repeated.",
            metavar="NAME=FILE",
            panel=REASONS_PANEL,
        ),
    ] = None,
    adverse: Annotated[
        str | None,
        option(
            "--adverse",
            help="Class that is an adverse decision: compare its leading reasons.",
            metavar="CLASS",
            panel=REASONS_PANEL,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        option(
            "--threshold",
            help="Chance of --adverse from which on the decision is adverse.",
            metavar="P",
            panel=REASONS_PANEL,
        ),
    ] = None,
    reasons: Annotated[
        int,
        option("--reasons", help="Leading reasons of an adverse decision.", panel=REASONS_PANEL),
    ] = 4,
    kept: Annotated[
        Path | None,
        option("--kept", help="Original unit indices of a shrunk model, from `prune --shrink`."),
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
    """Ask of two models whether they decide for the same reasons, and which is clearer."""
    import explainprune as xp
    from explainprune.analysis.protocol import data_sha256
    from explainprune.cli.study import command_line, show_verdicts
    from explainprune.network import model_sha256
    from explainprune.reporting import check_free, reserved
    from explainprune.study.manifest import manifest

    check_free(out, force=force)
    console = Console(quiet, json)
    started = time.perf_counter()
    count = int(background) if background.isdigit() else None
    reading = described(schema, protocol) | reading
    if count is None:
        reading["background"] = background
    called = _called(names)
    files = {**dict(zip(called, (dense, other), strict=True)), **_arms(arm or [], called)}
    with console.noting():
        models = {name: xp.load_model(path, trust=trust) for name, path in files.items()}
        read = xp.load_data(data, model=models[called[0]], **reading)
    options: dict[str, Any] = {
        "methods": tuple(method) if method else None,
        "metrics": tuple(metric) if metric else None,
        **_class("target", explain_class, read.class_names),
        **_class("adverse", adverse, read.class_names),
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
        "names": called,
        "seed": seed,
    }
    extra = {name: models[name] for name in files if name not in called}
    ready = (models[called[0]], models[called[1]], read)
    if dry_run:
        _would(console, xp.compare, ready, extra, options, out)
        return
    with reserved(out), console.working(f"Comparing {dense.name} with {other.name}") as progress:
        found = xp.compare(
            *ready, arms=extra, kept=_kept(kept), protocol=protocol, progress=progress, **options
        )
        hashes = {f"model {name}": model_sha256(model) for name, model in models.items()}
        record = manifest(
            found,
            config=options,
            seeds=[seed],
            checksums={"data": data_sha256(read), **hashes},
            command=command_line(),
            seconds=time.perf_counter() - started,
        )
        xp.report(found, out, manifest=record, force=force)
    show_verdicts(console, found, out)


def _class(what: str, given: str | None, names: Sequence[str] | None) -> dict[str, Any]:
    """Read a class, if one is given: a name, else a number."""
    if given is None:
        return {}
    return {what: int(given) if given.isdigit() and given not in (names or ()) else given}


def _called(text: str) -> tuple[str, str]:
    """Read what to call the two models."""
    names = names_of(text) or []
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise ValueError(
            f"--names takes two names, as in 'Champion,Challenger'. Received: {text!r}."
        )
    return names[0], names[1]


def _arms(texts: list[str], taken: Sequence[str] = ("dense", "other")) -> dict[str, Path]:
    """Read ``NAME=FILE``."""
    arms = {}
    for text in texts:
        name, equals, file = text.partition("=")
        if not (name and equals and file) or name in taken:
            raise ValueError(f"--arm takes NAME=FILE, with a name of its own. Received: {text!r}.")
        arms[name] = Path(file)
    return arms


def _kept(path: Path | None) -> dict[str, Any] | None:
    """Read original unit indices."""
    if path is None:
        return None
    from explainprune.types.archives import read_arrays

    return dict(read_arrays(path))


def _would(
    console: Console,
    verb: Any,
    ready: tuple[Any, Any, Any],
    arms: dict[str, Any],
    options: dict[str, Any],
    out: Path,
) -> None:
    """Time two small comparisons, and say what all rows would take."""
    from explainprune.cli.plan import duration

    data = ready[2]
    total = min(len(data), options["rows"] or len(data))
    times = []
    for count in (TRIAL_ROWS[0], *TRIAL_ROWS):  # the first one compiles
        start = time.perf_counter()
        verb(*ready, arms=arms, detail=False, **(options | {"rows": min(count, total)}))
        times.append(time.perf_counter() - start)
    slope = max(0.0, times[2] - times[1]) / (TRIAL_ROWS[1] - TRIAL_ROWS[0])
    seconds = times[0] + slope * total
    console.show(
        f"would compare on {total:,} rows of {data!r} in about {duration(seconds)}, "
        f"and write {out}",
        {"rows": total, "seconds": round(seconds, 1), "out": str(out), **options},
    )
