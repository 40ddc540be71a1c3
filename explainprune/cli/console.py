"""Data to stdout, messages and progress to stderr."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from explainprune.cli.failures import one_line

Progress = Callable[[int, int, Any], None]


@dataclass(frozen=True)
class Console:
    """How a command speaks.

    Attributes
    ----------
    quiet : bool
        No messages and no progress: only data and errors.
    json : bool
        Data as JSON.
    noted : set of str
        Notes that were printed: the same one comes once.
    """

    quiet: bool = False
    json: bool = False
    noted: set[str] = field(default_factory=set)

    def say(self, message: str) -> None:
        """Print a message for people."""
        if not self.quiet:
            print(message, file=sys.stderr, flush=True)

    def show(self, text: str, data: Any) -> None:
        """Print the result: as JSON if asked, else as text."""
        try:
            print(json.dumps(data, indent=1, ensure_ascii=False) if self.json else text, flush=True)
        except BrokenPipeError:  # `explainprune list | head`: the reader has what it wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Print warnings for users as notes, and no others."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = self._warned
            # TensorFlow's hints on how code is traced are for who writes it, not for who runs it.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
            yield

    @contextmanager
    def working(self, what: str) -> Iterator[Progress]:
        """Show progress on a terminal, and warnings as notes; give the function to report to."""
        with self.noting():
            if self.quiet or not sys.stderr.isatty():
                self.say(f"{what} …")
                yield lambda done, total, step: None
                return
            with _bar(what) as progress:
                yield progress

    def note(self, text: str) -> None:
        """Print what the reader must know, once."""
        if text not in self.noted:
            self.noted.add(text)
            self.say(f"Note: {one_line(text)}")

    def _warned(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        """Print a warning as a note."""
        if issubclass(category, UserWarning):
            self.note(str(message))


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """Draw a progress bar on stderr."""
    from rich.console import Console as RichConsole
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=RichConsole(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def report(done: int, total: int, step: Any) -> None:
            label = f"{what}: {step}" if isinstance(step, str) else what
            bar.update(task, completed=done, total=total, description=label)

        yield report
