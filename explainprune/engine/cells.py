"""`run_cells`: the same function over many cells, in child processes."""

from __future__ import annotations

import builtins
import queue
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from explainprune.engine.process import Child, Killed
from explainprune.lookup import imported

Cell = dict[str, Any]
Progress = Callable[[int, int, Cell], None]


def run_cells(
    function: str,
    cells: Sequence[Cell],
    *,
    workers: int | None,
    threads: int = 1,
    progress: Progress | None = None,
    cluster: str | None = None,
) -> list[dict[str, Any]]:
    """Compute every cell, and return the results in the order of the cells.

    Each child process has a fixed number of threads and starts every cell from the same state, so
    that results depend on neither the number of workers nor on which of them took a cell.

    Parameters
    ----------
    function : str
        ``"module:function"``, called with one cell; returns plain data.
    cells : sequence of dict
        Plain data: names, numbers, arrays, paths.
    workers : int or None
        Child processes at a time. 0 and 1 both mean one child, with the same bits. None: no child
        at all, for debugging; the bits may then differ, as this process's threads are not fixed.
    threads : int
        TensorFlow, OpenMP and BLAS threads of each child. Results may depend on it.
    progress : callable, optional
        Called as ``progress(done, total, cell)`` in this thread after each cell.
    cluster : str, optional
        Address of a Dask cluster: not yet.

    Raises
    ------
    ValueError, TypeError, …
        What a cell raised, with the cell's identity; the other children are ended at once.
    RuntimeError
        If a child was killed twice on the same cell.

    Examples
    --------
    >>> run_cells("builtins:dict", [{"seed": 0}, {"seed": 1}], workers=None)
    [{'seed': 0}, {'seed': 1}]
    """
    if cluster is not None:
        raise ValueError(
            f"cluster={cluster!r}: running on a Dask cluster comes with the extra 'cluster' in a "
            "later version. Use workers= for now."
        )
    if threads < 1 or (workers is not None and workers < 0):
        raise ValueError(
            f"workers is at least 0 and threads at least 1. Received: {workers}, {threads}."
        )
    if workers is None:
        return _here(function, cells, progress)
    return _Run(function, list(cells), threads, progress).results(max(1, workers))


def identity(cell: Cell) -> str:
    """Name a cell by its short values.

    >>> identity({"seed": 1, "arm": "pruned", "x": [1, 2]})
    "seed=1, arm='pruned'"
    """
    short = {k: v for k, v in cell.items() if isinstance(v, bool | int | float | str)}
    shown = [f"{key}={value!r}" for key, value in short.items() if len(repr(value)) <= 40]
    return ", ".join(shown[:4]) or "without a name"


def _here(function: str, cells: Sequence[Cell], progress: Progress | None) -> list[dict[str, Any]]:
    """Compute cells in this process."""
    call = imported(function, "cell function")
    results = []
    for cell in cells:
        results.append(call(cell))
        if progress is not None:
            progress(len(results), len(cells), cell)
    return results


def _error(answer: dict[str, Any], cell: Cell) -> Exception:
    """Rebuild what a cell raised: built-in types as they are, others by name."""
    kind = getattr(builtins, answer["error"], RuntimeError) if answer["error"] else RuntimeError
    message = answer["message"]
    if answer["error"] != answer.get("kind", answer["error"]):
        message = f"{answer['kind']}: {message}"
    message = f"{message} (in the cell {identity(cell)})"
    try:
        error: Exception = kind(message)
    except TypeError:  # UnicodeDecodeError and its like need more than a message.
        error = RuntimeError(f"{answer['error']}: {message}")
    error.add_note(answer["trace"])
    return error


class _Run:
    """Cells under way: one thread for each child, the main thread waits for what they report."""

    def __init__(
        self, function: str, cells: list[Cell], threads: int, progress: Progress | None
    ) -> None:
        self.function, self.cells, self.threads, self.progress = function, cells, threads, progress
        self.waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.reports: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self.children: list[Child] = []
        self.lock = threading.Lock()
        self.over = False

    def results(self, workers: int) -> list[dict[str, Any]]:
        """Start the children, gather results, and end the children whatever happens."""
        for index in range(len(self.cells)):
            self.waiting.put(index)
        drivers = [
            threading.Thread(target=self._drive, daemon=True)
            for _ in range(min(workers, len(self.cells)))
        ]
        try:
            for driver in drivers:
                driver.start()
            return self._gather()
        finally:
            with self.lock:
                self.over = True
                for child in self.children:
                    child.end()

    def _gather(self) -> list[dict[str, Any]]:
        """Wait for every cell's report; the first failure ends the run."""
        results: list[Any] = [None] * len(self.cells)
        warned: set[str] = set()
        for done in range(1, len(self.cells) + 1):
            index, answer = self.reports.get()
            cell = self.cells[index]
            if isinstance(answer, BaseException):
                raise answer
            if "result" not in answer:
                raise _error(answer, cell)
            for text in answer["warnings"]:
                if text not in warned:
                    warned.add(text)
                    warnings.warn(text, UserWarning, stacklevel=4)
            results[index] = answer["result"]
            if self.progress is not None:
                self.progress(done, len(self.cells), cell)
        return results

    def _drive(self) -> None:
        """Feed one child until no cell waits."""
        child: Child | None = None
        while not self.over:
            try:
                index = self.waiting.get_nowait()
            except queue.Empty:
                break
            try:
                child, answer = self._compute(child, self.cells[index])
            except BaseException as error:
                answer = error  # type: ignore[assignment]
            self.reports.put((index, answer))

    def _compute(self, child: Child | None, cell: Cell) -> tuple[Child, dict[str, Any]]:
        """Compute one cell; where the child is killed, once more in a fresh one."""
        for attempt in (1, 2):
            child = child or self._start()
            try:
                return child, child.compute(cell)
            except Killed as ended:
                child.end()
                if self.over or attempt == 2:
                    raise RuntimeError(
                        f"The worker for the cell {identity(cell)} ended twice: {ended}. If memory "
                        "ran out, use fewer workers or fewer rows."
                    ) from None
                child = None
        raise AssertionError("unreachable")

    def _start(self) -> Child:
        """Start a child that `results` will end."""
        with self.lock:
            if self.over:
                raise RuntimeError("The run is over.")
            child = Child(self.function, self.threads)
            self.children.append(child)
            return child
