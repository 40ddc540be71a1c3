"""One child process, seen from its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any

from explainprune.engine.worker import receive, send

THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


class Killed(Exception):
    """The child ended without an answer."""


class Child:
    """A child process that computes cells: a fixed number of threads, a session of its own.

    A session of its own, so that Ctrl-C in a terminal reaches the parent alone, which then ends
    its children in order.
    """

    def __init__(self, function: str, threads: int) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._process = subprocess.Popen(
            [sys.executable, "-m", "explainprune.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment(threads),
            start_new_session=True,
        )
        with suppress(BrokenPipeError):
            send(self._pipe("stdin"), {"function": function, "path": sys.path})

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)

    def compute(self, cell: dict[str, Any]) -> dict[str, Any]:
        """Send a cell and wait for its answer.

        Raises
        ------
        Killed
            If the child ends first.
        """
        try:
            send(self._pipe("stdin"), cell)
            answer: dict[str, Any] = receive(self._pipe("stdout"))
        except (EOFError, BrokenPipeError):
            raise Killed(self._last_words()) from None
        return answer

    def _last_words(self) -> str:
        """Say how the child ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        code = self._process.returncode
        if code is not None and code < 0:
            return f"it was killed by signal {-code} ({signal.Signals(-code).name})"
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return f"it ended with code {code}" + (f": {lines[-1]}" if lines else "")

    def end(self) -> None:
        """Kill the child and whatever it started."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(BrokenPipeError, OSError):
                if pipe is not None:
                    pipe.close()


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a child: fixed threads and hashing, so that bits repeat."""
    fixed = dict.fromkeys(THREADS, str(threads))
    return {**os.environ, **fixed, "PYTHONHASHSEED": "0"}
