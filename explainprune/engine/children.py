"""Cells in child processes of this one."""

from __future__ import annotations

import queue
import threading
from typing import Any

from explainprune.engine.process import Seat

Cell = dict[str, Any]


class Children:
    """Cells under way: a thread for each child, which feeds it and reports what it answers.

    Parameters
    ----------
    function : str
    workers, threads : int
        Child processes at a time, and threads of each.

    Attributes
    ----------
    room : int
        Cells that may be under way at a time: one that waits for each that is computed.
    """

    def __init__(self, function: str, workers: int, threads: int) -> None:
        self._seats = [Seat(function, threads) for _ in range(workers)]
        self._unused = list(self._seats)
        self._waiting: queue.SimpleQueue[tuple[int, Cell] | None] = queue.SimpleQueue()
        self._reports: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self.room = 2 * workers

    def put(self, index: int, cell: Cell) -> None:
        """Have a cell computed; a child is started as long as there are fewer than may be."""
        self._waiting.put((index, cell))
        if self._unused:
            seat = self._unused.pop()
            threading.Thread(target=self._drive, args=(seat,), daemon=True).start()

    def get(self) -> tuple[int, dict[str, Any]]:
        """Wait for the next answer, whichever cell's it is."""
        index, answer = self._reports.get()
        if isinstance(answer, BaseException):
            raise answer
        return index, answer

    def _drive(self, seat: Seat) -> None:
        """Feed one child."""
        while (taken := self._waiting.get()) is not None:
            index, cell = taken
            try:
                answer: Any = seat.compute(cell)
            except BaseException as error:
                answer = error
            self._reports.put((index, answer))

    def end(self) -> None:
        """End all children, whatever they do."""
        for _ in self._seats:
            self._waiting.put(None)
        for seat in self._seats:
            seat.end()
