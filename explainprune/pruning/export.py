"""The verb `export`: a model as the file that ships, run on rows and held against the model."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data import load_data
from explainprune.lookup import nearest, unknown
from explainprune.network.failing import in_words
from explainprune.network.protocol import Model
from explainprune.types import Array, Data, ExportCertificate, Inputs
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
) -> ExportCertificate:
    """Write a model as a TFLite or ONNX file, run the file, and say how far its outputs moved.

    Parameters
    ----------
    model : keras.Model
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
    ExportCertificate

    Raises
    ------
    FileExistsError
        If there is such a file, and `force` is False.
    ImportError
        If what converts or runs the file isn't installed.
    TypeError
        If `model` is no Keras model.
    ValueError
        If the file's ending or `quantise` isn't known, int8 is asked for without data, or the
        model can't be converted.
    """
    from explainprune.network import load_model, model_sha256, size_of

    path = _checked(Path(path), quantise, data, force)
    bytes_before = size_of(model, gzip=False).bytes  # raises for what is no Keras model
    given = None if data is None else load_data(data, model=model)
    partial_path = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        partial_path.write_bytes(_converted(model, path.suffix, quantise, given, seed))
        artefact = load_model(partial_path)
        measured = _nothing() if given is None else _measured(model, artefact, given)
        partial_path.replace(path)
    finally:
        partial_path.unlink(missing_ok=True)
    return ExportCertificate(
        file=path.name,
        quantise=quantise,
        **measured,
        step=max(each.step for each in artefact.outputs),
        bytes_before=bytes_before,
        bytes=artefact.bytes,
        sha256_before=model_sha256(model),
        sha256=artefact.sha256,
        notes=tuple(note.replace(partial_path.name, path.name) for note in artefact.notes),
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


def _nothing() -> dict[str, Any]:
    names = ("max_difference", "mean_difference", "relative_difference", "flips", "negative_flips",
             "latency_before_ms", "latency_ms")  # fmt: skip
    return {"rows": 0, **dict.fromkeys(names)}


def _measured(model: Model, artefact: Any, data: Data) -> dict[str, Any]:
    """Run both on the scored rows, and time them in turns."""
    from explainprune.network import ForwardNetwork
    from explainprune.network.functions.artefacts.converting import as_written
    from explainprune.network.shrinking.measuring import BATCH, in_turns

    written, signature = as_written(model, data.x)
    file = ForwardNetwork(artefact, like=_in_order(data.x, signature))
    rows, theirs = signature.pack(data.x), file.pack(data.x)
    a = np.asarray(written.outputs(rows), dtype=np.float64)
    b = np.asarray(file.raw(theirs), dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(
            f"The file puts out {b.shape[1]} numbers for each row, the model {a.shape[1]}: they "
            "can't be compared."
        )
    apart, largest = np.abs(a - b), float(np.abs(a).max())
    batches = [np.resize(each, (BATCH, each.shape[1])) for each in (rows, theirs)]
    before, after = in_turns([partial(written.outputs, batches[0]), partial(file.raw, batches[1])])
    return {
        "rows": n_rows(data.x),
        "max_difference": float(apart.max()),
        "mean_difference": float(apart.mean()),
        "relative_difference": float(apart.max()) / largest if largest else float(apart.max()),
        **_flips(model, a, b, data),
        "latency_before_ms": before,
        "latency_ms": after,
    }


def _in_order(x: Inputs, signature: Any) -> Inputs:
    """Return several inputs in the model's order."""
    return {part.name: x[part.name] for part in signature.parts} if isinstance(x, dict) else x


def _flips(model: Model, a: Array, b: Array, data: Data) -> dict[str, int | None]:
    """Count rows whose class changed, where the model puts out one vector of classes."""
    from explainprune.network import as_network

    network = as_network(model, "logit", like=data.x, task=data.task)
    one = len(network.output_shapes) == 1 and len(network.output_shapes[0]) == 1
    if data.task == "regression" or not one or network.n_outputs < 2:
        return {"flips": None, "negative_flips": None}
    cut = 0.5 if network.looked_through else 0.0
    ours, theirs = (
        (each[:, 0] > cut).astype(int) if each.shape[1] == 1 else each.argmax(axis=1)
        for each in (a, b)
    )
    flipped = ours != theirs
    labels = data.y
    if labels is not None and labels.shape == (len(a), network.n_outputs):
        labels = labels.argmax(axis=1)
    known = labels is not None and labels.size == len(a)
    right = (ours == labels.ravel()) if known and labels is not None else None
    return {
        "flips": int(flipped.sum()),
        "negative_flips": None if right is None else int((flipped & right).sum()),
    }
