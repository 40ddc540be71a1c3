"""What a file does otherwise than the model that it was made of."""

from __future__ import annotations

import json
from dataclasses import dataclass

from explainprune.types.encoding import encode


@dataclass(frozen=True)
class ExportCertificate:
    """The measured differences between a model and the file that ships.

    Attributes
    ----------
    file : str
        Its name.
    quantise : str
        ``"none"``, ``"int8"`` or ``"float16"``.
    rows : int
        How many rows both were run on; 0 without data, and then nothing below is known but bytes.
    max_difference, mean_difference : float or None
        Largest and mean absolute difference of any number that is put out, in its own units.
    relative_difference : float or None
        The largest over the largest absolute number that the model puts out.
    flips : int or None
        Rows whose predicted class changed; None without classes.
    negative_flips : int or None
        Those that were right before; None without labels.
    step : float
        How far apart the numbers are that the file can put out; 0 where it isn't quantised.
    bytes_before, bytes : int
        The model's weights as float32, and the file.
    latency_before_ms, latency_ms : float or None
        Median time for 64 rows (repeated where there are fewer), both in turns in one run.
    sha256_before, sha256 : str
        Of the model's configuration and weights, and of the file.
    notes : tuple of str
    """

    file: str
    quantise: str
    rows: int
    max_difference: float | None
    mean_difference: float | None
    relative_difference: float | None
    flips: int | None
    negative_flips: int | None
    step: float
    bytes_before: int
    bytes: int
    latency_before_ms: float | None
    latency_ms: float | None
    sha256_before: str
    sha256: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(encode(self), indent=1, ensure_ascii=False) + "\n"

    def __str__(self) -> str:
        size = f"{self.bytes_before:,} → {self.bytes:,} bytes"
        if self.max_difference is None:
            return f"{self.file}: outputs not compared (no rows given); {size}"
        said = [
            f"{self.file}: outputs differ by {self.max_difference:.2g} at most and "
            f"{self.mean_difference:.2g} on average on {self.rows:,} rows"
        ]
        if self.flips is not None:
            wrong = "" if self.negative_flips is None else f" ({self.negative_flips} right before)"
            said.append(f"{self.flips} label flips{wrong}")
        said.append(size)
        if self.latency_ms is not None:
            said.append(f"{self.latency_before_ms:.3g} → {self.latency_ms:.3g} ms for 64 rows")
        return "; ".join(said)
