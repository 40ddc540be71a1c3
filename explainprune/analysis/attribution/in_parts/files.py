"""Attributions of parts, each in a file of its own, and one file made of them all."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.types import Attribution

ENDINGS = (".npz", ".csv", ".parquet")
"""What the one file may be."""


def write_whole(
    path: Path,
    ending: str,
    parts: Sequence[Path],
    rows: int,
    said: dict[str, Any],
    top: int | None = None,
) -> None:
    """Write one file from the files of the parts, one of them in memory at a time.

    Parameters
    ----------
    path : Path
    ending : str
        ``.npz``: what `Attribution.load` reads, not compressed. ``.csv``, ``.parquet``: the long
        form of `Attribution.to_frame`, samples numbered over all parts.
    parts : sequence of Path
        What `Attribution.save` wrote, in order.
    rows : int
        Of all parts together.
    said : dict
        What holds for all of them: ``notes`` and ``options``.
    top : int, optional
        Of a table: one line for each row, with its leading features.
    """
    if ending == ".npz":
        _write_npz(path, parts, rows, said)
    elif ending == ".csv":
        _write_csv(path, _frames(parts, top))
    else:
        _write_parquet(path, _frames(parts, top))


def _write_npz(path: Path, parts: Sequence[Path], rows: int, said: dict[str, Any]) -> None:
    with np.load(parts[0], allow_pickle=False) as first:
        meta = json.dumps(json.loads(str(first["meta"])) | said)
        names = [name for name in first.files if name != "meta"]
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open(_member("meta"), "w") as file:
            np.lib.format.write_array(file, np.array(meta), allow_pickle=False)
        for name in names:
            with archive.open(_member(name), "w", force_zip64=True) as file:
                for number, part in enumerate(parts):
                    with np.load(part, allow_pickle=False) as loaded:
                        values = np.ascontiguousarray(loaded[name])
                    if number == 0:
                        described = np.lib.format.header_data_from_array_1_0(values)
                        described["shape"] = (rows, *values.shape[1:])
                        np.lib.format.write_array_header_1_0(file, described)
                    file.write(values.data)


def _member(name: str) -> zipfile.ZipInfo:
    """Name a member; its date is fixed, so that the same numbers give the same bytes."""
    return zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))


def _frames(parts: Sequence[Path], top: int | None) -> Iterator[Any]:
    start = 0
    for path in parts:
        part = Attribution.load(path)
        frame = part.to_frame() if top is None else part.to_frame(top=top, wide=True)
        frame["sample"] += start
        start += len(part)
        yield frame


def _write_csv(path: Path, frames: Iterable[Any]) -> None:
    for number, frame in enumerate(frames):
        frame.to_csv(path, index=False, mode="a" if number else "w", header=not number)


def _write_parquet(path: Path, frames: Iterable[Any]) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ValueError(
            "Writing .parquet needs pyarrow: pip install 'explainprune[parquet]', or write "
            ".npz or .csv."
        ) from None
    writer = None
    try:
        for frame in frames:
            table = pyarrow.Table.from_pandas(frame, preserve_index=False)
            if writer is None:
                writer = pyarrow.parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()
