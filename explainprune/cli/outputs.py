"""Files that appear whole, all of them or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from explainprune.lookup import nearest


def check_file(path: Path, suffixes: tuple[str, ...], *, force: bool) -> None:
    """Refuse an output file before any work is done.

    Raises
    ------
    ValueError
        If its suffix is another one, its folder doesn't exist, or it is a folder.
    FileExistsError
        If it exists and `force` is false.
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
    if path.exists() and not force:
        raise FileExistsError(f"{str(path)!r} exists already. Pass --force to replace it.")


@contextmanager
def whole_files(finals: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    """Give a temporary path for each file, and move all to their places when the block ends.

    Whatever stops the block, Ctrl-C included, leaves nothing behind.
    """
    first = next(iter(finals.values()))
    folder = Path(tempfile.mkdtemp(dir=first.parent, prefix=f".{first.stem}.", suffix=".partial"))
    try:
        temporary = {name: folder / final.name for name, final in finals.items()}
        yield temporary
        for name, final in finals.items():
            temporary[name].replace(final)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
