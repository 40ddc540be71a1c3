"""One writer for each output: a lock that says who holds it."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: what the file says must do
    fcntl = None  # type: ignore[assignment]

_MINE = threading.local()


@contextmanager
def held(out: str | Path) -> Iterator[None]:
    """Hold the lock of an output; the thread that holds it may take it again inside.

    The lock is ``.NAME.lock`` beside the output: the system locks the file, and frees it however
    the process ends; what it says (process, host) is for people, and decides where a file system
    has no locks. One that a process of this host left behind is taken over.

    Parameters
    ----------
    out : str or Path
        What is to be written; its folder exists.

    Raises
    ------
    BlockingIOError
        If another process or thread holds it.
    FileExistsError
        If there is a file of the lock's name that is none.
    """
    final = Path(out).resolve()
    path = final.with_name(f".{final.name}.lock")
    mine: set[Path] = vars(_MINE).setdefault("paths", set())
    if path in mine:
        yield
        return
    file = _taken(path, final.name)
    mine.add(path)
    try:
        yield
    finally:
        mine.discard(path)
        with suppress(OSError):
            path.unlink()
        os.close(file)


def _taken(path: Path, name: str) -> int:
    """Open the lock's file and hold it, or raise."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            free, holder = _locked(file), _said(file, path)
            if not free or (holder and not _gone(holder)):
                raise BlockingIOError(_busy(path, name, holder))
            if _there(path, file):  # else its holder has just removed it: once more
                who = {"process": os.getpid(), "host": socket.gethostname()}
                who["started"] = _started(os.getpid())
                os.truncate(file, 0)
                os.pwrite(file, json.dumps(who).encode(), 0)
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _locked(file: int) -> bool:
    """Lock a file unless another has; True where the file system knows no locks."""
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _there(path: Path, file: int) -> bool:
    """Whether the path still leads to the open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _said(file: int, path: Path) -> dict[str, Any]:
    """Read who holds the lock; nothing where it has just been made."""
    text = os.pread(file, 4096, 0)
    if not text:
        return {}
    with suppress(ValueError, RecursionError):
        holder = json.loads(text)
        if isinstance(holder, dict) and isinstance(holder.get("process"), int):
            return holder
    raise FileExistsError(
        f"{path.name!r} is in the way: it is no lock of explainprune's. Move it, or write under "
        "another name."
    )


def _gone(holder: dict[str, Any]) -> bool:
    """Whether the process that a lock names has ended: that can be told of this host alone."""
    if holder.get("host") != socket.gethostname():
        return False
    if Path("/proc/self/stat").exists():  # another process may have got its number since
        return _started(holder["process"]) != holder.get("started")
    try:
        os.kill(holder["process"], 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _started(process: int) -> str:
    """Say when a process began, in the kernel's ticks; "" where there is none, or no telling."""
    try:
        after = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if after[0] in "ZX" else after[19]


def _busy(path: Path, name: str, holder: dict[str, Any]) -> str:
    if not holder:
        return f"{name!r} is being written by another process. Write under another name."
    who = f"process {holder['process']} on {holder.get('host')}"
    away = holder.get("host") != socket.gethostname()
    hint = f" If that is gone, remove {path.name!r}." if away else ""
    return f"{name!r} is being written by {who}. Wait for it, or write under another name.{hint}"
