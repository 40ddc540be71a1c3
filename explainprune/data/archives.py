""".npz, .npy and .h5 files → arrays, read without pickle and within memory."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from explainprune.data.raw import Raw, RawRows, texts
from explainprune.lookup import nearest
from explainprune.types import Array

PER_ROW = ("y", "group", "weight", "clusters", "truth")
KNOWN = (
    *("x", *PER_ROW, "background", "feature_names", "class_names", "image_shape"),
    *(f"{name}_{part}" for part in ("train", "validation", "test") for name in ("x", *PER_ROW)),
)

DAMAGE = (OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What the readers raise on a damaged file (encrypted and unsupported members included)."""


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file raises into one sentence."""
    try:
        yield
    except DAMAGE as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise ValueError(f"{path.name!r} is not a readable {path.suffix} file: {reason}.") from None


def check_memory(needed: int, what: str) -> None:
    """Refuse what can't fit into this machine's memory, before it is allocated."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return
    if needed > memory:
        raise ValueError(
            f"{what} needs {needed / 1e9:,.1f} GB of memory; "
            f"this machine has {memory / 1e9:,.1f} GB."
        )


def _check_header(file: IO[bytes], size: int, what: str) -> None:
    """Check what an array's header declares, before numpy believes it."""
    try:
        version = np.lib.format.read_magic(file)
        first, second = np.lib.format.read_array_header_1_0, np.lib.format.read_array_header_2_0
        shape, _, dtype = (first if version == (1, 0) else second)(file)
    except ValueError as error:
        raise ValueError(f"{what} is not a readable array: {str(error).splitlines()[0]}.") from None
    if dtype.hasobject:
        raise ValueError(
            f"{what} holds Python objects, which only pickle can read, and pickle can run code. "
            "Save it as numbers or as text of fixed width (astype(str))."
        )
    declared = dtype.itemsize
    for length in shape:
        declared *= length
    if declared < 0 or declared > size - file.tell():
        raise ValueError(f"{what} declares shape {shape}, but the file is too short for it.")
    check_memory(declared, what)


def read_npy(path: Path, target: str | None = None, weight: str | None = None) -> Raw:
    """Read inputs from a ``.npy`` file."""
    for option, what, name in (("target", "labels", target), ("weight", "weights", weight)):
        if name:
            raise ValueError(f"{option}={name!r} names {what}; {path.name!r} holds a single array.")
    with readable(path):
        with path.open("rb") as file:
            _check_header(file, path.stat().st_size, f"{path.name!r}")
        return Raw(RawRows(np.load(path, allow_pickle=False)))


def read_npz(path: Path, target: str | None = None, weight: str | None = None) -> Raw:
    """Read a ``.npz`` file: see `named_arrays`."""
    return named_arrays(read_arrays(path), target, path.name, weight)


def read_arrays(path: Path) -> dict[str, Array]:
    """Read every array of a ``.npz`` file."""
    with readable(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            check_memory(sum(member.file_size for member in members), f"{path.name!r}")
            for member in members:
                what = f"{member.filename.removesuffix('.npy')!r} in {path.name!r}"
                with archive.open(member) as file:
                    _check_header(file, member.file_size, what)
        with np.load(path, allow_pickle=False) as archive_arrays:
            return {name: archive_arrays[name] for name in archive_arrays.files}


def read_h5(path: Path, target: str | None = None, weight: str | None = None) -> Raw:
    """Read an ``.h5`` file whose datasets are named as in a ``.npz``: see `named_arrays`."""
    import h5py

    arrays: dict[str, Array] = {}
    with readable(path), h5py.File(path, "r") as file:
        if "model_weights" in file or "layer_names" in file.attrs:
            raise ValueError(f"{path.name!r} is a Keras model, not data.")
        for name in file:
            link = file.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise ValueError(
                    f"{name!r} in {path.name!r} links to another file, which is refused."
                )
            entry = file[name]
            for key, dataset in (
                {f"{name}/{part}": entry[part] for part in entry}
                if isinstance(entry, h5py.Group)
                else {name: entry}
            ).items():
                arrays[key] = _read_dataset(dataset, f"{key!r} in {path.name!r}")
    return named_arrays(arrays, target, path.name, weight)


def _read_dataset(dataset: Any, what: str) -> Array:
    """Read one HDF5 dataset; text becomes str."""
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"{what} is a group within a group. Expected arrays.")
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{what} keeps its values in another file, which is refused.")
    if dataset.shape is None:
        raise ValueError(f"{what} is empty. Expected an array.")
    check_memory(int(dataset.nbytes), what)
    if h5py.check_string_dtype(dataset.dtype):
        return np.asarray(dataset.asstr()[...], dtype=np.str_)
    if dataset.dtype.hasobject:
        raise ValueError(f"{what} has rows of different length. Expected the same for each row.")
    return np.asarray(dataset[...])


def named_arrays(
    arrays: Mapping[str, Array], target: str | None, where: str, weight: str | None = None
) -> Raw:
    """Arrange arrays by their names.

    ``x`` (or ``x/NAME`` of several inputs), ``y``, ``group``, ``weight``, ``clusters``, ``truth``:
    all rows; or each of them with ``_train``, ``_validation`` and ``_test``. ``background``,
    ``feature_names``, ``class_names``, ``image_shape`` say more. `target` names the labels if they
    aren't ``y``, `weight` the weights if they aren't ``weight``.
    """
    found = _nested(arrays)
    for what, field, name in (("labels", "y", target), ("weights", "weight", weight)):
        _rename(found, name, field, f"{where!r} has no {what} {name!r}", arrays)
    strangers = sorted(set(found) - set(KNOWN))
    if strangers or not {"x", "x_test"} & set(found):
        problem = f"an array {strangers[0]!r}" if strangers else "no array 'x' (or 'x_test')"
        raise ValueError(
            f"{where!r} has {problem}. It holds: {', '.join(sorted(arrays)) or 'nothing'}. "
            f"Expected: x, and optionally {', '.join(KNOWN[1:9])}; or x_train, y_train, x_test, "
            "y_test; or pass target= for labels under another name."
        )
    parts = {
        part: _part(found, part)
        for part in ("", "_train", "_validation", "_test")
        if f"x{part}" in found
    }
    if "" in parts and "_test" in parts:
        raise ValueError(f"{where!r} has both 'x' and 'x_test'. Expected one of them.")
    shape = found.get("image_shape")
    return Raw(
        scored=parts.get("", parts.get("_test")),  # type: ignore[arg-type]
        train=parts.get("_train"),
        validation=parts.get("_validation"),
        background=found.get("background"),
        feature_names=_names(found.get("feature_names")),
        class_names=_names(found.get("class_names")),
        image_shape=None if shape is None else tuple(int(side) for side in np.ravel(shape)),
    )


def _rename(
    found: dict[str, Any], name: str | None, field: str, problem: str, arrays: Mapping[str, Array]
) -> None:
    """Put the arrays called `name`, of all splits, under `field`; raise if there is none."""
    for part in ("", "_train", "_validation", "_test"):
        if name and name + part in found:
            found[field + part] = found.pop(name + part)
    if name and not any(key.startswith(field) for key in found):
        raise ValueError(
            f"{problem}.{nearest(name, arrays)} It holds: {', '.join(sorted(arrays))}."
        )


def _part(found: Mapping[str, Any], suffix: str) -> RawRows:
    given: dict[str, Any] = {name: found.get(name + suffix) for name in ("x", *PER_ROW)}
    return RawRows(**given)


def _nested(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Gather ``x/NAME`` into a dict under ``x``."""
    found: dict[str, Any] = {}
    for name, array in arrays.items():
        outer, _, inner = name.partition("/")
        if inner:
            found.setdefault(outer, {})[inner] = array
        else:
            found[name] = array
    return found


def _names(values: Array | None) -> tuple[str, ...] | None:
    """Read an array of names."""
    return None if values is None else texts(np.ravel(values))
