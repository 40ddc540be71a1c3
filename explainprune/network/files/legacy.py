"""Files of Keras 2 with settings that Keras 3 refuses: read from a corrected copy."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

# Settings that Keras 2 wrote and Keras 3 has no more, with the value that changes nothing.
_DROPPED = {"time_major": (None, False), "groups": ("DepthwiseConv2D", 1)}


def modern_copy(path: Path, folder: Path) -> Path | None:
    """Write a copy of a model file to `folder` without settings that Keras 3 refuses.

    Returns
    -------
    path or None
        None if the file needs no change, or can't be read here. The file itself is only read.
    """
    try:
        return _modern_zip(path, folder) if zipfile.is_zipfile(path) else _modern_h5(path, folder)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None  # Not our matter: Keras will say what is wrong with it.


def _modern_h5(path: Path, folder: Path) -> Path | None:
    import h5py

    with h5py.File(path, "r") as file:
        text = file.attrs["model_config"]
    new = modern_config(text.decode() if isinstance(text, bytes) else text)
    if new is None:
        return None
    copy = Path(shutil.copyfile(path, folder / path.name))
    with h5py.File(copy, "r+") as file:
        del file.attrs["model_config"]
        file.attrs["model_config"] = new.encode()
    return copy


def _modern_zip(path: Path, folder: Path) -> Path | None:
    with zipfile.ZipFile(path) as archive:
        new = modern_config(archive.read("config.json").decode())
        if new is None:
            return None
        copy = folder / path.name
        with zipfile.ZipFile(copy, "w") as out:
            for name in archive.namelist():
                out.writestr(name, new if name == "config.json" else archive.read(name))
    return copy


def modern_config(text: str) -> str | None:
    """Drop from a model's config (JSON) what Keras 3 refuses; None if there is nothing to drop.

    >>> modern_config('{"class_name": "LSTM", "config": {"units": 3, "time_major": false}}')
    '{"class_name": "LSTM", "config": {"units": 3}}'
    """
    config = json.loads(text)
    return json.dumps(config) if _drop(config) else None


def _drop(node: Any) -> int:
    """Drop in place, all the way down; count what was dropped."""
    if isinstance(node, list):
        return sum(_drop(child) for child in node)
    if not isinstance(node, dict):
        return 0
    settings, count = node.get("config"), 0
    for key, (kind, harmless) in _DROPPED.items():
        if not isinstance(settings, dict) or kind not in (None, node.get("class_name")):
            continue
        if key in settings and settings[key] == harmless:
            del settings[key]
            count += 1
    return count + sum(_drop(child) for child in node.values())
