"""Rows as their readers know them: numbers in the user's units, categories by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.types.arrays import Array


def as_known(table: Any, rows: int) -> dict[str, Array]:
    """Return columns as readers know them: numbers (NaN where missing), and text for all else.

    Parameters
    ----------
    table : DataFrame, or mapping of str to array-like (n,)
    rows : int
        How many there must be.

    Raises
    ------
    TypeError, ValueError
        If there are no columns, or one has another number of rows.
    """
    if not hasattr(table, "keys"):
        raise TypeError(
            "raw is a table, or maps each column's name to its values. "
            f"Received: {type(table).__name__}."
        )
    known = {str(name): _as_known(table[name]) for name in table}
    for name, values in known.items():
        if values.shape != (rows,):
            raise ValueError(
                f"raw needs one value for each of the {rows} rows of x. "
                f"Received: raw[{name!r}].shape={values.shape}."
            )
    return known


def _as_known(column: Any) -> Array:
    """Return one column as numbers or text; booleans are yes and no."""
    values = np.asarray(column)
    if values.dtype.kind in "iufU":
        return values
    if values.dtype.kind == "b":
        return np.where(values, "yes", "no")
    missing = np.array([value is None or value != value for value in values.ravel()], dtype=bool)
    return np.where(missing, "missing", values.astype(np.str_).ravel())


@dataclass(frozen=True, eq=False)
class Column:
    """One property of every row, ready to be named in a sentence.

    Attributes
    ----------
    name : str
    values : ndarray (n,)
        Numbers, or indices of categories.
    categories : tuple of str
        Empty where values are numbers.
    """

    name: str
    values: Array
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, values: Array) -> Column:
        """Make a column of numbers, or of text."""
        if values.dtype.kind in "biuf":
            return cls(name, values.astype(np.float64))
        kinds, numbers = np.unique(values, return_inverse=True)
        return cls(name, numbers.reshape(-1), tuple(str(kind) for kind in kinds))

    def take(self, index: Array) -> Column:
        """Return the column of some of the rows."""
        return replace(self, values=self.values[index])

    def said(self, row: int) -> str:
        """Write one row's value.

        >>> Column.of("age", np.array([31.0])).said(0), Column.of("job", np.array(["cook"])).said(0)
        ('31', 'cook')
        """
        value = self.values[row]
        return self.categories[int(value)] if self.categories else written(float(value))

    def typical(self) -> str:
        """Write the median, or the most frequent category."""
        if self.categories:
            return self.categories[int(np.bincount(self.values).argmax())]
        known = self.values[~np.isnan(self.values)]
        return written(float(np.median(known))) if len(known) else "missing"


def written(value: float) -> str:
    """Write a number as somebody would who knows it: four digits, whole numbers in full.

    >>> written(1234567.0), written(0.123456), written(-3.0), written(float("nan"))
    ('1,234,567', '0.1235', '−3', 'missing')
    """
    if np.isnan(value):
        return "missing"
    whole = value.is_integer() and abs(value) < 1e12
    text = f"{value:,.0f}" if whole else f"{value:,.4g}"
    return {"-0": "0"}.get(text, text).replace("-", "−")
