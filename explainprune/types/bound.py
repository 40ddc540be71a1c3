"""How far the outputs of two models can differ, for any input of a box."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, repr=False)
class OutputBound:
    """A bound on the difference of two models' outputs that holds for every input of a box.

    Attributes
    ----------
    each : tuple of float
        For each output: no input of the box makes the models differ by more, in exact arithmetic
        (a model that runs in float32 rounds on top).
    alone : tuple of float
        The same from bounding each model by itself; never less than `each`.
    low, high : tuple of float
        The box: the least and the greatest value of each input, laid flat.
    box : str
        Where the box comes from: ``"the range of 899 rows"``.
    output : str
        What was bounded: ``"logit"``, ``"centred"`` or ``"probability"``.
    measured : float or None
        Largest difference found on rows given, in float64.
    spread : float or None
        Largest less smallest value of an output of the first model on these rows, where it is
        widest: what a bound must be below to say much.
    rows : int
        How many rows these two were measured on.
    note : str
        Why only each model by itself was bounded, where it was so.
    """

    each: tuple[float, ...]
    alone: tuple[float, ...]
    low: tuple[float, ...] = field(default=())
    high: tuple[float, ...] = field(default=())
    box: str = "the box given"
    output: str = "logit"
    measured: float | None = None
    spread: float | None = None
    rows: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        if len(self.each) != len(self.alone) or not self.each:
            raise ValueError(
                "A bound has a number for each output, twice. Received: "
                f"{len(self.each)} and {len(self.alone)}."
            )
        if min(self.each) < 0 or any(a > b for a, b in zip(self.each, self.alone, strict=True)):
            raise ValueError(
                "A bound is at least 0 and no more than that of each model by itself. Received: "
                f"{self.each} and {self.alone}."
            )

    @property
    def largest(self) -> float:
        """The bound of the output that can move most."""
        return max(self.each)

    @property
    def useful(self) -> bool | None:
        """Whether the bound is below the range that outputs have anyway; None without rows."""
        return None if self.spread is None else self.largest < self.spread

    def __str__(self) -> str:
        text = (
            f"over {self.box} no {self.output} can differ by more than {self.largest:.3g} "
            f"({max(self.alone):.3g} from each model by itself)"
        )
        if self.measured is not None:
            text += (
                f"; the largest difference measured on {self.rows:,} rows is {self.measured:.3g}"
            )
        if self.useful is False:
            text += (
                f"; that bound says little: the first model's outputs span {self.spread:.3g} "
                "on these rows"
            )
        return text + (f"; {self.note}" if self.note else "")

    def __repr__(self) -> str:
        return f"OutputBound({self})"
