"""Where two models differ: rules over rows, and rows of one prediction and two sets of reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainprune.types.drawing import Sample
from explainprune.types.known import written
from explainprune.types.measure import Measure


@dataclass(frozen=True)
class Condition:
    """What a rule asks of one column: a number's range, or a category.

    Attributes
    ----------
    column : str
    above, most : float or None
        The value is larger than `above`, and at most `most`.
    among, never : tuple of str
        Categories of which it is one, or none.
    missing : bool
        Whether rows without a number fulfil it, too.
    """

    column: str
    above: float | None = None
    most: float | None = None
    among: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    missing: bool = False

    def __str__(self) -> str:
        """Write the condition.

        >>> str(Condition("age", most=30.0)), str(Condition("months", 12.0, 24.0))
        ('age is at most 30', 'months is over 12 and at most 24')
        >>> str(Condition("job", never=("cook", "none")))
        'job is neither cook nor none'
        """
        parts = [f"over {written(self.above)}"] if self.above is not None else []
        parts += [f"at most {written(self.most)}"] if self.most is not None else []
        text = f"is {' and '.join(parts)}"
        if self.among:
            text = f"is {' or '.join(self.among)}"
        elif len(self.never) == 1:
            text = f"isn't {self.never[0]}"
        elif self.never:
            text = f"is neither {' nor '.join(self.never)}"
        return f"{self.column} {text}{' or missing' if self.missing else ''}"


@dataclass(frozen=True)
class Rule:
    """A part of the rows in which more moved: found on one half of them, tried on the other.

    Attributes
    ----------
    conditions : tuple of Condition
        All of them hold.
    share : float
        Of the other half's rows.
    inside, outside : Measure
        Moved weight where the rule holds, and elsewhere.
    apart : Measure
        Their difference; its interval allows for all rules that were tried.
    confirmed : bool
        Whether that interval lies above 0.
    """

    conditions: tuple[Condition, ...]
    share: float
    inside: Measure
    outside: Measure
    apart: Measure
    confirmed: bool

    def __str__(self) -> str:
        """Write the conditions."""
        return " and ".join(str(each) for each in self.conditions)


@dataclass(frozen=True)
class Where:
    """Whether there are rows in which more moved than in others.

    Attributes
    ----------
    sentence : str
        What was found; where nothing was, what could have been.
    rules : tuple of Rule
        All that were tried, the confirmed ones first.
    over : tuple of str
        The columns that rules could be about.
    found_on, tried_on : int
        Rows of both halves.
    least : float or None
        Difference of moved weight that a quarter of the rows needs to be confirmed with
        probability .9, once the search has hit on it.
    """

    sentence: str
    rules: tuple[Rule, ...] = ()
    over: tuple[str, ...] = ()
    found_on: int = 0
    tried_on: int = 0
    least: float | None = None


@dataclass(frozen=True)
class Exemplar:
    """A row for which both models say the same, for other reasons.

    Attributes
    ----------
    sample : Sample
    redrawn : float or None
        Moved weight between one model's own explanations under two backgrounds; of both models
        the larger. None for a single baseline.
    twins : dict of str to float
        Moved weight of this row in the arms that were trained like the dense model.
    """

    sample: Sample
    redrawn: float | None = None
    twins: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Exemplars:
    """Rows of one prediction whose reasons moved further than chance moves them.

    Attributes
    ----------
    sentence : str
    rows : int
        With the same prediction.
    found : int
        Those beyond every null that there is, at a false discovery rate of 5 %.
    least : float or None
        Moved weight from which a typical row would have stood out by itself.
    shown : tuple of Exemplar
        Those that moved furthest.
    """

    sentence: str
    rows: int = 0
    found: int = 0
    least: float | None = None
    shown: tuple[Exemplar, ...] = ()
