"""A folder that appears whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARKS = ("results.json", "report.html")
"""A folder that holds one of these was written by this package, so that it may be replaced."""


@contextmanager
def whole_folder(out: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Give a folder to write into that becomes `out` when the block ends, and only then.

    Work happens in ``out.partial``. Whatever stops the block, a full disk or Ctrl-C, removes it and
    leaves `out` as it was.

    Parameters
    ----------
    out : str or Path
        The final name.
    force : bool
        Whether a folder that exists may be replaced. What the new folder brings replaces what was
        there under the same name; anything else in it (models, notes of your own) stays.

    Yields
    ------
    Path
        ``out.partial``, empty.

    Raises
    ------
    FileExistsError
        If `out` exists and `force` is false, or it is a file.
    ValueError
        If `out` exists, is not empty, and holds no report.
    """
    final = Path(out).resolve()
    check_free(final, force=force)
    partial = final.with_name(f"{final.name}.partial")
    _remove(partial)
    partial.mkdir(parents=True)
    try:
        yield partial
        _swap(partial, final)
    finally:
        _remove(partial)


def check_free(out: str | Path, *, force: bool = False) -> None:
    """Raise what `whole_folder` would, before any work is done."""
    final = Path(out).resolve()
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
    if content and not any((final / mark).is_file() for mark in MARKS):
        raise ValueError(
            f"{out} isn't replaced: it holds {len(content)} entries but no report "
            f"({' or '.join(MARKS)}). Choose another folder."
        )


def _swap(partial: Path, final: Path) -> None:
    """Put `partial` in place of `final`; if that fails half-way, `final` is as it was."""
    if not final.exists():
        partial.rename(final)
        return
    previous = final.with_name(f"{final.name}.previous")
    _remove(previous)
    final.rename(previous)
    try:
        partial.rename(final)
    except BaseException:
        previous.rename(final)
        raise
    for entry in previous.iterdir():
        if not (final / entry.name).exists():
            entry.rename(final / entry.name)
    _remove(previous)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
