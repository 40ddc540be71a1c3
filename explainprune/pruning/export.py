"""The verb `export`: a model as the file that ships, run on rows and held against the model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data import load_data
from explainprune.lookup import nearest, unknown
from explainprune.network.failing import in_words
from explainprune.network.functions.artefacts.opening import from_file
from explainprune.network.protocol import Model
from explainprune.types import Array, Certificate, Data, Inputs, flips_of, rows_sha256
from explainprune.types.arrays import n_rows
from explainprune.types.arrays import rows as take

KINDS = {".tflite": ("none", "int8", "float16"), ".onnx": ("none", "int8")}
"""Endings of files, and how each can be quantised."""
CALIBRATION = 300
"""Rows that ranges of activations are taken from, at most."""


@in_words
def export(
    model: Model,
    path: str | Path,
    *,
    quantise: str = "none",
    data: Any = None,
    force: bool = False,
    seed: int = 0,
) -> Certificate:
    """Write a model as a TFLite or ONNX file, run the file, and say how far its outputs moved.

    Parameters
    ----------
    model : keras.Model or path
        It is left as it is.
    path : str or Path
        Ends in ``.tflite`` or ``.onnx``.
    quantise : {"none", "int8", "float16"}
        ``"int8"``: weights and activations, of TFLite inputs and outputs too; it takes ranges from
        rows that may be learned from. ``"float16"``: weights of TFLite files.
    data : Data, array, dict, or pair (x, y), optional
        Its scored rows are what the file is compared on; with labels flips are told from those
        that were right before.
    force : bool
        Replace a file that is there.
    seed : int
        Which rows ranges are taken from, where there are more than 300.

    Returns
    -------
    Certificate
        Of what both output themselves: largest and mean difference, flips, bytes, and the time for
        64 rows, in turns.

    Raises
    ------
    FileExistsError
        If there is such a file, and `force` is False.
    ImportError
        If what converts or runs the file isn't installed.
    TypeError
        If `model` is no Keras model.
    ValueError
        If the file's ending or `quantise` isn't known, int8 is asked for without data, a weight is
        no finite number, or the model can't be converted.
    """
    from explainprune.network import check_weights, load_model, model_sha256, size_of

    path = _checked(Path(path), quantise, data, force)
    model = from_file(model)
    before = size_of(model)  # raises for what is no Keras model
    check_weights(model)
    given = None if data is None else load_data(data, model=model)
    unfinished = path.with_name(f".{path.stem}.partial{path.suffix}")
    times: list[float | None] = [None, None]
    moved: dict[str, Any] = dict.fromkeys(("max_difference", "relative_difference", "flips"))
    try:
        unfinished.write_bytes(_converted(model, path.suffix, quantise, given, seed))
        artefact = load_model(unfinished)
        if given is not None:
            moved, times = _measured(model, artefact, given)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Certificate(
        kind="approximate",
        basis="rows compared",
        **{"rows": 0, **moved},
        before=replace(before, latency_ms=times[0]),
        after=replace(before, latency_ms=times[1], file_bytes=artefact.bytes),
        before_sha256=model_sha256(model),
        after_sha256=artefact.sha256,
        no_bound="a file's layers aren't known",
    )


def _checked(path: Path, quantise: str, data: Any, force: bool) -> Path:
    """Refuse what can't be written, before any work."""
    if path.suffix not in KINDS:
        raise ValueError(
            f"Models are exported as {' or '.join(KINDS)} files. Received: {str(path)!r}."
            f"{nearest(path.suffix, KINDS)}"
        )
    if quantise not in KINDS[path.suffix]:
        raise unknown(f"way to quantise {path.suffix} files", quantise, KINDS[path.suffix])
    if quantise == "int8" and data is None:
        raise ValueError("quantise='int8' takes ranges of activations from rows: pass data=.")
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} to write {path.name!r} in.")
    if path.exists() and not force:
        raise FileExistsError(f"{str(path)!r} exists already. Pass force=True to replace it.")
    return path


def _converted(model: Model, suffix: str, quantise: str, data: Data | None, seed: int) -> bytes:
    """Return the content of the file."""
    from explainprune.network.functions.artefacts.converting import to_onnx, to_tflite

    rows = None if data is None or quantise != "int8" else _calibration(model, data, seed)
    if suffix == ".onnx":
        return to_onnx(model, quantise, rows)
    return to_tflite(model, quantise, None if rows is None else list(rows.values()))


def _calibration(model: Model, data: Data, seed: int) -> dict[str, Array]:
    """Return rows that ranges are taken from, by input, in the order of the model's inputs."""
    from explainprune.network.functions.signature import signature_of

    learnable, rng = data.learnable, np.random.default_rng(seed)
    count = min(CALIBRATION, len(learnable))
    x = take(learnable.x, np.sort(rng.choice(len(learnable), count, replace=False)))
    signature = signature_of(model, x)
    flat, start, found = signature.pack(x), 0, {}
    for part in signature.parts:
        piece, start = flat[:, start : start + part.size], start + part.size
        found[part.name] = piece.reshape(count, *part.sizes).astype(part.dtype)
    return found


def _measured(model: Model, artefact: Any, data: Data) -> tuple[dict[str, Any], list[float | None]]:
    """Run both on the scored rows, and time them in turns."""
    from explainprune.network import ForwardNetwork, as_network
    from explainprune.network.functions.artefacts.converting import as_written
    from explainprune.network.functions.decisions import decided
    from explainprune.network.shrinking.measuring import BATCH, in_turns

    written, signature = as_written(model, data.x)
    file = ForwardNetwork(artefact, like=_in_order(data.x, signature))
    rows, packed = signature.pack(data.x), file.pack(data.x)
    a = np.asarray(written.outputs(rows), dtype=np.float64)
    b = np.asarray(file.raw(packed), dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(
            f"The file outputs {b.shape[1]} numbers for each row, the model {a.shape[1]}: they "
            "can't be compared."
        )
    apart, largest = np.abs(a - b), float(np.abs(a).max())
    batches = [np.resize(each, (BATCH, each.shape[1])) for each in (rows, packed)]
    network = as_network(model, "logit", like=data.x)
    ours, theirs = (decided(network, each, data, logits=False) for each in (a, b))
    moved = {
        "rows": n_rows(data.x),
        "max_difference": float(apart.max()),
        "mean_difference": float(apart.mean()),
        "relative_difference": float(apart.max()) / largest if largest else float(apart.max()),
        **flips_of(ours, theirs, data.y),
        "output": "probability" if network.looked_through else "logit",
        "rows_sha256": rows_sha256(data.scored),
    }
    return moved, [*in_turns([partial(written.outputs, batches[0]), partial(file.raw, batches[1])])]


def _in_order(x: Inputs, signature: Any) -> Inputs:
    """Return several inputs in the model's order."""
    return {part.name: x[part.name] for part in signature.parts} if isinstance(x, dict) else x
