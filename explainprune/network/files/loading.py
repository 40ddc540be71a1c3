"""Model files in and out: one sentence for whatever is wrong with one."""

from __future__ import annotations

import json
import re
import tempfile
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from explainprune.lookup import nearest
from explainprune.network.backend import keras, tf
from explainprune.network.failing import check_fork
from explainprune.network.files.bounds import check_model_file
from explainprune.network.files.columns import columns_of, read_columns, write_columns
from explainprune.network.files.legacy import modern_copy
from explainprune.network.protocol import Model
from explainprune.network.reasons import reason_of
from explainprune.types.archives import Refused

_HDF5 = b"\x89HDF\r\n\x1a\n"


def load_keras(
    path: Path, *, custom_objects: Mapping[str, Any] | None = None, trust: bool = False
) -> Model:
    """Load a Keras model: see `load_model`, which takes other files too.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no model, can't be read, wants to run code, or names an unknown class.
    """
    check_fork()
    if not path.exists():
        raise FileNotFoundError(f"There is no model file {str(path)!r}.{_neighbour(path)}")
    if path.is_dir():
        return _saved_model(path, trust=trust)
    _check_kind(path)
    with tempfile.TemporaryDirectory() as folder:
        try:
            check_model_file(path, Path(folder))
            readable = modern_copy(path, Path(folder)) or path
            model = _read(readable, dict(custom_objects or {}), safe_mode=not trust)
        except Refused:
            raise
        except Exception as error:
            raise ValueError(_explained(path, error)) from None
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"{str(path)!r} holds a {type(model).__name__}, not a model. Expected a keras.Model."
        )
    read_columns(path, model)
    return model


def _saved_model(path: Path, *, trust: bool) -> Model:
    """Wrap the serving function of a SavedModel of one input in a Functional model."""
    if not (path / "saved_model.pb").exists():
        raise ValueError(
            f"{str(path)!r} is a folder without a SavedModel. Expected a .keras or .h5 file, or a "
            "folder with saved_model.pb."
        )
    if not trust:
        raise ValueError(
            f"{str(path)!r} is a SavedModel: it can run code of its own. If you trust where it "
            "comes from, load it with trust=True (--trust)."
        )
    try:
        signature = tf.saved_model.load(str(path)).signatures.get("serving_default")
    except Exception as error:
        raise ValueError(
            f"{str(path)!r} could not be read as a SavedModel: {type(error).__name__}."
        ) from None
    specs: dict[str, Any] = signature.structured_input_signature[1] if signature else {}
    if len(specs) != 1:
        raise ValueError(
            f"{str(path)!r} needs a serving_default function of one input. Found: "
            f"{', '.join(specs) or 'none'}."
        )
    [(name, spec)] = specs.items()
    x = keras.Input(spec.shape[1:], dtype=spec.dtype.name, name=name)
    layer = keras.layers.TFSMLayer(str(path), call_endpoint="serving_default", trainable=False)
    return keras.Model(x, keras.tree.flatten(layer(x)), name=path.name)


def _read(path: Path, known: dict[str, Any], *, safe_mode: bool) -> Any:
    """Read a model as it was saved; uncompiled, and said so, where its compilation can't be had."""
    options = {"custom_objects": known, "safe_mode": safe_mode}
    try:
        return _compiled(path, options)
    except Exception:
        model = keras.saving.load_model(path, compile=False, **options)
    warnings.warn(
        f"{path.name!r} was saved compiled with a loss, metric or optimizer that isn't known here, "
        "and is loaded without: compile it, or pass custom_objects.",
        stacklevel=3,
    )
    return model


def _compiled(path: Path, options: dict[str, Any]) -> Any:
    """Read a model with what it was compiled with, if it was."""
    with warnings.catch_warnings(), keras.saving.custom_object_scope(options["custom_objects"]):
        # An optimizer that hadn't taken a step has no state to load.
        warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
        model = keras.saving.load_model(path, compile=True, **options)
        if path.suffix != ".keras" and getattr(model, "compiled", False):
            # The optimizer that Keras reads from HDF5 knows none of the model's variables.
            model.compile_from_config(model.get_compile_config())
    return model


def save_model(model: Model, path: str | Path, columns: Sequence[str] | None = None) -> None:
    """Write `model` to a ``.keras`` file, which appears under its name only when it is whole.

    Parameters
    ----------
    model : keras.Model
    path : str or Path
    columns : sequence of str, optional
        That it was trained on: tables are then read by them. None: those that it came with.

    Raises
    ------
    ValueError
        If `path` doesn't end in ``.keras``, or its folder doesn't exist.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"Models are saved as .keras files. Received: {str(path)!r}.")
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} to save {path.name!r} in.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder:
        whole = Path(folder) / path.name
        model.save(whole)
        if columns := columns or columns_of(model):
            write_columns(whole, columns)
        whole.replace(path)


def _neighbour(path: Path) -> str:
    """Suggest the file of the same folder whose name is nearest."""
    if not path.parent.is_dir():
        return f" There is no folder {str(path.parent)!r} either."
    return nearest(path.name, sorted(entry.name for entry in path.parent.iterdir()))


def _check_kind(path: Path) -> None:
    """Raise if the file's first bytes and its suffix don't make a model file."""
    with path.open("rb") as file:
        start = file.read(len(_HDF5))
    zipped = zipfile.is_zipfile(path)
    if not zipped and start != _HDF5:
        what = "is empty" if not start else "is corrupt, or no model file"
        raise ValueError(
            f"{str(path)!r} {what}. Expected a .keras file (a zip archive) or a legacy .h5 file "
            "(HDF5)."
        )
    expected = (".keras",) if zipped else (".h5", ".hdf5")
    if path.suffix not in expected:
        raise ValueError(
            f"{str(path)!r} is {'a zip archive' if zipped else 'an HDF5 file'} but its name "
            f"doesn't end in {' or '.join(expected)}: rename it if it is a model."
        )


def _explained(path: Path, error: Exception) -> str:
    """Say in one sentence why Keras could not load a file."""
    text = str(error)
    unsafe = re.search(r"deserialization of a[n]? `?(\w+)`?", text)
    if unsafe or "safe_mode" in text:
        kind = unsafe.group(1) if unsafe else "layer"
        return (
            f"{str(path)!r} wants to run code of its own (a {kind}), which safe mode refuses. If "
            "you trust where it comes from, load it with trust=True (--trust)."
        )
    missing = re.search(r"(?:Could not locate (class|function)|Unknown (\w+):) '?([\w>.]+)'?", text)
    if missing:
        kind, name = missing.group(1) or missing.group(2), missing.group(3)
        return (
            f"{str(path)!r} uses the {kind} {name!r}, which Keras doesn't know: pass "
            f"custom_objects={{{name!r}: …}}."
        )
    if "No model config found" in text or "config.json" in text:
        return f"{str(path)!r} holds no model (weights only?). Expected what model.save() writes."
    if "could not be loaded" in text:
        return f"{str(path)!r} is corrupt: its weights don't fit its layers."
    broken = isinstance(error, (OSError, EOFError, zipfile.BadZipFile, json.JSONDecodeError))
    problem = "is corrupt" if broken else "could not be read as a Keras model"
    return f"{str(path)!r} {problem}: {reason_of(error)}"
