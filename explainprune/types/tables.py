"""Tables, series, tensors and lists → arrays: the one reading that every verb shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.types.arrays import Array, Inputs


def is_frame(values: Any) -> bool:
    """Whether `values` is a pandas DataFrame, without importing pandas."""
    return hasattr(values, "iloc") and hasattr(values, "columns")


def is_series(values: Any) -> bool:
    """Whether `values` is a pandas Series, without importing pandas."""
    return hasattr(values, "iloc") and hasattr(values, "dtype") and not is_frame(values)


def is_tensor(values: Any) -> bool:
    """Whether `values` is a tensor of some library that numpy reads: it has axes and a dtype."""
    return hasattr(values, "__array__") and hasattr(values, "dtype") and np.ndim(values) > 0


def as_array(values: Any, what: str, *, text: bool | None = None) -> Array:
    """Return `values` as an array of numbers, booleans or text.

    Parameters
    ----------
    values : array-like, Series, DataFrame or tensor
    what : str
        For the errors.
    text : bool, optional
        Whether text is wanted: see `column_values`.

    Raises
    ------
    ValueError
        In one sentence, for what is sparse, masked, ragged or missing in places, and for columns
        that are neither numbers nor text.
    """
    if is_series(values):
        return column_values(values, what, text=text)
    if is_frame(values):
        return frame_values(values, what, text=bool(text) and _all_text(values))[0]
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise ValueError(f"{what} is a sparse matrix. Expected an array: call its toarray().")
    if np.ma.is_masked(values):
        raise ValueError(f"{what} has masked entries. Expected finite numbers everywhere.")
    try:
        return _unboxed(np.asarray(values))
    except ValueError:
        raise ValueError(
            f"{what} is ragged: its rows differ in length. Expected the same shape for each row."
        ) from None
    except Exception as error:
        # A tensor of another library that isn't ready to be read, a sparse one, …
        raise ValueError(
            f"{what} can't be read as an array: {type(values).__name__}: {str(error)[:200]}"
        ) from error


def plain(x: Any, what: str) -> Inputs:
    """Return one array, or an array for each entry of a mapping, of what is given without a model.

    A table of numbers is an array of numbers, and one of text an array of text.
    """
    if isinstance(x, Mapping):
        return {str(name): as_array(part, f"{what}[{name!r}]") for name, part in x.items()}
    return as_array(x, what, text=True if is_frame(x) else None)


def _unboxed(array: Array) -> Array:
    """Turn Python objects into what they all are, numbers or text; other objects stay."""
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8")
    if array.dtype.kind != "O" or not array.size:
        return array
    if all(isinstance(value, str) for value in array.flat):
        return array.astype(np.str_)
    if all(isinstance(value, bytes) for value in array.flat):
        return np.char.decode(array.astype(np.bytes_), "utf-8")
    if all(isinstance(value, (bool, int, float, np.number, np.bool_)) for value in array.flat):
        return np.array(array.tolist())
    return array


def named_columns(frame: Any) -> Any:
    """Return the table with text as column names, each used once, and no index among them.

    Raises
    ------
    ValueError
        Naming the column that is there twice, or that only counts the rows.
    """
    names = [str(name) for name in frame.columns]
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(f"Column {twice[0]!r} is there more than once. Rename one.")
    if names and names[0] in ("", "Unnamed: 0") and len(frame):
        first = frame.iloc[:, 0].to_numpy()
        if first.dtype.kind in "iu" and (first == np.arange(len(frame))).all():
            raise ValueError(
                "The first column has no name and only counts the rows: an index that was written "
                "with the table. Write it without (to_csv(index=False)), or name the column."
            )
    return frame.set_axis(names, axis=1)


def frame_values(
    frame: Any, what: str = "x", *, text: bool = False
) -> tuple[Array, tuple[str, ...]]:
    """Return a table's values, in the narrowest type that holds all columns, and their names.

    Parameters
    ----------
    frame : DataFrame
    what : str
        For the errors.
    text : bool
        Whether text is wanted, not numbers.

    Raises
    ------
    ValueError
        Naming the columns that aren't what is wanted, and those with missing values.
    """
    frame = named_columns(frame)
    if not len(frame.columns):
        raise ValueError(f"{what} has no columns besides the labels.")
    _check_kinds(frame, what, text)
    columns = [
        column_values(frame[name], f"Column {name!r} of {what}", text=text)
        for name in frame.columns
    ]
    return np.stack(columns, axis=1), tuple(frame.columns)


def _check_kinds(frame: Any, what: str, text: bool) -> None:
    """Raise for columns of numbers where text is wanted, and of text (or dates) where numbers."""
    other = [
        name
        for name in frame.columns
        if (not _is_text(frame[name]) if text else not _is_numeric(frame[name]))
    ]
    if not other:
        return
    shown = ", ".join(f"{name!r} ({_sample(frame[name])})" for name in other[:3])
    more = f" and {len(other) - 3} more" if len(other) > 3 else ""
    if text:
        raise ValueError(
            f"{what} has columns that aren't text, which the model reads: {shown}{more}. Turn them "
            "into text (astype(str)) as they were when the model was trained."
        )
    raise ValueError(
        f"{what} has columns that aren't numbers: {shown}{more}. Encode them (one-hot, say), "
        "drop them, or load them with preprocess=, which maps rows to what the model reads, or "
        "with model=, for one that reads text."
    )


def column_values(column: Any, what: str, *, text: bool | None = None) -> Array:
    """Return one column (a Series) as numbers, booleans or text.

    Numbers and booleans of pandas' own types (Int64, boolean) come as numpy's. Ordered categories
    are numbered 0, 1, … in their order; ordered categories that are numbers are those numbers.

    Parameters
    ----------
    column : Series
    what : str
        For the errors.
    text : bool, optional
        Whether categories are wanted as text. None: where they have no order.

    Raises
    ------
    ValueError
        For missing values, and for categories without an order, where numbers are wanted.
    """
    missing = column.isna().to_numpy()
    if missing.any():
        raise ValueError(
            f"{what} is NaN or missing in {int(missing.sum())} rows; the first is row "
            f"{int(missing.argmax())}. Fill them or remove those rows."
        )
    categories = getattr(column.dtype, "categories", None)
    if categories is None:
        return _unboxed(column.to_numpy(dtype=_plain(column.dtype)))
    numbers = getattr(categories.dtype, "kind", "O") in "biuf"
    if text and not numbers:
        return np.asarray(column.astype(str), dtype=np.str_)
    if numbers and (column.dtype.ordered or text is not False):
        return np.asarray(column.to_numpy(dtype=_plain(categories.dtype)))
    if column.dtype.ordered:
        return np.asarray(column.cat.codes.to_numpy(), dtype=np.int64)
    if text is None:
        return np.asarray(column.astype(str), dtype=np.str_)
    shown = ", ".join(repr(str(each)) for each in categories[:3])
    raise ValueError(
        f"{what} holds categories without an order ({shown}{', …' if len(categories) > 3 else ''})."
        " State the one that the model was trained on, which numbers them 0, 1, …: "
        "astype(pd.CategoricalDtype([...], ordered=True)); or encode them one-hot "
        f"(pd.get_dummies){', or astype(float) if they are quantities' if numbers else ''}."
    )


def _all_text(frame: Any) -> bool:
    return all(_is_text(frame.iloc[:, number]) for number in range(frame.shape[1]))


def _is_numeric(column: Any) -> bool:
    """Whether a column holds numbers, booleans or categories (what is wrong with them is said)."""
    dtype = column.dtype
    if getattr(dtype, "kind", "O") in "biuf" or getattr(dtype, "categories", None) is not None:
        return True
    if getattr(dtype, "kind", "O") != "O" or not len(column):
        return False
    present = column.dropna()
    kinds = (bool, int, float, np.number, np.bool_)
    return len(present) > 0 and all(isinstance(value, kinds) for value in present)


def _is_text(column: Any) -> bool:
    """Whether a column holds text, or categories of text."""
    categories = getattr(column.dtype, "categories", None)
    values = column.dropna() if categories is None else categories
    if getattr(values.dtype, "kind", "O") not in "OUT":
        return False
    return len(values) > 0 and all(isinstance(value, str) for value in values)


def _plain(dtype: Any) -> Any:
    """Return numpy's type for a column, also where pandas has one of its own (Int64, boolean)."""
    dtype = getattr(dtype, "subtype", dtype)  # sparse columns
    return getattr(dtype, "numpy_dtype", dtype if isinstance(dtype, np.dtype) else object)


def _sample(column: Any) -> str:
    """Show the first value of a column, shortened."""
    values = column.dropna()
    return repr(str(values.iloc[0])[:20]) if len(values) else "all missing"
