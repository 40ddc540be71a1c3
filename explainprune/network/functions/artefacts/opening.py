"""Whatever stands for a model: a file, ``module:function``, a function of rows, a live model."""

from __future__ import annotations

import copyreg
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from explainprune.lookup import imported, name_of
from explainprune.network.functions.artefacts.artefact import Artefact
from explainprune.network.protocol import Model, Network

READERS = {".tflite": ("litert", "read_tflite"), ".onnx": ("onnx_runtime", "read_onnx")}
"""What reads files of each kind that only run forward: a module beside this one, a function."""
_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def load_model(
    path: str | Path, *, custom_objects: Mapping[str, Any] | None = None, trust: bool = False
) -> Model | Artefact:
    """Load a model, without running code from the file unless trusted.

    Parameters
    ----------
    path : str or path
        A ``.keras`` file, a legacy ``.h5`` or ``.hdf5`` file (of Keras 2 too), or the folder of a
        SavedModel, which can be explained but not pruned or shrunk. A ``.tflite`` file (run by
        LiteRT, extra ``tflite``), an ``.onnx`` file (run by ONNX Runtime, extra ``onnx``) or
        ``"module:function"``, a function of rows: these only run forward.
    custom_objects : mapping of str to class or function, optional
        What the file names and Keras doesn't know.
    trust : bool
        Allow the file to run code: Lambda layers, SavedModels. Only for files whose source you
        trust.

    Returns
    -------
    keras.Model or Artefact
        Compiled as it was saved, optimizer state and all; not, with a warning, where the file names
        a loss, metric or optimizer that isn't known. The file is only read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If what runs the file isn't installed.
    ValueError
        If it is no model, can't be read, wants to run code, or names an unknown class.
    """
    path = Path(path)
    if _REFERENCE.fullmatch(str(path)) and not path.exists():
        return of_function(imported(str(path), "model"), str(path))
    if path.suffix.lower() not in READERS or not path.is_file():
        from explainprune.network.files.loading import load_keras

        return load_keras(path, custom_objects=custom_objects, trust=trust)
    module, reader = READERS[path.suffix.lower()]
    found: Artefact = getattr(import_module(f"{__package__}.{module}"), reader)(path)
    return replace(found, path=path.resolve())


def of_function(function: Callable[..., Any], name: str = "") -> Artefact:
    """Return the artefact of a function of rows: an array in, an array with as many rows out."""
    return Artefact(name or name_of(function), function)


def from_file(model: Any) -> Any:
    """Return the model of a file where a path is given, else what is given."""
    return load_model(model) if isinstance(model, (str, Path)) else model


def opened(model: Any) -> Any:
    """Return a model that is ready to run: what a path or a function stands for, else itself."""
    model = from_file(model)
    if isinstance(model, (Artefact, Network)) or not callable(model):
        return model
    from explainprune.network.backend import keras

    return model if isinstance(model, keras.Model) else of_function(model)


def _reopened(name: str, content: bytes, sha256: str) -> Artefact:
    """Open an artefact from its file's bytes, in another process."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        found = load_model(path)
    if getattr(found, "sha256", None) != sha256:
        raise ValueError(f"{name!r} was changed after it had been opened.")
    return found


def _reduced(artefact: Artefact) -> Any:
    if artefact.path is None:  # a function: as it is
        return object.__reduce_ex__(artefact, 4)
    return _reopened, (artefact.name, artefact.path.read_bytes(), artefact.sha256)


copyreg.pickle(Artefact, _reduced)
