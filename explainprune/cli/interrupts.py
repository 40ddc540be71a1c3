"""Ctrl-C that can't get lost."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_KEPT: list[Callable[[], str]] = []
"""What says what is kept, while work is under way that an interrupt leaves something of."""

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


@contextmanager
def keeping(said: Callable[[], str]) -> Iterator[None]:
    """Say of an interrupt within the block what is kept, and how to go on: ``said()``, then."""
    _KEPT[:] = [said]
    yield  # what stops the block leaves it there, for `kept_words`
    _KEPT.clear()


def kept_words() -> str:
    """Return what is kept of the work that was interrupted, and how to go on; "" of nothing."""
    return "".join(said() for said in _KEPT)


def forget() -> None:
    """Forget what an earlier command kept."""
    _KEPT.clear()
