"""Temporary folders: ours by a mark inside, so that nothing of the user's is ever removed."""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

MARK = ".explainprune"
"""The file that says that a folder is ours, and for which output."""


def is_ours(path: Path) -> bool:
    """Whether a path is a folder that bears our mark."""
    return path.is_dir() and not path.is_symlink() and (path / MARK).is_file()


def signed(folder: Path, **said: Any) -> None:
    """Put our mark into a folder; what it says is plain."""
    (folder / MARK).write_text(json.dumps(said), encoding="utf-8")


def said(folder: Path) -> dict[str, Any]:
    """Return what the mark in a folder says; nothing where it can't be read."""
    try:
        found = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def unsigned(folder: Path) -> None:
    """Take our mark out of a folder."""
    (folder / MARK).unlink(missing_ok=True)


def check_way(path: Path) -> None:
    """Refuse a temporary name that something of the user's bears.

    Raises
    ------
    FileExistsError
    """
    if os.path.lexists(path) and not is_ours(path):
        raise FileExistsError(
            f"{path.name!r} is in the way: work would happen under that name, and it bears no mark "
            "of explainprune's, so it isn't touched. Move it, or write under another name."
        )


def temporary(path: Path) -> Path:
    """Make an empty folder of ours, in place of one that an earlier run left.

    Raises
    ------
    FileExistsError
        If something of the user's is there.
    """
    check_way(path)
    sweep(path)
    if is_ours(path):
        remove(path)
    new = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    new.mkdir()
    signed(new)
    new.replace(path)  # marked before it has the name
    return path


def remove(folder: Path) -> None:
    """Remove a folder of ours; stopped midway, nothing is left under its name."""
    aside = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}")
    folder.replace(aside)
    for entry in aside.iterdir():
        if entry.name == MARK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    shutil.rmtree(aside)


def sweep(path: Path) -> None:
    """Remove what killed runs left of making, or of removing, a folder of that name."""
    aside = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}")
    for left in [each for each in path.parent.iterdir() if aside.fullmatch(each.name)]:
        if is_ours(left):
            shutil.rmtree(left, ignore_errors=True)
        elif left.is_dir() and not left.is_symlink():  # no mark yet, or no more: it is empty
            with suppress(OSError):
                left.rmdir()
