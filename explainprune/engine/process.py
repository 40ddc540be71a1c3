"""One child process, seen from its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from explainprune.engine.worker import pickled, receive, write

THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
LOOK = 0.1
"""Seconds between two looks at the memory that a child holds."""


class Killed(Exception):
    """The child ended without an answer."""


class Exceeded(Killed):
    """The child held more memory than it may."""


class Child:
    """A child process that computes cells: a fixed number of threads, a session of its own.

    A session of its own, so that Ctrl-C in a terminal reaches the parent alone, which then ends
    its children in order.

    Parameters
    ----------
    function : str
        ``"module:function"``.
    threads : int
    folder : str, optional
        Its working folder, searched for modules as well. None: the parent's.
    memory : int, optional
        Bytes that it may hold; beyond them it is killed.
    """

    def __init__(
        self, function: str, threads: int, folder: str | None = None, memory: int | None = None
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._memory, self._held = memory, 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "explainprune.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment(threads),
            cwd=folder,
            start_new_session=True,
        )
        path = sys.path if folder is None else [folder, *sys.path]
        with suppress(BrokenPipeError):
            write(self._pipe("stdin"), pickled({"function": function, "path": path}))

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)

    def compute(self, cell: dict[str, Any] | bytes) -> dict[str, Any]:
        """Send a cell, pickled or not yet, and wait for its answer.

        Raises
        ------
        Killed
            If the child ends first; `Exceeded` where it was ended for the memory that it held.
        """
        try:
            with self._watched():
                write(self._pipe("stdin"), cell if isinstance(cell, bytes) else pickled(cell))
                answer: dict[str, Any] = receive(self._pipe("stdout"))
        except (EOFError, BrokenPipeError):
            if self._held:
                raise Exceeded(f"{self._held / 1e9:.2f} GB of {_gb(self._memory)}") from None
            raise Killed(self._last_words()) from None
        return answer

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Look at the child's memory now and then, where it has a bound."""
        if self._memory is None:
            yield
            return
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(self._memory, over), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _watch(self, memory: int, over: threading.Event) -> None:
        """Kill the child when it holds more than it may."""
        import psutil  # comes with dask.distributed, whose workers alone have a bound

        with suppress(psutil.Error):
            process = psutil.Process(self._process.pid)
            while not over.wait(LOOK):
                held = process.memory_info().rss
                if held > memory:
                    self._held = held
                    process.kill()
                    return

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


def _gb(memory: int | None) -> str:
    return f"{(memory or 0) / 1e9:.2f} GB"


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a child: fixed threads and hashing, so that bits repeat."""
    fixed = dict.fromkeys(THREADS, str(threads))
    return {**os.environ, **fixed, "PYTHONHASHSEED": "0"}


class Seat:
    """Where one cell at a time is computed: by a child process, replaced where it is killed.

    Parameters
    ----------
    function, threads, folder, memory : as `Child` has them
    """

    def __init__(
        self, function: str, threads: int, folder: str | None = None, memory: int | None = None
    ) -> None:
        self._arguments = (function, threads, folder, memory)
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._over = False

    def compute(self, cell: dict[str, Any] | bytes) -> dict[str, Any]:
        """Compute one cell; where the child is killed, once more in a fresh one."""
        for attempt in (1, 2):
            try:
                return self._started().compute(cell)
            except Killed as ended:
                self._ended()
                if isinstance(ended, Exceeded):
                    said = f"The worker ran out of memory: {ended}. Give workers more memory, or"
                    return failure(f"{said} use fewer rows.")
                if self._over or attempt == 2:
                    said = f"The worker ended twice: {ended}. If memory ran out, use fewer workers"
                    return failure(f"{said} or fewer rows.")
        raise AssertionError("unreachable")

    def _started(self) -> Child:
        """Return the child, a new one where there is none, that `end` will end."""
        with self._lock:
            if self._over:
                raise Killed("the run is over")
            if self._child is None:
                self._child = Child(*self._arguments)
            return self._child

    def _ended(self) -> None:
        with self._lock:
            if self._child is not None:
                self._child.end()
                self._child = None

    def end(self) -> None:
        """End the child, whatever it does."""
        self._over = True
        self._ended()


def failure(message: str) -> dict[str, Any]:
    """Return the answer of a cell that no process lived to give."""
    return {"error": "ChildProcessError", "message": message, "trace": "", "warnings": []}
