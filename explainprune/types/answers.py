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
    """

    classes: tuple[str, ...] = ()
    rows: int = 0
    confusion: dict[str, Cells] = field(default_factory=dict)
    flips: Cells = ()
    negative: Cells = ()
    positive: int = 0
    reliability: dict[str, tuple[Bin, ...]] = field(default_factory=dict)
