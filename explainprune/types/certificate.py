"""How far outputs moved when a model was made physically smaller."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainprune.types.framed import framed


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
    """

    params: int
    nonzero: int
    flops: int
    bytes: int
    bytes_gzip: int
    tflite_bytes: int | None = None
    latency_ms: float | None = None


@dataclass(frozen=True)
class Certificate:
    """The evidence that came with a removal.

    Attributes
    ----------
    kind : str
        ``"exact"`` (nothing downstream read what was removed), ``"folded"`` (constants moved into
        biases) or ``"approximate"``.
    basis : str
        On what a removed unit was constant: ``"all inputs"`` or ``"calibration data"``.
    max_difference : float or None
        Largest absolute difference of any logit on the rows given; None without rows.
    relative_difference : float or None
        The same over the largest absolute logit.
    flips : int or None
        Rows whose predicted class changed; None without rows or without classes.
    rows : int
        How many rows were compared.
    before, after : Size
    removed : dict of str to int
        Units removed, by layer.
    left_whole : dict of str to str
        Layers that were left as they were, with the reason.
    """

    kind: str
    basis: str
    max_difference: float | None
    relative_difference: float | None
    flips: int | None
    rows: int
    before: Size
    after: Size
    removed: dict[str, int] = field(default_factory=dict)
    left_whole: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in ("exact", "folded", "approximate"):
            raise ValueError(f"Unknown kind of certificate {self.kind!r}.")
        if self.basis not in ("all inputs", "calibration data"):
            raise ValueError(f"Unknown basis of a certificate {self.basis!r}.")

    _repr_html_ = framed

    def __str__(self) -> str:
        if self.max_difference is None:
            moved = "outputs not compared (no rows given)"
        else:
            flips = "" if self.flips is None else f", {self.flips} label flips"
            moved = (
                f"largest output difference {self.max_difference:.2g}{flips} on {self.rows:,} rows"
            )
        return (
            f"{self.kind} (constant on {self.basis}): {moved}; parameters "
            f"{self.before.params:,} → {self.after.params:,}"
        )
