"""Finished pieces of work, kept in files until all are done."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from explainprune.keeping.depends import file_mark
from explainprune.keeping.ours import MARK, is_ours, remove, temporary

PLAN = "plan.json"
_ENTRY = re.compile(r"(.+)-([0-9a-f]{32})-([0-9a-f]{16})(\.\w+)")
_UNFINISHED = (".unfinished", ".saved")


def hashed(plain: Any) -> str:
    """Return the SHA-256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode("utf-8")).hexdigest()


class Store:
    """Pieces of one output, in a folder of ours beside it.

    A piece's file is called ``NAME-KEY-CHECKSUM.SUFFIX``. KEY is a hash of everything that the
    piece depends on, so that one of other inputs is never taken for it; CHECKSUM is that of its
    bytes, so that a damaged or truncated one is noticed. A file of such a name is whole.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    plan : dict of str to JSON value
        What all pieces depend on, by name.
    changed : tuple of str
        Which of these were otherwise when the pieces that are there came about.
    others, damaged : set of str
        Pieces that were asked for and weren't used: what is there depends on something else, or
        its bytes aren't those that were written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.resume = folder, True
        self.plan: dict[str, Any] = {}
        self.changed: tuple[str, ...] = ()
        self.others: set[str] = set()
        self.damaged: set[str] = set()
        self._there: dict[str, list[Path]] = {}
        for path in folder.iterdir() if is_ours(folder) else ():
            if found := _ENTRY.fullmatch(path.name):
                self._there.setdefault(found[1] + found[4], []).append(path)

    def before(self) -> dict[str, Any]:
        """Return the plan of the run that was here before; nothing where it can't be read."""
        try:
            found = json.loads((self.folder / PLAN).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def begin(self, plan: Mapping[str, Any], *, resume: bool) -> None:
        """Make the folder, if need be, and write down what pieces depend on from now on.

        Without `resume` nothing that is there is used.

        Raises
        ------
        FileExistsError
            If something of the user's has the folder's name.
        """
        self.plan, self.resume = dict(plan), resume
        if not is_ours(self.folder):
            temporary(self.folder)
        before = self.before()
        self.changed = tuple(name for name in plan if before and before.get(name) != plan[name])
        unfinished = self.folder / f"{PLAN}.unfinished"
        unfinished.write_text(json.dumps(self.plan, indent=1), encoding="utf-8")
        unfinished.replace(self.folder / PLAN)

    def key(self, **own: Any) -> str:
        """Return the key of a piece that depends on the plan and on something of its own."""
        return hashed([self.plan, own])[:32]

    def get(self, name: str, key: str, suffix: str) -> Path | None:
        """Return a piece's file, if it is there, depends on just this and is undamaged."""
        if not self.resume:
            return None
        there = self._there.get(name + suffix, [])
        for path in there:
            found = _ENTRY.fullmatch(path.name)
            if found is None or found[2] != key:
                continue
            if path.is_file() and file_mark(path)[:16] == found[3]:
                return path
            warnings.warn(
                f"{path.name!r} in {self.folder.name!r} is damaged, and is computed anew.",
                stacklevel=3,
            )
            self.damaged.add(name)
            with suppress(OSError):
                path.unlink()
        if there and name not in self.damaged:
            self.others.add(name)
        return None

    def put(self, name: str, key: str, suffix: str, write: Callable[[Path], Any]) -> Path:
        """Keep what `write` writes to the path that it is given."""
        unfinished = self.folder / f"{name}{suffix}.unfinished"
        write(unfinished)
        path = self.folder / f"{name}-{key}-{file_mark(unfinished)[:16]}{suffix}"
        unfinished.replace(path)
        return path

    @property
    def empty(self) -> bool:
        """Whether there was no piece when the store was opened."""
        return not self._there

    def why_others(self, what: str) -> str | None:
        """Say that pieces weren't used, and what differed; None where all were."""
        if not self.others:
            return None
        why = f"another {', '.join(self.changed)}" if self.changed else "something else"
        return (
            f"{len(self.others)} {what} kept in {self.folder.name!r} came of {why}, and "
            "are computed anew."
        )

    def remove(self) -> None:
        """Remove all pieces, and the folder unless the user has put something into it."""
        if not is_ours(self.folder):
            return
        left = False
        for path in self.folder.iterdir():
            if path.name.endswith(_UNFINISHED) and path.is_dir():
                shutil.rmtree(path)
            elif (
                path.name == PLAN or path.name.endswith(_UNFINISHED) or _ENTRY.fullmatch(path.name)
            ):
                path.unlink()
            elif path.name != MARK:
                left = True
        if not left:
            remove(self.folder)
