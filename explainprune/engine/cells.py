"""`run_cells`, `each_cell`: the same function over many cells, wherever they are to run."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from explainprune.engine.children import Cell, Children
from explainprune.lookup import imported

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

    Parameters
    ----------
    function, cells, workers, threads, cluster : as `each_cell` has them
    progress : callable, optional
        Called as ``progress(done, total, cell)`` in this thread after each cell.

    Examples
    --------
    >>> run_cells("builtins:dict", [{"seed": 0}, {"seed": 1}], workers=None)
    [{'seed': 0}, {'seed': 1}]
    """
    results: list[Any] = [None] * len(cells)
    found = each_cell(function, cells, workers=workers, threads=threads, cluster=cluster)
    with closing(found):
        for done, (index, result) in enumerate(found, 1):
            results[index] = result
            if progress is not None:
                progress(done, len(cells), cells[index])
    return results


def each_cell(
    function: str,
    cells: Iterable[Cell],
    *,
    workers: int | None,
    threads: int = 1,
    cluster: str | None = None,
    needs: Mapping[str, Path] | None = None,
    told: Callable[[str], None] | None = None,
) -> Generator[tuple[int, dict[str, Any]], None, None]:
    """Yield the place and the result of each cell, as they are done.

    A cell is computed in a child process, here or on a worker of a cluster, with a fixed number of
    threads and from the same state, so that results depend on neither the number of workers nor on
    which of them took a cell. Of a long iterable only a few cells are drawn ahead. Close it
    (`contextlib.closing`) to end the processes at once when something else goes wrong.

    Parameters
    ----------
    function : str
        ``"module:function"``, called with one cell; returns plain data.
    cells : iterable of dict
        Plain data: names, numbers, arrays, paths.
    workers : int or None
        Child processes at a time. 0 and 1 both mean one child, with the same bits. None: no child
        at all, for debugging; the bits may then differ, as this process's threads are not fixed.
        On a cluster its workers count.
    threads : int
        TensorFlow, OpenMP and BLAS threads of each child. Results may depend on it.
    cluster : str, optional
        Address of a Dask scheduler, or ``"local"``: `workers` Dask workers on this machine.
    needs : mapping of str to Path, optional
        Of a cluster: files that cells read, by their names in a worker's working folder, which is
        searched for modules as well. They are sent to each worker once.
    told : callable, optional
        Told where a cluster's dashboard is.

    Raises
    ------
    ValueError, TypeError, …
        What a cell raised, with the cell's identity; the other children are ended at once.
    ChildProcessError
        If a child was killed twice on the same cell, or a cluster's worker ran out of memory.
    ConnectionError
        If the scheduler can't be reached, or is lost.
    """
    if threads < 1 or (workers is not None and workers < 0):
        raise ValueError(
            f"workers is at least 0 and threads at least 1. Received: {workers}, {threads}."
        )
    if cluster is None and workers is None:
        call = imported(function, "cell function")
        for index, cell in enumerate(cells):
            yield index, call(cell)
        return
    pool: Pool
    if cluster is None:
        pool = Children(function, max(1, workers or 0), threads)
    else:
        from explainprune.engine.cluster import Cluster

        pool = Cluster(function, threads, cluster, max(1, workers or 0), needs or {}, told)
    try:
        for index, cell, answer in _answers(pool, cells):
            yield index, _result(answer, cell)
    finally:
        pool.end()


class Pool(Protocol):
    """Where cells are computed."""

    @property
    def room(self) -> int:
        """Cells that may be under way at a time."""

    def put(self, index: int, cell: Cell) -> None:
        """Have a cell computed."""

    def get(self) -> tuple[int, dict[str, Any]]:
        """Wait for the next answer."""

    def end(self) -> None:
        """End whatever is under way."""


def _answers(pool: Pool, cells: Iterable[Cell]) -> Iterator[tuple[int, Cell, dict[str, Any]]]:
    """Keep the pool busy, and yield what it answers; a warning comes once."""
    out: dict[int, Cell] = {}
    warned: set[str] = set()

    def next_answer() -> tuple[int, Cell, dict[str, Any]]:
        index, answer = pool.get()
        for text in answer["warnings"]:
            if text not in warned:
                warned.add(text)
                warnings.warn(text, UserWarning, stacklevel=6)
        return index, out.pop(index), answer

    for index, cell in enumerate(cells):
        while len(out) >= pool.room:
            yield next_answer()
        pool.put(index, cell)
        out[index] = cell
    while out:
        yield next_answer()


def identity(cell: Cell) -> str:
    """Name a cell by its short values.

    >>> identity({"seed": 1, "arm": "pruned", "x": [1, 2]})
    "seed=1, arm='pruned'"
    """
    short = {k: v for k, v in cell.items() if isinstance(v, bool | int | float | str)}
    shown = [f"{key}={value!r}" for key, value in short.items() if len(repr(value)) <= 40]
    return ", ".join(shown[:4]) or "without a name"


def _result(answer: dict[str, Any], cell: Cell) -> dict[str, Any]:
    """Return a cell's result, or raise what it raised: built-in types as they are."""
    if "result" in answer:
        result: dict[str, Any] = answer["result"]
        return result
    kind = getattr(builtins, answer["error"], RuntimeError) if answer["error"] else RuntimeError
    message = answer["message"]
    if answer["error"] != answer.get("kind", answer["error"]):
        message = f"{answer['kind']}: {message}"
    message = f"{message} (in the cell {identity(cell)})"
    try:
        error: Exception = kind(message)
    except TypeError:  # UnicodeDecodeError and its like need more than a message.
        error = RuntimeError(f"{answer['error']}: {message}")
    if answer["trace"]:
        error.add_note(answer["trace"])
    raise error
