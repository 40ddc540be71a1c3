"""Files of arrays, read without pickle and within memory; one sentence for whatever is wrong."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from explainprune.types.arrays import Array

DAMAGE = (OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What the readers raise on a damaged file (encrypted and unsupported members included)."""
LARGE, TIMES = 1e9, 200
"""An archive may unpack to more bytes than this only where that is at most so many times its size.

A legitimate one that packs better is read uncompressed."""
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class Refused(ValueError):
    """A sentence of ours on what is wrong with a file."""


@contextmanager
def readable(
    path: Path, broken: type[Exception] | tuple[type[Exception], ...] = DAMAGE, what: str = ""
) -> Iterator[None]:
    """Turn whatever a damaged file raises into one sentence; what is ours, and no file, passes."""
    try:
        yield
    except (Refused, FileNotFoundError):
        raise
    except broken as error:
        lines = str(getattr(error, "strerror", None) or error).splitlines()
        reason = lines[0].rstrip(".")[:200] if lines and lines[0] else type(error).__name__
        kind = what or f"{path.suffix} file"
        raise Refused(f"{path.name!r} is not a readable {kind}: {reason}.") from None


def memory() -> float:
    """Return the bytes of memory that this process may have; infinite where nothing says."""
    found = [float("inf")]
    with suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in _LIMITS:
        with suppress(OSError, ValueError):
            found.append(float(Path(limit).read_text(encoding="ascii")))
    return min(found)


def check_memory(needed: float, what: str) -> None:
    """Refuse what would take more than half of the memory, before it is allocated."""
    there = memory()
    if needed > there / 2:
        raise Refused(
            f"{what} needs {needed / 1e9:,.1f} GB of memory; this machine has {there / 1e9:,.1f} "
            "GB, and one file may take half of it."
        )


def check_unpacked(path: Path, unpacked: int) -> None:
    """Refuse an archive by what it says that it unpacks to, before anything is unpacked.

    What a member of a zip file holds beyond what it says is never read: `zipfile` stops there.
    """
    packed = path.stat().st_size
    check_memory(unpacked, f"{path.name!r}")
    if unpacked > LARGE and unpacked > TIMES * packed:
        raise Refused(
            f"{path.name!r} unpacks to {unpacked / 1e9:,.1f} GB, {unpacked / packed:,.0f} times "
            f"its size; beyond {LARGE / 1e9:g} GB at most {TIMES} times are read. Save it "
            "uncompressed if it is meant."
        )


def read_arrays(path: Path) -> dict[str, Array]:
    """Read every array of a ``.npz`` file.

    Raises
    ------
    ValueError
        In one sentence, for whatever is wrong with it.
    """
    found = {}
    with readable(path, Exception), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        check_unpacked(path, sum(member.file_size for member in members))
        for member in members:
            name = member.filename.removesuffix(".npy")
            what = f"{name!r} in {path.name!r}"
            with archive.open(member) as file:
                _check_header(file, member.file_size, what)
            with archive.open(member) as file:
                found[name] = np.lib.format.read_array(file, allow_pickle=False)
                if file.read(1):
                    raise Refused(f"{what} is longer than its header says.")
    return found


def read_array(path: Path) -> Array:
    """Read a ``.npy`` file; raise as `read_arrays` does."""
    with readable(path, Exception), path.open("rb") as file:
        _check_header(file, path.stat().st_size, f"{path.name!r}")
        file.seek(0)
        found: Array = np.lib.format.read_array(file, allow_pickle=False)
    return found


def _check_header(file: IO[bytes], size: int, what: str) -> None:
    """Check what an array's header declares, before numpy believes it."""
    shape, dtype = _header(file, what)
    if dtype.hasobject:
        raise Refused(
            f"{what} holds Python objects, which only pickle can read, and pickle can run code. "
            "Save it as numbers or as text of fixed width (astype(str))."
        )
    declared = max(1, dtype.itemsize)  # nothing at all, but so often
    for length in shape:
        declared *= length
    if min(shape, default=0) < 0 or declared > size - file.tell():
        raise Refused(f"{what} declares shape {shape}, but the file is too short for it.")
    check_memory(declared, what)


def _header(file: IO[bytes], what: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        version = np.lib.format.read_magic(file)
        first, second = np.lib.format.read_array_header_1_0, np.lib.format.read_array_header_2_0
        shape, _, dtype = (first if version == (1, 0) else second)(file)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Refused(f"{what} is not a readable array: {reason[:200].rstrip('.')}.") from None
    return shape, dtype
