"""Ctrl-C that can't get lost."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

AGAIN = 3.0
"""Seconds after which an interrupt that nobody acted on is raised once more."""


@contextmanager
def insistent() -> Iterator[list[int]]:
    """Raise KeyboardInterrupt on Ctrl-C, and again while it has no effect; list the signals.

    Python drops an exception that is raised inside a callback from native code, and training runs
    in native code nearly all the time: one Ctrl-C could simply vanish there, or come out as an
    error of the native code's own.
    """
    received: list[int] = []
    if not hasattr(signal, "setitimer"):  # Windows
        yield received
        return

    def interrupt(number: int, frame: Any) -> None:
        received.append(number)
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
        raise KeyboardInterrupt

    told = sys.unraisablehook

    def dropped(lost: Any) -> None:
        if lost.exc_type is not KeyboardInterrupt:  # that one comes again: nothing to tell
            told(lost)

    sys.unraisablehook = dropped
    before = {which: signal.signal(which, interrupt) for which in (signal.SIGINT, signal.SIGALRM)}
    try:
        yield received
    finally:
        sys.unraisablehook = told
        signal.setitimer(signal.ITIMER_REAL, 0)
        for which, handler in before.items():
            signal.signal(which, handler)
