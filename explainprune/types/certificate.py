"""How far outputs moved when a model was pruned, made smaller, or put in another form."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from explainprune.types.arrays import Array, checksum
from explainprune.types.bound import OutputBound
from explainprune.types.data import Rows
from explainprune.types.encoding import decode, encode
from explainprune.types.framed import framed
from explainprune.types.plain import read_json

SCHEMA = "explainprune/certificate/1"
FILE = "certificate.json"
KINDS = ("exact", "folded", "approximate")
BASES = ("all inputs", "calibration data", "rows compared")


@dataclass(frozen=True)
class Size:
    """What a model weighs.

    Attributes
    ----------
    params, nonzero, flops : int
        Parameters, those that are not zero, multiply-adds ×2 for one row.
    bytes, bytes_gzip : int
        Weights as float32 on disk, raw and through gzip.
    tflite_bytes : int or None
    latency_ms : float or None
        Median time for one batch, where it was measured.
    file_bytes : int or None
        Of the file that ships, where there is one.
    """

    params: int
    nonzero: int
    flops: int
    bytes: int
    bytes_gzip: int
    tflite_bytes: int | None = None
    latency_ms: float | None = None
    file_bytes: int | None = None


@dataclass(frozen=True)
class Certificate:
    """The evidence that came with a removal, or with another form of a model.

    The word *bound* stands for what holds for every input of a box; the *largest difference* is
    what was measured on rows.

    Attributes
    ----------
    kind : str
        ``"exact"`` (nothing downstream read what was removed), ``"folded"`` (constants moved into
        biases) or ``"approximate"``.
    basis : str
        On what a removed unit was constant: ``"all inputs"`` or ``"calibration data"``; of two
        models that are merely compared ``"rows compared"``.
    max_difference : float or None
        Largest absolute difference of any output on the rows given; None without rows.
    relative_difference : float or None
        The same over the largest absolute output.
    mean_difference : float or None
        Mean absolute difference; of files that ship.
    flips : int or None
        Rows whose predicted class changed; None without rows or without classes.
    rows : int
        How many rows were compared.
    before, after : Size or None
        None where a model has no size: a formula.
    removed : dict of str to int
        Units removed, by layer.
    left_whole : dict of str to str
        Layers that were left as they were, with the reason.
    negative_flips, positive_flips : int or None
        Of the flipped rows, those that only the model before has right, and only the one after;
        None without labels.
    output : str
        What was compared: ``"logit"``, ``"centred"`` (logit, less their mean) or
        ``"probability"``.
    rows_sha256 : str
        Checksum of the rows compared, labels included; "" without rows.
    before_sha256, after_sha256 : str
        Checksums of a Keras model's configuration and weights, or of another file's bytes.
    bound : OutputBound or None
        What the outputs cannot differ by more than, over the range of the rows.
    no_bound : str
        Why there is none.
    """

    kind: str
    basis: str
    max_difference: float | None
    relative_difference: float | None
    flips: int | None
    rows: int
    before: Size | None
    after: Size | None
    removed: dict[str, int] = field(default_factory=dict)
    left_whole: dict[str, str] = field(default_factory=dict)
    negative_flips: int | None = None
    positive_flips: int | None = None
    output: str = "logit"
    rows_sha256: str = ""
    before_sha256: str = ""
    after_sha256: str = ""
    bound: OutputBound | None = None
    no_bound: str = ""
    mean_difference: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Unknown kind of certificate {self.kind!r}.")
        if self.basis not in BASES:
            raise ValueError(f"Unknown basis of a certificate {self.basis!r}.")
        for moved in (self.max_difference, self.relative_difference):
            if moved is not None and not math.isfinite(moved):
                raise ValueError(
                    f"Outputs that aren't finite can't be compared. Received: {moved}."
                )

    def to_json(self) -> str:
        """Return the text of a ``certificate.json``: the same for equal certificates.

        Times differ from run to run: they are in it only where they were asked for.
        """
        plain = {"schema": SCHEMA, **encode(self)}
        return json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def save(self, path: str | Path) -> None:
        """Write to `path` as JSON."""
        text = self.to_json()
        Path(path).write_bytes(text.encode("utf-8", errors="backslashreplace"))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote, or the ``certificate.json`` of a folder.

        Raises
        ------
        FileNotFoundError
            If there is none.
        ValueError
            If it is damaged, of another schema, or says what no certificate can.
        """
        file = Path(path)
        file = file / FILE if file.is_dir() else file
        if not file.is_file():
            raise FileNotFoundError(
                f"No certificate at {path}. Expected a {FILE}, or a folder that holds one."
            )
        try:
            plain = read_json(file.read_text(encoding="utf-8"))
            schema = plain.get("schema") if isinstance(plain, dict) else None
            if schema != SCHEMA:
                raise ValueError(f"Expected schema {SCHEMA!r}. Received: {schema!r}.")
            return decode({key: value for key, value in plain.items() if key != "schema"}, cls)
        except ValueError as error:  # JSON's and UTF-8's own among them
            raise ValueError(f"{file} can't be read as a certificate: {error}") from None

    _repr_html_ = framed

    def __str__(self) -> str:
        what = "outputs compared" if self.basis == "rows compared" else f"constant on {self.basis}"
        return f"{self.kind} ({what}): {self._moved()}{self._sizes()}{self._bounded()}"

    def _moved(self) -> str:
        if self.max_difference is None:
            return "outputs not compared (no rows given)"
        flips = "" if self.flips is None else f", {self.flips} label flips"
        if self.flips and self.negative_flips is not None:
            flips += f" ({self.negative_flips} negative)"
        mean = "" if self.mean_difference is None else f", mean {self.mean_difference:.2g}"
        most = f"largest output difference {self.max_difference:.2g}{mean}"
        return f"{most}{flips} on {self.rows:,} rows"

    def _sizes(self) -> str:
        if self.before is None or self.after is None:
            return ""
        if self.after.file_bytes is None or self.before.params != self.after.params:
            return f"; parameters {self.before.params:,} → {self.after.params:,}"
        text = f"; {self.before.bytes:,} bytes of weights → {self.after.file_bytes:,} in the file"
        if self.before.latency_ms is None or self.after.latency_ms is None:
            return text
        return f"{text}; {self.before.latency_ms:.3g} → {self.after.latency_ms:.3g} ms for a batch"

    def _bounded(self) -> str:
        if self.bound is None:
            return ""
        # A bound is of exact arithmetic; what was measured holds float32's rounding as well.
        rounding = " but for rounding" if self.bound.largest < (self.max_difference or 0) else ""
        return f"; bound {self.bound.largest:.2g}{rounding}"


def flips_of(before: Array | None, after: Array | None, y: Any = None) -> dict[str, Any]:
    """Count rows whose prediction changed, and those right before only, and after only.

    Parameters
    ----------
    before, after : ndarray of int (n,) or (n, places), optional
        Predicted classes; None where there are none.
    y : ndarray, optional
        Labels: classes, or a 1 in each row's class. Others, and several places, aren't counted by.

    >>> flips_of(np.array([0, 1, 2, 2]), np.array([1, 1, 2, 0]), np.array([0, 1, 0, 0]))
    {'flips': 2, 'negative_flips': 1, 'positive_flips': 1}
    """
    if before is None or after is None:
        return {"flips": None, "negative_flips": None, "positive_flips": None}
    before, after = (each.reshape(len(each), -1) for each in (before, after))
    flipped = (before != after).any(axis=1)
    found: dict[str, Any] = {"flips": int(flipped.sum())}
    labels = None if before.shape[1] != 1 else _classes(y, len(before))
    for name, predicted in (("negative_flips", before), ("positive_flips", after)):
        right = None if labels is None else predicted[:, 0] == labels
        found[name] = None if right is None else int((flipped & right).sum())
    return found


def _classes(y: Any, rows: int) -> Array | None:
    """Return the class of each row; None where labels don't say it."""
    if y is None or np.asarray(y).dtype.kind not in "iufb":
        return None
    labels = np.asarray(y).reshape(rows, -1)
    if labels.shape[1] > 1:
        one = ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()
        return labels.argmax(axis=1) if one else None
    whole = labels[:, 0]
    return whole if (whole == np.round(whole)).all() else None


def rows_sha256(rows: Rows) -> str:
    """Return a checksum of rows and their labels."""
    parts = rows.x if isinstance(rows.x, dict) else {"x": rows.x}
    labels = {"y": rows.y} if rows.by_output is None else rows.by_output
    return checksum([*sorted(parts.items()), *sorted(labels.items())])
