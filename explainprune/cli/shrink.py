"""``explainprune shrink``: a model pruned by any tool in, a smaller one and its certificate out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from explainprune.cli.console import Console
from explainprune.cli.declared import taken, with_options
from explainprune.cli.inputs import columns_read, read
from explainprune.cli.options import (
    DATA_PANEL,
    OUTPUT_PANEL,
    PRUNING_PANEL,
    Force,
    Json,
    MaybeData,
    ModelFile,
    Quiet,
    Schema,
    Trust,
    flag,
    option,
)
from explainprune.cli.outputs import check_file, check_folder, whole_files
from explainprune.keeping import held
from explainprune.options import ReadOptions

CERTIFICATE = "certificate.json"
MOST_LINES = 20
"""Layers that are listed; the certificate has all."""


@with_options(ReadOptions, panel=DATA_PANEL)
def shrink(
    model: ModelFile,
    out: Annotated[
        Path,
        flag(
            "-o --out",
            f"A .keras file, with OUT.kept.npz and OUT.{CERTIFICATE} beside it; or a folder.",
            OUTPUT_PANEL,
        ),
    ],
    data: MaybeData = None,
    schema: Schema = None,
    masks: Annotated[
        Path | None,
        option(
            "--masks",
            "What counts as zero: the .masks.npz of `prune`. Default: the zeros.",
            PRUNING_PANEL,
            "FILE",
        ),
    ] = None,
    basis: Annotated[
        str,
        option(
            "--basis", "Units constant on these go: calibration data, or all inputs.", PRUNING_PANEL
        ),
    ] = "calibration data",
    measure: Annotated[
        list[str] | None,
        option(
            "--measure",
            "What else to measure of both: latency, tflite; may be repeated.",
            OUTPUT_PANEL,
            "NAME",
        ),
    ] = None,
    trust: Trust = False,
    dry_run: Annotated[
        bool, flag("--dry-run", "Only say what would be removed.", OUTPUT_PANEL)
    ] = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **given: Any,
) -> None:
    """Make a pruned model physically smaller; write it with its certificate."""
    import explainprune as xp

    finals = outputs(out, force=force)
    if masks is not None and not masks.is_file():
        raise ValueError(f"There is no file of masks {str(masks)!r}.")
    console = Console(quiet, json)
    reading = taken(given, ReadOptions)
    rows, loaded = read(console, model, data, trust=trust, schema=schema, **reading)
    options: dict[str, Any] = {"basis": basis, "measure": tuple(measure or ())}
    if masks is not None:
        options["masks"] = xp.Masks.load(masks)
    with held(out):
        with console.working(f"Shrinking {model.name}"):
            shrunk = xp.shrink(loaded, data=rows, **options)
        if not dry_run:
            finals["model"].parent.mkdir(exist_ok=True)
            with whole_files(finals) as files:
                write(shrunk, files, columns_read(rows, loaded, reading, schema))
    _show(console, shrunk, finals, written=not dry_run)


def outputs(out: Path, *, force: bool) -> dict[str, Path]:
    """Return what is written: beside a ``.keras`` file, or into a folder.

    Raises
    ------
    ValueError, FileExistsError
        As `check_file` does.
    """
    if out.suffix and not out.is_dir():
        finals = {"model": out, "kept": out.with_suffix(".kept.npz")}
        finals["certificate"] = out.with_suffix(f".{CERTIFICATE}")
        check_file(out, (".keras",), force=force)
    else:
        names = {"model": "shrunk.keras", "kept": "kept.npz", "certificate": CERTIFICATE}
        finals = {key: out / name for key, name in names.items()}
        check_folder(out)
    for final in finals.values():
        if final.parent.is_dir():
            check_file(final, (final.suffix,), force=force)
    return finals


def write(shrunk: Any, files: dict[str, Path], columns: Sequence[str] | None = None) -> None:
    """Write a smaller model, the original index of each unit that is left, and its certificate."""
    import numpy as np

    from explainprune.network import save_model

    save_model(shrunk.model, files["model"], columns)
    with files["kept"].open("wb") as file:
        np.savez(file, **shrunk.kept)
    shrunk.certificate.save(files["certificate"])


def _show(console: Console, shrunk: Any, finals: dict[str, Path], *, written: bool) -> None:
    """Print the certificate, what was left whole and why, and where all was written."""
    from explainprune.types.encoding import encode

    found = shrunk.certificate
    gone = sum(found.removed.values())
    lines = [str(found)]
    lines += [f"{gone:,} units removed" if gone else "no unit could be removed"]
    lines += _listed([f"  {path}: {count:,}" for path, count in found.removed.items() if count])
    whole = found.left_whole.items()
    lines += _listed([f"left whole: {path}, since {why}" for path, why in whole])
    if found.bound is not None:
        lines.append(f"bound: {found.bound}")
    elif found.no_bound:
        lines.append(f"no bound: {found.no_bound}")
    would = "" if written else "would write "
    lines += [f"{would}{name}: {path}" for name, path in finals.items()]
    files = {name: str(path) for name, path in finals.items()}
    console.show(
        "\n".join(lines), {"certificate": encode(found), "files": files, "written": written}
    )


def _listed(lines: list[str]) -> list[str]:
    """Cut a long list short, and say so."""
    more = len(lines) - MOST_LINES
    return lines if more <= 0 else [*lines[:MOST_LINES], f"  and {more:,} more ({CERTIFICATE})"]
