"""``explainprune export``: a model as the file that ships, or two as a question for provers."""

from __future__ import annotations

from pathlib import Path
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

ENDINGS = (".tflite", ".onnx", ".vnnlib")
QUERY_PANEL = "Two models as a question for provers (.vnnlib)"


@with_options(ReadOptions, panel=DATA_PANEL)
def export(
    model: ModelFile,
    out: OutFile,
    data: MaybeData = None,
    quantise: Annotated[
        str, option("--quantise", "none, int8 (needs --data) or float16.", metavar="HOW")
    ] = "none",
    against: Annotated[
        Path | None, option("--against", "The other model: .keras or .h5.", QUERY_PANEL)
    ] = None,
    eps: Annotated[
        float | None, option("--eps", "May any logit differ by so much?", QUERY_PANEL)
    ] = None,
    box: Annotated[
        str | None,
        option(
            "--box",
            "Least and greatest value of every input. Default: the range of --data.",
            QUERY_PANEL,
            "LOW,HIGH",
        ),
    ] = None,
    schema: Schema = None,
    seed: Seed = 0,
    trust: Trust = False,
    dry_run: DryRun = False,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **reading: Any,
) -> None:
    """Write a model as .tflite or .onnx, run the file on data, and write its certificate beside.

    With -o FILE.vnnlib, two models as a question for others' provers, in VNN-LIB and ONNX.
    """
    asked = _asked(out, against, eps, box, quantise)
    beside = out.with_suffix(".certificate.json" if asked is None else ".onnx")
    check_file(out, ENDINGS, force=force)
    check_file(beside, (beside.suffix,), force=force)
    console = Console(quiet, json)
    rows, loaded = read(console, model, data, trust=trust, schema=schema, **reading)
    if dry_run:
        name = "certificate" if asked is None else "network"
        how = f", quantised: {quantise}," if asked is None else f" against {against}"
        text = f"would write {loaded.name!r}{how} as {out} and {beside}"
        console.show(text, {"file": str(out), name: str(beside), "quantise": quantise})
        return
    with (
        console.working(f"Converting {model.name}"),
        whole_files({"file": out, "beside": beside}) as files,
    ):
        plain = (
            _shipped(loaded, files, rows, quantise, seed)
            if asked is None
            else _query(loaded, files, rows, trust, seed, asked)
        )
    text = f"{plain.pop('text')}\nWrote {out} and {beside}"
    console.show(text, {"file": str(out), **plain})


def _shipped(
    model: Any, files: dict[str, Path], rows: Any, quantise: str, seed: int
) -> dict[str, Any]:
    """Write the file and its certificate; say what is in it."""
    import explainprune as xp
    from explainprune.types.encoding import encode

    found = xp.export(model, files["file"], quantise=quantise, data=rows, seed=seed)
    found.save(files["beside"])
    return {"text": str(found), "certificate": encode(found), "quantise": quantise}


def _asked(
    out: Path, against: Path | None, eps: float | None, box: str | None, quantise: str
) -> dict[str, Any] | None:
    """Return what a question is made of; None where a model is to be written.

    Raises
    ------
    ValueError
        If something is missing, or goes with the other kind of file.
    """
    given = {"--against": against, "--eps": eps, "--box": box}
    if out.suffix != ".vnnlib":
        for name, value in given.items():
            if value is not None:
                raise ValueError(f"{name} goes with -o FILE.vnnlib. Received: -o {str(out)!r}.")
        return None
    for name in ("--against", "--eps"):
        if given[name] is None:
            raise ValueError(f"A .vnnlib file is a question about two models: pass {name}.")
    if quantise != "none":
        raise ValueError("--quantise goes with -o FILE.tflite or FILE.onnx.")
    return {"against": against, "eps": eps, "box": None if box is None else _ends(box)}


def _ends(text: str) -> tuple[float, float]:
    """Read two numbers.

    >>> _ends("0, 1")
    (0.0, 1.0)
    """
    try:
        low, high = (float(each) for each in text.split(","))
    except ValueError as error:
        raise ValueError(f"--box is LOW,HIGH, two numbers. Received: {text!r}.") from error
    return low, high


def _query(
    model: Any, files: dict[str, Path], rows: Any, trust: bool, seed: int, asked: dict[str, Any]
) -> dict[str, Any]:
    """Write the question and the network it is about; say what is known of the answer."""
    import explainprune as xp

    other = xp.load_model(asked["against"], trust=trust)
    how = {"eps": asked["eps"], "box": asked["box"], "data": rows, "seed": seed}
    found = xp.export_query(model, other, files["file"], **how)
    return {
        "text": str(found),
        "network": files["beside"].name,
        "answer": found.answer,
        "measured": found.measured,
        "bound": None if found.bound is None else found.bound.largest,
    }
