"""A number that never travels without its uncertainty, and the verdicts built on such numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measure:
    """A figure with its interval, or with the reason why it has none.

    Attributes
    ----------
    value : float or None
        The figure; None where it is undefined (then `note` says why).
    interval : (float, float) or None
        Its 95 % interval; None where there is none (then `note` says why).
    n : int
        How many of `unit` it was computed from.
    unit : str
        What `n` counts: ``"samples"``, ``"seeds"``, …
    note : str
        What the interval is, or why a part is missing.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, the interval is reversed, or something is missing without
        a note.
    """

    value: float | None
    interval: tuple[float, float] | None = None
    n: int = 0
    unit: str = "samples"
    note: str = ""

    def __post_init__(self) -> None:
        numbers = [v for v in (self.value, *(self.interval or ())) if v is not None]
        if not all(math.isfinite(v) for v in numbers):
            raise ValueError(f"A measure is finite, or None with a note. Received: {numbers}.")
        if self.interval is not None and self.interval[0] > self.interval[1]:
            raise ValueError(f"An interval runs from low to high. Received: {self.interval}.")
        if (self.value is None or self.interval is None) and not self.note:
            raise ValueError(
                f"A measure without {'value' if self.value is None else 'interval'} "
                "needs a note that says why."
            )

    @property
    def low(self) -> float | None:
        """Lower end of the interval."""
        return None if self.interval is None else self.interval[0]

    @property
    def high(self) -> float | None:
        """Upper end of the interval."""
        return None if self.interval is None else self.interval[1]


SAME_REASONS = ("preserved", "changed", "inconclusive")
CLEARER = ("clearer", "same", "less clear", "inconclusive")


@dataclass(frozen=True)
class Power:
    """How often the same rows would have given a label, if the truth were another.

    Attributes
    ----------
    true : float
        Moved weight over the whole population.
    preserved, changed : float
        Probability of each label; the rest is inconclusive.
    """

    true: float
    preserved: float
    changed: float


@dataclass(frozen=True)
class Verdict:
    """The answer to one of the two questions, with what it was judged by.

    Attributes
    ----------
    label : str
        One of `SAME_REASONS` or `CLEARER`.
    sentence : str
        The answer in plain English, figures included.
    endpoint : str
        What was measured.
    margin : float
        The margin it was judged by, stated before.
    scope : str
        ``"pair"`` (samples are the unit) or ``"procedure"`` (seeds are).
    evidence : dict of str to Measure
        The figures the label follows from.
    conditions : tuple of str
        What else had to hold, and whether it did: a sentence each.
    more : int or None
        How many more samples or seeds would decide with probability .9, where the label is
        ``"inconclusive"``.
    more_backgrounds : int
        How many more backgrounds those need, where rows alone can't decide.
    worst : dict of str to str
        The ``"class"`` and the ``"group"`` whose reasons moved most, of those with enough rows;
        their figures are the evidence ``worst_class`` and ``worst_group``.
    power : tuple of Power
        By the true moved weight, from 0 over the margin to twice the margin, densest where the
        chances change.
    illustrative : bool
        True where there are too few seeds for the label to be more than an illustration.
    """

    label: str
    sentence: str
    endpoint: str
    margin: float
    scope: str = "pair"
    evidence: dict[str, Measure] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    more: int | None = None
    more_backgrounds: int = 0
    worst: dict[str, str] = field(default_factory=dict)
    power: tuple[Power, ...] = ()
    illustrative: bool = False

    def __post_init__(self) -> None:
        if self.label not in {*SAME_REASONS, *CLEARER}:
            raise ValueError(f"Unknown verdict label {self.label!r}.")
        if self.scope not in ("pair", "procedure"):
            raise ValueError(f"A verdict's scope is 'pair' or 'procedure'. Got {self.scope!r}.")
