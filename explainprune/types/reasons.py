"""Reasons for adverse decisions, and how many of them another model would give otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from explainprune.types.arrays import Array
from explainprune.types.measure import Measure


@dataclass(frozen=True)
class Band:
    """The reference population: rows that just pass.

    Attributes
    ----------
    rows : int
    low, high : float
        Between which chances of the adverse outcome they lie; the cut-off is just above.
    passing : int
        Rows that pass at all, of which these are the nearest.
    """

    rows: int
    low: float
    high: float
    passing: int

    def __str__(self) -> str:
        """Write who they are.

        >>> str(Band(50, 0.31, 0.496, 412))
        'the 50 of 412 passing rows nearest to the cut-off, with chances from 0.310 to 0.496'
        """
        return (
            f"the {self.rows:,} of {self.passing:,} passing rows nearest to the cut-off, with "
            f"chances from {self.low:.3f} to {self.high:.3f}"
        )


@dataclass(frozen=True)
class Reason:
    """One reason for an adverse decision.

    Attributes
    ----------
    feature : str
    value, typical : str
        This row's, and what is usual in the reference population (the median, or the most
        frequent category), as the user knows them; "" where that isn't known.
    amount : float
        How far it moved the explained output towards the adverse outcome.
    """

    feature: str
    value: str
    typical: str
    amount: float


@dataclass(frozen=True, eq=False, repr=False)
class ReasonCodes:
    """The leading adverse reasons of each row on the adverse side of a cut-off.

    Attributes
    ----------
    adverse : str
        The adverse outcome.
    threshold : float
        The chance of it from which on the decision is adverse.
    rows : ndarray of int (m,)
        Which of the scored rows are on that side.
    chance : ndarray (m,)
    order : ndarray of int (m, top)
        Features that speak for the adverse outcome, the leading one first; −1 where there are no
        more.
    amounts : ndarray (m, features)
        What each feature did, against the reference population.
    reasons : tuple of tuple of Reason
        The same, for each row in its reader's words.
    feature_names : tuple of str
    reference : Band
    notes : tuple of str
    """

    adverse: str
    threshold: float
    rows: Array
    chance: Array
    order: Array
    amounts: Array
    reasons: tuple[tuple[Reason, ...], ...]
    feature_names: tuple[str, ...]
    reference: Band
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def to_frame(self) -> Any:
        """Return a DataFrame with one line for each adverse row.

        Columns: ``row, chance``, then for each place ``reason 1, value 1, typical 1, amount 1``, …;
        empty where a row has fewer reasons.
        """
        import pandas as pd

        lines = []
        for row, chance, reasons in zip(self.rows, self.chance, self.reasons, strict=True):
            line: dict[str, Any] = {"row": int(row), "chance": float(chance)}
            for place in range(self.order.shape[1]):
                each = reasons[place] if place < len(reasons) else None
                line |= {
                    f"reason {place + 1}": each.feature if each else "",
                    f"value {place + 1}": each.value if each else "",
                    f"typical {place + 1}": each.typical if each else "",
                    f"amount {place + 1}": each.amount if each else None,
                }
            lines.append(line)
        return pd.DataFrame(lines)

    def __repr__(self) -> str:
        return (
            f"ReasonCodes({len(self)} rows with a chance of {self.adverse} of {self.threshold:g} "
            f"or more, {self.order.shape[1]} reasons each, against {self.reference})"
        )


@dataclass(frozen=True)
class CodeUse:
    """How often a feature is among the reasons: a share of the adverse rows in either model."""

    feature: str
    dense: Measure
    other: Measure


@dataclass(frozen=True)
class ReasonRow:
    """One adverse row with the reasons that both models give.

    Attributes
    ----------
    row : int
        Which scored row.
    label, group : str
        "" where not known.
    chances : (float, float)
        Of the adverse outcome, in both models.
    dense, other : tuple of Reason
    """

    row: int
    label: str
    group: str
    chances: tuple[float, float]
    dense: tuple[Reason, ...]
    other: tuple[Reason, ...]


@dataclass(frozen=True)
class CodeChanges:
    """How many rows that both models put on the adverse side get other reasons.

    Attributes
    ----------
    sentence : str
        What was found, or why nothing can be said.
    adverse : str
    threshold : float
    top : int
    both, dense_alone, other_alone : int
        Rows on the adverse side of both models, or of one of them.
    changed : dict of str to Measure
        Share of the rows in both whose ``"set"`` of reasons, whose ``"order"``, whose ``"first"``
        reason is another one.
    slices : dict of str to dict of str to Measure
        The same within each class and group.
    marks : dict of str to Measure
        Share of rows whose set changes for other causes: ``"reference_redrawn"`` (other rows of
        the reference population, dense model) and each reference arm.
    used : tuple of CodeUse
    examples : tuple of ReasonRow
    references : dict of str to Band
        By model.
    """

    sentence: str
    adverse: str
    threshold: float
    top: int
    both: int = 0
    dense_alone: int = 0
    other_alone: int = 0
    changed: dict[str, Measure] = field(default_factory=dict)
    slices: dict[str, dict[str, Measure]] = field(default_factory=dict)
    marks: dict[str, Measure] = field(default_factory=dict)
    used: tuple[CodeUse, ...] = ()
    examples: tuple[ReasonRow, ...] = ()
    references: dict[str, Band] = field(default_factory=dict)
