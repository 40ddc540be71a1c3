"""What a Dask worker does: it checks that it may, gathers what cells read, and seats a child.

The worker itself never imports TensorFlow. A cell is computed by a child process just as on one
machine, with its own threads: the same bits, a heartbeat that goes on, and memory that can run out
without the worker.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from explainprune.engine.process import Seat
from explainprune.keeping import code_mark, file_mark, versions

IDLE = 30.0
"""Seconds after which a child is ended that no cell came for: its client may be gone."""
SHARE = 0.95
"""The part of a worker's memory that its children may hold, as much as Dask lets a worker hold."""

Need = tuple[str, str, str]
"""Name in the working folder, checksum, and where the client has it."""

_LOCK, _LAYING = threading.Lock(), threading.Lock()
_FREE: dict[tuple[Any, ...], list[tuple[Seat, threading.Timer]]] = {}
_BUSY: dict[str, set[Seat]] = {}


def greet(worker: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Say whether this worker may compute, and what it lacks for it."""
    refused = _unlike(request["versions"], request["code"])
    if refused:
        return {"refused": refused, "at": worker.address}
    return {"lacks": _laid_out(_base(worker), request["needs"])[1], "at": worker.address}


def receive(worker: Any, checksum: str, offset: int, data: bytes, last: bool) -> None:
    """Take in a piece of a file; it is checked when it is first used."""
    path = _base(worker) / checksum
    part = path.with_suffix(".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb" if offset == 0 else "ab") as file:
        file.write(data)
    if last:
        part.replace(path)


def serve(worker: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Compute a cell, or say why not."""
    said = greet(worker, request)
    if "refused" in said or said["lacks"]:
        return said
    folder = _laid_out(_base(worker), request["needs"])[0]
    limit = getattr(worker.memory_manager, "memory_limit", None)
    memory = int(SHARE * limit / worker.state.nthreads) if limit else None
    key = (request["run"], request["function"], request["threads"], str(folder), memory)
    seat = _taken(key)
    try:
        answer = seat.compute(request["cell"])
    finally:
        _given_back(key, seat)
    if "result" not in answer and not answer["trace"]:  # no cell's own words: say where it was
        answer["message"] = answer["message"].replace(
            "The worker", f"The worker {worker.address}", 1
        )
    return answer


def end(worker: Any, run: str) -> None:
    """End the children of a run, whatever they do."""
    with _LOCK:
        ended = list(_BUSY.pop(run, ()))
        for key in [key for key in _FREE if key[0] == run]:
            for seat, timer in _FREE.pop(key):
                timer.cancel()
                ended.append(seat)
    for seat in ended:
        seat.end()


def _unlike(theirs: dict[str, str], code: str) -> str:
    """Say how the versions here differ from the client's; "" where they don't."""
    mine = versions()
    differ = [
        f"{name} {mine.get(name) or 'not at all'} (there {theirs.get(name) or 'not at all'})"
        for name in {**theirs, **mine}
        if mine.get(name) != theirs.get(name)
    ]
    if differ:
        return f"has {', '.join(differ)}"
    return "" if code == code_mark() else "has explainprune of another source, under one version"


def _base(worker: Any) -> Path:
    return Path(worker.local_directory) / "explainprune"


def _laid_out(base: Path, needs: Sequence[Need]) -> tuple[Path, list[str]]:
    """Lay out what cells read in a folder; return it, and the checksums of what isn't here."""
    folder = base / f"files-{hash_of(needs)}"
    with _LAYING:
        if folder.is_dir():
            return folder, []
        found = {name: _here(base, checksum, where) for name, checksum, where in needs}
        lacks = {checksum for name, checksum, _ in needs if found[name] is None}
        if lacks:
            return folder, sorted(lacks)
        work = base / f".{uuid4().hex}"
        work.mkdir(parents=True)
        for name, path in found.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            assert path is not None
            (work / name).hardlink_to(path)
        work.replace(folder)
        return folder, []


def _here(base: Path, checksum: str, where: str) -> Path | None:
    """Find a file that was sent; one that the client's disk and ours have in common is copied."""
    path = base / checksum
    with suppress(OSError):
        if not path.is_file() and Path(where).is_file():
            base.mkdir(parents=True, exist_ok=True)
            copied = base / f".{uuid4().hex}"
            shutil.copyfile(where, copied)
            copied.replace(path)
        if file_mark(path) == checksum:
            return path
        path.unlink()
    return None


def hash_of(needs: Sequence[Need]) -> str:
    """Return a name for a folder that holds these files."""
    from explainprune.keeping import hashed

    return hashed([[name, checksum] for name, checksum, _ in needs])[:16]


def _taken(key: tuple[Any, ...]) -> Seat:
    """Return a seat for a cell, a warm one where there is one."""
    with _LOCK:
        free = _FREE.get(key)
        if free:
            seat, timer = free.pop()
            timer.cancel()
        else:
            _, function, threads, folder, memory = key
            seat = Seat(function, threads, folder, memory)
        _BUSY.setdefault(key[0], set()).add(seat)
        return seat


def _given_back(key: tuple[Any, ...], seat: Seat) -> None:
    """Keep a seat for the next cell, for a while."""
    with _LOCK:
        if seat not in _BUSY.get(key[0], ()):  # ended meanwhile
            return
        _BUSY[key[0]].discard(seat)
        timer = threading.Timer(IDLE, _left, (key, seat))
        timer.daemon = True
        timer.start()
        _FREE.setdefault(key, []).append((seat, timer))


def _left(key: tuple[Any, ...], seat: Seat) -> None:
    """End a seat that nothing came for."""
    with _LOCK:
        free = _FREE.get(key, [])
        kept = [each for each in free if each[0] is not seat]
        if len(kept) == len(free):  # taken again just now
            return
        _FREE[key] = kept
    seat.end()
