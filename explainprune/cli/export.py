"""``explainprune export``: a model as the file that ships, and how far its outputs moved."""

from __future__ import annotations

from typing import Annotated, Any

from explainprune.cli.console import Console
from explainprune.cli.declared import with_options
from explainprune.cli.inputs import read
from explainprune.cli.options import (
    DATA_PANEL,
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
    option,
)
from explainprune.cli.outputs import check_file, whole_files
from explainprune.options import ReadOptions

ENDINGS = (".tflite", ".onnx")


@with_options(ReadOptions, panel=DATA_PANEL)
def export(
    model: ModelFile,
    out: OutFile,
    data: MaybeData = None,
    quantise: Annotated[
        str,
        option("--quantise", help="none, int8 (needs --data) or float16.", metavar="HOW"),
    ] = "none",
    schema: Schema = None,
    seed: Seed = 0,
    trust: Trust = False,
    dry_run: DryRun = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **reading: Any,
) -> None:
    """Write a model as .tflite or .onnx, run the file on data, and write its certificate beside."""
    import explainprune as xp
    from explainprune.types.encoding import encode

    beside = out.with_suffix(".certificate.json")
    check_file(out, ENDINGS, force=force)
    check_file(beside, (".json",), force=force)
    console = Console(quiet, json)
    rows, loaded = read(console, model, data, trust=trust, schema=schema, **reading)
    if dry_run:
        text = f"would write {loaded.name!r} as {out}, quantised: {quantise}, and {beside}"
        console.show(text, {"file": str(out), "certificate": str(beside), "quantise": quantise})
        return
    with (
        console.working(f"Converting {model.name}"),
        whole_files({"file": out, "certificate": beside}) as files,
    ):
        found = xp.export(loaded, files["file"], quantise=quantise, data=rows, seed=seed)
        found.save(files["certificate"])
    plain = {"file": str(out), "certificate": encode(found), "quantise": quantise}
    console.show(f"{found}\nWrote {out} and {beside}", plain)
