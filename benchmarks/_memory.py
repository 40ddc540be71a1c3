"""The memory that a call takes at its peak (Linux only)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")


def _kilobytes(name: str) -> int:
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def peak(run: Callable[[], Any]) -> float:
    """Return by how many megabytes the peak of a call exceeds what was held before."""
    before = _kilobytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    run()
    return (_kilobytes("VmHWM") - before) / 1024
