"""What two tables must have alike: columns, numbered categories, the order of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explainprune.lookup import nearest
from explainprune.types.tables import is_frame, is_series, named_columns


def orders(table: Any) -> dict[str, tuple[Any, ...]]:
    """Return the categories of each column that `column_values` numbers by their order."""
    if not is_frame(table):
        return {}
    return {
        str(name): tuple(dtype.categories)
        for name, dtype in table.dtypes.items()
        if getattr(dtype, "ordered", False)
        and getattr(dtype.categories.dtype, "kind", "O") not in "biuf"
    }


def check_orders(table: Any, expected: Mapping[str, tuple[Any, ...]], what: str) -> None:
    """Raise if categories of `table` are numbered otherwise than those that `expected` names."""
    for name, own in orders(table).items():
        if own != (wanted := expected.get(name, own)):
            raise ValueError(
                f"Column {name!r} of {what} has the categories {list(own)}; those of x are "
                f"{list(wanted)}: one category would be two numbers. Give both the same, "
                f"{what}[{name!r}].astype(x[{name!r}].dtype) or the other way round."
            )


def aligned(frame: Any, names: Sequence[str], what: str, other: str = "x") -> Any:
    """Return another table with the columns `names`, in that order.

    Raises
    ------
    ValueError
        Naming the columns that are missing, or that `other` doesn't have.
    """
    frame = named_columns(frame)
    have = dict.fromkeys(frame.columns)
    missing = [name for name in names if name not in have]
    if missing:
        raise ValueError(
            f"{what} lacks the column {', '.join(map(repr, missing[:3]))}"
            f"{_more(missing)}, which {other} has.{nearest(missing[0], have)}"
        )
    wanted = set(names)
    extra = [name for name in have if name not in wanted]
    if extra:
        raise ValueError(
            f"{what} has the column {', '.join(map(repr, extra[:3]))}{_more(extra)}, which {other} "
            f"has not: drop what the model doesn't read.{nearest(extra[0], names)}"
        )
    return frame[list(names)]


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - 3} more" if len(names) > 3 else ""


def check_index(rows: Any, values: Any, what: str) -> None:
    """Raise if a table and what comes with its rows have one index, in two orders.

    Parameters
    ----------
    rows : table, or a tuple that begins with one: of (train, test) the latter
    values : Series or table; anything else has no index
    what : str
        For the error.
    """
    while isinstance(rows, tuple) and rows:
        rows = rows[-1] if isinstance(rows[-1], tuple) else rows[0]
    if not is_frame(rows) or not (is_series(values) or is_frame(values)):
        return
    ours, theirs = rows.index, values.index
    if len(ours) != len(theirs) or ours.equals(theirs):
        return
    if ours.sort_values().equals(theirs.sort_values()):
        raise ValueError(
            f"{what} has the index of x in another order: rows go by position. Pass "
            f"{what}.loc[x.index], or {what}.to_numpy() if the positions are right."
        )
