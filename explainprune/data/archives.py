""".npz, .npy and .h5 files → arrays, read without pickle and within memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data.raw import Raw, RawRows, texts
from explainprune.lookup import nearest
from explainprune.network.files.bounds import check_links
from explainprune.types import Array
from explainprune.types.archives import Refused, check_unpacked, read_array, read_arrays, readable

PER_ROW = ("y", "group", "weight", "clusters", "truth")
KNOWN = (
    *("x", *PER_ROW, "background", "feature_names", "class_names", "image_shape"),
    *(f"{name}_{part}" for part in ("train", "validation", "test") for name in ("x", *PER_ROW)),
)


def read_npy(path: Path, target: str | None = None, weight: str | None = None) -> Raw:
    """Read inputs from a ``.npy`` file."""
    for option, what, name in (("target", "labels", target), ("weight", "weights", weight)):
        if name:
            raise ValueError(f"{option}={name!r} names {what}; {path.name!r} holds a single array.")
    return Raw(RawRows(read_array(path)))


def read_npz(path: Path, target: str | None = None, weight: str | None = None) -> Raw:
    """Read a ``.npz`` file: see `named_arrays`."""
    return named_arrays(read_arrays(path), target, path.name, weight)


def read_h5(path: Path, target: str | None = None, weight: str | None = None) -> Raw:
    """Read an ``.h5`` file whose datasets are named as in a ``.npz``: see `named_arrays`."""
    import h5py

    arrays: dict[str, Array] = {}
    with readable(path, Exception), h5py.File(path, "r") as file:
        if "model_weights" in file or "layer_names" in file.attrs:
            raise Refused(f"{path.name!r} is a Keras model, not data.")
        check_links(file, path.name)
        check_unpacked(path, _bytes(file))
        for name, entry in file.items():
            parts = entry.items() if isinstance(entry, h5py.Group) else [("", entry)]
            for part, dataset in parts:
                key = f"{name}/{part}" if part else name
                arrays[key] = _read_dataset(dataset, f"{key!r} in {path.name!r}")
    return named_arrays(arrays, target, path.name, weight)


def _bytes(group: Any) -> int:
    """Count the bytes that all datasets of a file hold."""
    sizes: list[int] = []
    group.visititems(lambda name, entry: sizes.append(int(getattr(entry, "nbytes", 0))))
    return sum(sizes)


def _read_dataset(dataset: Any, what: str) -> Array:
    """Read one HDF5 dataset; text becomes str."""
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        raise Refused(f"{what} is a group within a group. Expected arrays.")
    if dataset.shape is None:
        raise Refused(f"{what} is empty. Expected an array.")
    if h5py.check_string_dtype(dataset.dtype):
        return np.asarray(dataset.asstr()[...], dtype=np.str_)
    if dataset.dtype.hasobject:
        raise Refused(f"{what} has rows of different length. Expected the same for each row.")
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
