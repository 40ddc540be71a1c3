"""What a model file may ask for before it is read: memory, other files, layers without weights."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explainprune.types.archives import Refused, check_unpacked

WIDTHS = ("units", "filters", "input_dim", "output_dim", "key_dim", "num_heads", "value_dim")
"""Settings that say how many numbers a layer holds at least."""
PER_BYTE = 8
"""Weights that a byte of the file holds at most."""


def check_model_file(path: Path, folder: Path) -> None:
    """Refuse a ``.keras`` or HDF5 file that would take more memory, or more files, than its own.

    Parameters
    ----------
    path : Path
    folder : Path
        An empty one, for what has to be unpacked.

    Raises
    ------
    ValueError
        With the number and the limit.
    """
    import h5py

    if not zipfile.is_zipfile(path):
        with h5py.File(path, "r") as file:
            check_links(file, path.name)
            _check_widths(file.attrs.get("model_config"), path.stat().st_size, path.name)
        return
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        check_unpacked(path, size)
        for member in members:
            if member.filename == "config.json":
                _check_widths(archive.read(member), size, path.name)
            elif member.filename.endswith(".h5"):
                _check_weights(archive, member, folder / "weights.h5", path.name)


def _check_weights(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, unpacked: Path, name: str
) -> None:
    """Look at the links in a member of an archive."""
    import h5py

    with archive.open(member) as packed, unpacked.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    with h5py.File(unpacked, "r") as weights:
        check_links(weights, name)
    unpacked.unlink()


def check_links(root: Any, where: str) -> None:
    """Refuse what leads out of an HDF5 file, at any depth: links, and values kept elsewhere.

    Raises
    ------
    ValueError
    """
    import h5py

    waiting, seen = [root], set()
    while waiting:
        group = waiting.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:  # groups may hold each other
            continue
        seen.add(address)
        for name in group:
            link, what = group.get(name, getlink=True), f"{name!r} in {where!r}"
            if isinstance(link, h5py.ExternalLink):
                raise Refused(f"{what} links to another file, which is refused.")
            if isinstance(link, h5py.SoftLink):  # what it leads to is looked at where it is
                continue
            entry = group[name]
            if isinstance(entry, h5py.Group):
                waiting.append(entry)
            elif isinstance(entry, h5py.Dataset) and (entry.is_virtual or entry.external):
                raise Refused(f"{what} keeps its values in another file, which is refused.")


def _check_widths(text: Any, size: int, name: str) -> None:
    """Refuse layers that are wider than the file has bytes for."""
    try:
        config = json.loads(text)
    except (ValueError, TypeError):  # Keras will say what is wrong with it
        return
    for layer in _layers(config):
        for setting, count in _counts(layer):
            if count > PER_BYTE * size:
                raise Refused(
                    f"{name!r} has a layer {layer['config'].get('name')!r} with {setting} = "
                    f"{count:,} numbers at least, but only {size:,} bytes, weights and all."
                )


def _layers(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every layer of a configuration, those within others too."""
    waiting = [config]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(node.get("config"), dict):
                yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _counts(layer: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield how many weights a layer has at least, as its settings say it."""
    own, kind = layer["config"], layer.get("class_name")
    for name in WIDTHS:
        if isinstance(own.get(name), int):
            yield name, own[name]
    built = layer.get("build_config")
    shape = built.get("input_shape") if isinstance(built, dict) else None
    reads = shape[-1] if isinstance(shape, list) and shape else None
    pairs = {"Dense": ("units", reads), "Embedding": ("input_dim", own.get("output_dim"))}
    pairs |= dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), ("units", own.get("units")))
    name, other = pairs.get(str(kind), ("", None))
    if isinstance(own.get(name), int) and isinstance(other, int):
        yield f"{name} × {other:,}", own[name] * other
