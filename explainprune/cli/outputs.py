"""Files that appear whole, all of them or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from explainprune.keeping import held, is_ours, said, signed
from explainprune.keeping.ours import MARK
from explainprune.lookup import nearest

ENDING = ".partial"


def check_file(path: Path, suffixes: tuple[str, ...], *, force: bool) -> None:
    """Refuse an output file before any work is done.

    Raises
    ------
    ValueError
        If its suffix is another one, its folder doesn't exist, or it is a folder.
    FileExistsError
        If it exists and `force` is false.
    BlockingIOError
        If another process writes it.
    """
    if path.suffix not in suffixes:
        raise ValueError(
            f"The output's name ends in {' or '.join(suffixes)}. Received: {str(path)!r}."
            f"{nearest(path.suffix, suffixes)}"
        )
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} to write {path.name!r} in.")
    if path.is_dir():
        raise ValueError(f"{str(path)!r} is a folder. Expected the name of a file.")
    with held(path):
        _settle(path)
    if path.exists() and not force:
        raise FileExistsError(f"{str(path)!r} exists already. Pass --force to replace it.")


def check_folder(path: Path) -> None:
    """Refuse the name of an output folder before any work is done.

    Raises
    ------
    ValueError
        If it is a file, or there is no folder to make it in.
    """
    if path.exists() and not path.is_dir():
        raise ValueError(f"{str(path)!r} is a file. Expected the name of a folder.")
    if not path.absolute().parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} to make {path.name!r} in.")


@contextmanager
def whole_files(finals: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    """Give a temporary path for each file, and move all to their places when the block ends.

    Whatever stops the block, Ctrl-C included, leaves nothing behind. Killed between two moves, the
    others are made by the next run, so that files that belong together come together.
    """
    first = next(iter(finals.values()))
    with ExitStack() as locks:
        for final in sorted(set(finals.values())):
            locks.enter_context(held(final))
        _settle(first)
        prefix = f".{first.name}."
        folder = Path(tempfile.mkdtemp(dir=first.parent, prefix=prefix, suffix=ENDING))
        try:
            signed(folder, out=first.name)
            temporary = {name: folder / final.name for name, final in finals.items()}
            yield temporary
            signed(folder, out=first.name, whole=True)
            _place(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _place(folder: Path) -> None:
    """Move whole files to their places; one that the user has written since stays."""
    since = (folder / MARK).stat().st_mtime_ns
    for path in sorted(folder.iterdir()):
        final = folder.parent / path.name
        if path.name != MARK and not (final.exists() and final.stat().st_mtime_ns > since):
            path.replace(final)


def _settle(first: Path) -> None:
    """Finish the moves of a run that was killed between them; remove what others left."""
    for folder in sorted(first.parent.glob(f".*{ENDING}")):
        if is_ours(folder) and said(folder).get("out") == first.name:
            if said(folder).get("whole"):
                _place(folder)
            shutil.rmtree(folder, ignore_errors=True)
