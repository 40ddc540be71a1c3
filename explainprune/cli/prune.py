"""``explainprune prune``: a model file in, a pruned model file out."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from explainprune.cli.console import Console
from explainprune.cli.declared import taken, with_options
from explainprune.cli.inputs import columns_read, described, read
from explainprune.cli.options import (
    DATA_PANEL,
    OUTPUT_PANEL,
    PRUNING_PANEL,
    DryRun,
    Force,
    Json,
    MaybeData,
    ModelFile,
    OutFile,
    Quiet,
    Schema,
    Seed,
    Trust,
    flag,
    option,
)
from explainprune.cli.outputs import check_file, whole_files
from explainprune.cli.shrink import CERTIFICATE, write
from explainprune.options import PruneOptions, ReadOptions


@with_options(ReadOptions, panel=DATA_PANEL)
@with_options(PruneOptions, panel=PRUNING_PANEL)
def prune(
    model: ModelFile,
    out: OutFile,
    data: MaybeData = None,
    schema: Schema = None,
    recipe: Annotated[
        str | None, option("--recipe", "Your training function.", PRUNING_PANEL, "MODULE:FUNCTION")
    ] = None,
    masks: Annotated[
        Path | None,
        option(
            "--masks",
            "What was removed before: the .masks.npz of an earlier run.",
            PRUNING_PANEL,
            "FILE",
        ),
    ] = None,
    unlabelled: Annotated[
        str | None,
        option(
            "--unlabelled",
            "More rows for --preserve, read as the data is, without a target.",
            PRUNING_PANEL,
            "SOURCE",
        ),
    ] = None,
    shrink: Annotated[
        bool,
        flag(
            "--shrink",
            f"Write OUT.shrunk.keras, OUT.kept.npz and OUT.{CERTIFICATE} too.",
            OUTPUT_PANEL,
        ),
    ] = False,
    seed: Seed = 0,
    trust: Trust = False,
    dry_run: DryRun = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **options: Any,
) -> None:
    """Prune a model; write it with its masks (OUT.masks.npz) beside it."""
    import explainprune as xp
    from explainprune.lookup import imported
    from explainprune.network import save_model

    finals = {"model": out, "masks": out.with_suffix(".masks.npz")}
    if shrink:
        finals |= {
            "shrunk": out.with_suffix(".shrunk.keras"),
            "kept": out.with_suffix(".kept.npz"),
            "certificate": out.with_suffix(f".{CERTIFICATE}"),
        }
    for final in finals.values():
        check_file(final, (final.suffix,) if final is not out else (".keras",), force=force)
    if masks is not None and not masks.is_file():
        raise ValueError(f"There is no file of masks {str(masks)!r}.")
    console = Console(quiet, json)
    reading = taken(options, ReadOptions)
    rows, loaded = read(console, model, data, trust=trust, schema=schema, **reading)
    if unlabelled is not None:
        asked = described(schema) | reading | {"target": ""}
        options["unlabelled"] = xp.load_data(unlabelled, model=loaded, **asked)
    options["seed"] = seed
    if dry_run:
        _would(console, loaded, rows, options, finals)
        return
    if recipe is not None:
        options["recipe"] = imported(recipe, "recipe")
    if masks is not None:
        options["masks"] = xp.Masks.load(masks)
    with console.working(f"Pruning {model.name}"), whole_files(finals) as files:
        pruned = xp.prune(loaded, rows, **options)
        columns = columns_read(rows, loaded, reading, schema)
        save_model(pruned.model, files["model"], columns)
        pruned.masks.save(files["masks"])
        certificate = None
        if shrink:
            shrunk = xp.shrink(pruned.model, masks=pruned.masks, data=rows)
            write(shrunk, files | {"model": files["shrunk"]}, columns)
            certificate = str(shrunk.certificate)
    for note in getattr(pruned, "notes", ()):
        console.note(note)
    _show(console, pruned, certificate, finals)


def _show(console: Console, pruned: Any, certificate: str | None, finals: dict[str, Path]) -> None:
    """Print what was removed and where it was written."""
    masks = pruned.masks
    history = pruned.history.to_dict("records")
    text = f"{masks.removed:,} of {masks.total:,} entries removed ({masks.sparsity:.1%})"
    text += f"; {_asked(history[-1])}"
    scores = [k for k in ("validation_accuracy", "train_accuracy", "train_r2") if k in history[-1]]
    if scores:
        text += f"; {scores[0]} {history[0][scores[0]]:.4f} → {history[-1][scores[0]]:.4f}"
    lines = [text, *([f"shrunk: {certificate}"] if certificate else [])]
    lines += [f"{name}: {path}" for name, path in finals.items()]
    data = {
        "removed": masks.removed,
        "total": masks.total,
        "sparsity": masks.sparsity,
        "certificate": certificate,
        "files": {name: str(path) for name, path in finals.items()},
        "history": _plain(history),
    }
    console.show("\n".join(lines), data)


def _asked(last: dict[str, Any]) -> str:
    """Say what was asked for beside what came out."""
    if "budget" in last:
        asked, reached = last["budget_requested"], last["budget_achieved"]
        return f"{last['budget']}: asked for {asked:.6g}, reached {reached:.6g}"
    return f"sparsity: asked for {last['requested']:.6g}, reached {last['achieved']:.6g}"


def _plain(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows that JSON can hold: NaN becomes None."""
    return [
        {key: None if value != value else value for key, value in row.items()} for row in history
    ]


def _would(
    console: Console, model: Any, rows: Any, options: dict[str, Any], finals: dict[str, Path]
) -> None:
    """Say what would be done."""
    from explainprune.cli.plan import duration
    from explainprune.pruning.clearest import PRUNINGS
    from explainprune.study.foreseen import pruning_seconds

    options = {each.name: options.get(each.name, each.default) for each in fields(PruneOptions)}
    epochs = options["finetune_epochs"]
    if epochs is None:
        epochs = 0 if rows is None or rows.y is None else 2 * options["steps"]
    learned = None if rows is None else rows.learnable
    times = PRUNINGS if options["objective"] else 1
    with console.noting():
        seconds = round(
            times
            * pruning_seconds(
                model, learned, epochs, options["steps"], options["criterion"], options["preserve"]
            )
        )
    amount = options["budget"] or options["sparsity"] or options["objective"]
    text = (
        f"would prune {model.name!r} ({model.count_params():,} parameters) to {amount} by "
        f"{options['criterion']}, {epochs} epochs of fine-tuning on {rows!r}, in about "
        f"{duration(seconds)}, and write {', '.join(str(path) for path in finals.values())}"
    )
    files = {name: str(path) for name, path in finals.items()}
    console.show(text, {"options": options, "epochs": epochs, "seconds": seconds, "files": files})
