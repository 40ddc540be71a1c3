"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explainprune.keeping import (
    check_way,
    held,
    is_ours,
    remove,
    said,
    signed,
    sweep,
    temporary,
    unsigned,
)
from explainprune.keeping.ours import MARK

RESULTS = "results.json"
OURS = b'"schema": "explainprune/'
"""Results of ours begin so: a folder that holds them is a report, which may be replaced."""


@contextmanager
def whole_folder(out: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Give a folder to write into that becomes `out` when the block ends, and only then.

    Work happens in ``out.partial``. Whatever stops the block, a full disk or Ctrl-C, removes it and
    leaves `out` as it was. Killed between the two renames that put it in place of an older report,
    it is put there by the next run.

    Parameters
    ----------
    out : str or Path
        The final name.
    force : bool
        Whether a report that exists may be replaced. What the new folder brings replaces what was
        there under the same name; anything else in it (models, notes of your own) stays.

    Yields
    ------
    Path
        ``out.partial``, empty but for our mark.

    Raises
    ------
    FileExistsError
        If `out` exists and `force` is false, or it is a file, or what bears the temporary name
        isn't ours.
    ValueError
        If `out` exists, is not empty, and holds no report.
    BlockingIOError
        If another process or thread writes `out`.
    """
    with reserved(out) as final:
        check_free(final, force=force)
        partial = temporary(_partial(final))
        try:
            yield partial
            _swap(partial, final)
        finally:
            if is_ours(partial):
                remove(partial)


@contextmanager
def reserved(out: str | Path) -> Iterator[Path]:
    """Hold the lock of a folder that is to be, from before there is work; give its whole path."""
    final = Path(out).resolve()
    final.parent.mkdir(parents=True, exist_ok=True)
    with held(final):
        yield final


def check_free(out: str | Path, *, force: bool = False) -> None:
    """Raise what `whole_folder` would, before any work is done."""
    final = Path(out).resolve()
    if final.parent.is_dir():
        with held(final):
            _settle(final)
            check_way(_partial(final))
            check_way(_previous(final))
    if not final.exists():
        return
    if not final.is_dir():
        raise FileExistsError(f"{out} exists and is a file. Expected the name of a folder.")
    content = list(final.iterdir())
    if content and not force:
        raise FileExistsError(
            f"{out} exists already. Choose another folder, or pass force=True (--force) to "
            "replace the report in it."
        )
    if content and not _is_report(final):
        raise ValueError(
            f"{out} isn't replaced: it holds {len(content)} entries but no report of "
            f"explainprune's ({RESULTS}). Choose another folder."
        )


def _is_report(folder: Path) -> bool:
    """Whether a folder holds results of ours."""
    try:
        with (folder / RESULTS).open("rb") as file:
            return OURS in file.read(200)
    except OSError:
        return False


def _partial(final: Path) -> Path:
    return final.with_name(f"{final.name}.partial")


def _previous(final: Path) -> Path:
    return final.with_name(f"{final.name}.previous")


def _swap(partial: Path, final: Path) -> None:
    """Put `partial` in place of `final`; if that fails half-way, `final` is as it was.

    Every folder bears our mark before it has a temporary name, and `partial` says that it is whole,
    so that after a kill `_settle` knows what is whose.
    """
    signed(partial, whole=True)
    if final.exists():
        previous = _previous(final)
        signed(final)
        try:
            final.rename(previous)
            partial.rename(final)
        except BaseException:
            if previous.exists() and not final.exists():
                previous.rename(final)
            unsigned(final)
            raise
    else:
        partial.rename(final)
    _settle(final)


def _settle(final: Path) -> None:
    """Bring a swap to its end that was stopped midway: nothing of either report is lost."""
    partial, previous = _partial(final), _previous(final)
    if is_ours(previous):
        if not final.exists():
            whole = is_ours(partial) and said(partial).get("whole")
            (partial if whole else previous).rename(final)
        for entry in previous.iterdir() if is_ours(previous) else ():
            if entry.name != MARK and not os.path.lexists(final / entry.name):
                entry.rename(final / entry.name)
        if is_ours(previous):
            remove(previous)
    sweep(previous)
    if is_ours(final):
        unsigned(final)
