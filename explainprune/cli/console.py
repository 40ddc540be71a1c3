"""Data to stdout, messages and progress to stderr."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from explainprune.cli.failures import one_line
from explainprune.cli.streams import dropped, tell

Progress = Callable[[int, int, Any], None]

EVERY = 30.0
"""Seconds between two lines of progress where there is no terminal to draw a bar on."""


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
            tell(message)

    def show(self, text: str, data: Any) -> None:
        """Print the result: as JSON if asked, else as text."""
        if self.json:
            text = json.dumps(data, indent=1, ensure_ascii="utf" not in _encoding())
        try:
            print(text, flush=True)
        except BrokenPipeError:  # `explainprune list | head`: the reader has what it wanted
            dropped(sys.stdout)

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
        """Show progress, and warnings as notes; give the function to report to.

        A bar on a terminal, a line every `EVERY` seconds elsewhere, nothing where that is asked.
        """
        shown = _nothing if self.quiet else _bar if sys.stderr.isatty() else self._lines
        with self.noting(), shown(what) as progress:

            def report(done: int, total: int, step: Any) -> None:
                reused = step.get("reused") if isinstance(step, dict) else None
                if reused is not None:
                    self.say(_going_on(reused, total))
                if isinstance(step, dict) and "dashboard" in step:
                    self.say(f"Dashboard: {step['dashboard']}")
                if getattr(step, "before", False):  # what the work takes
                    self.note(step)
                progress(done, total, step)

            yield report

    @contextmanager
    def _lines(self, what: str) -> Iterator[Progress]:
        """Say how far the work is every `EVERY` seconds, also where a single step takes long."""
        self.say(f"{what} …")
        started, last, over = time.monotonic(), [(0, 0, "")], threading.Event()

        def tell() -> None:
            while not over.wait(EVERY):
                self.say(progress_line(what, *last[0], time.monotonic() - started))

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield lambda done, total, step: last.__setitem__(0, (done, total, said_of(step)))
        finally:
            over.set()
            teller.join()

    def note(self, text: str) -> None:
        """Print what the reader must know, once."""
        if text not in self.noted:
            self.noted.add(text)
            self.say(f"Note: {one_line(text)}")

    def _warned(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        """Print a warning as a note."""
        if issubclass(category, UserWarning):
            self.note(str(message))


def _encoding() -> str:
    """Return how stdout writes text."""
    return (sys.stdout.encoding or "utf-8").lower()


@contextmanager
def _nothing(what: str) -> Iterator[Progress]:
    yield lambda done, total, step: None


def said_of(step: Any) -> str:
    """Say what the last step was; a study's is the cell of a seed.

    >>> said_of("explained dense"), said_of({"seed": 3, "config": {}})
    ('explained dense', 'seed 3')
    """
    if isinstance(step, dict):
        return f"seed {step['seed']}" if "seed" in step else ""
    return step if isinstance(step, str) else ""


def progress_line(what: str, done: int, total: int, step: str, seconds: float) -> str:
    """Say how far the work is, and how long what is left takes at this pace.

    >>> progress_line("Comparing", 2, 8, "explained dense", 30)
    'Comparing: 2 of 8 (explained dense), 30 seconds so far, about 2 minutes left'
    >>> progress_line("Pruning", 0, 0, "", 60)
    'Pruning: 60 seconds so far'
    """
    from explainprune.cli.plan import duration

    where = f"{done:,} of {total:,}{f' ({step})' if step else ''}, " if total else ""
    left = f", about {duration(seconds * (total - done) / done)} left" if 0 < done < total else ""
    return f"{what}: {where}{duration(seconds)} so far{left}"


def _going_on(reused: Any, total: int) -> str:
    """Say what an interrupted run left that is used."""
    if not reused:
        return "Going on: what was kept is of another configuration, and is made anew."
    listed = ", ".join(str(each) for each in reused)
    return f"Going on: of {total} seeds {len(reused)} were there already ({listed})."


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """Draw a progress bar on stderr, as wide as the terminal; what is done is cut to fit."""
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
    from rich.table import Column

    columns = (
        SpinnerColumn(),
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
        ),
        BarColumn(bar_width=14),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    drawn = RichProgress(*columns, console=RichConsole(stderr=True), transient=True, expand=True)
    with drawn as bar:
        task = bar.add_task(what, total=None)

        def report(done: int, total: int, step: Any) -> None:
            said = said_of(step)
            label = f"{what}: {said}" if said else what
            bar.update(task, completed=done, total=total, description=label)

        yield report
