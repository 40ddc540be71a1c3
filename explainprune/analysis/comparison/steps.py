"""How far a comparison is, for whoever asked to be told."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Told how many steps of how many are done, and what the last one was; before the first, what the
work takes."""


class Before(str):
    """What is told before a step is done, to be read by people: what the work takes."""

    before = True


class Steps:
    """Counts what is done."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def tell(self, what: str) -> None:
        """Say something before the first step."""
        if self.progress is not None and what:
            self.progress(0, self.total, Before(what))

    def tick(self, what: str) -> None:
        """Report one more step."""
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total, what)
