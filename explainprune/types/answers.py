"""What two classifiers answer: who is taken for whom, which answers changed, and how sure of them.

Rows are counted as they are, whatever they weigh.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from explainprune.types.measure import Measure

Cells = tuple[tuple[int, int, int], ...]
"""Entries of a matrix that aren't 0: row, column, count of rows; the most frequent come first."""


@dataclass(frozen=True)
class Bin:
    """Rows of like confidence.

    Attributes
    ----------
    confidence : float
        Mean probability that the model gives to what it predicts.
    right : Measure
        Share of them that it predicts right.
    """

    confidence: float
    right: Measure


@dataclass(frozen=True)
class Fall:
    """The class or group whose accuracy fell most.

    Attributes
    ----------
    slice : str
    before, after : float
        Accuracy of the dense and the other model on its rows; within a class that is its recall.
    fall : Measure
        Their difference, with an interval that allows for all that were looked at.
    looked_at : int
        Classes and groups with enough rows.
    """

    slice: str
    before: float
    after: float
    fall: Measure
    looked_at: int


@dataclass(frozen=True)
class AtCutOff:
    """What a classifier of two classes decides at one cut-off.

    Attributes
    ----------
    chance : float
        Probability of the class from which on it is decided.
    decided : Measure
        Share of rows for which it is.
    recall : Measure
        Share of that class's rows for which it is.
    false_alarms : Measure
        Share of the other class's rows for which it is.
    precision : Measure
        Share of the rows for which it is that are of that class.
    """

    chance: float
    decided: Measure
    recall: Measure
    false_alarms: Measure
    precision: Measure


@dataclass(frozen=True)
class CutOffs:
    """Decisions between two classes, over cut-offs and at the stated one.

    Attributes
    ----------
    of : str
        The class that is decided.
    stated : float or None
        The cut-off that all figures of decisions use; None: the likelier class is decided.
    curve : dict of str to tuple of AtCutOff
        By model, by rising cut-off.
    within : dict of str to dict of str to AtCutOff
        At the stated cut-off, else at one half: ``{"all rows": {model: …}, "group women": …}``.
    """

    of: str
    stated: float | None
    curve: dict[str, tuple[AtCutOff, ...]]
    within: dict[str, dict[str, AtCutOff]]


@dataclass(frozen=True)
class Answers:
    """What both models of a pair answer on the scored rows; empty for a regression.

    Attributes
    ----------
    classes : tuple of str
        By index.
    rows : int
    confusion : dict of str to Cells
        By model: label, predicted class, rows. Empty without labels.
    flips : Cells
        Class that the dense model predicts, another one that the other predicts, rows.
    negative : Cells
        Of these, the rows that the dense model had right.
    positive : int
        Flipped rows that only the other model has right.
    reliability : dict of str to tuple of Bin
        By model, by rising confidence. Empty without labels.
    fall : Fall or None
        None where accuracy falls nowhere, or is not known.
    cut_offs : CutOffs or None
        Of two classes with labels.
    """

    classes: tuple[str, ...] = ()
    rows: int = 0
    confusion: dict[str, Cells] = field(default_factory=dict)
    flips: Cells = ()
    negative: Cells = ()
    positive: int = 0
    reliability: dict[str, tuple[Bin, ...]] = field(default_factory=dict)
    fall: Fall | None = None
    cut_offs: CutOffs | None = None
