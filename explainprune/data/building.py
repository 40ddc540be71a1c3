"""Raw rows → `Data`: preprocess, turn tables into arrays, encode labels, check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from explainprune.data.background import parts_like, read_background
from explainprune.data.labels import encode_labels
from explainprune.data.raw import Raw, RawRows
from explainprune.data.reading import Reads
from explainprune.data.sources import ARCHIVES, TABLES, existing
from explainprune.lookup import imported, name_of
from explainprune.network.files.columns import as_trained
from explainprune.network.functions.inputs import read
from explainprune.types import Data, Inputs, Rows
from explainprune.types.matching import aligned, check_orders, orders
from explainprune.types.tables import as_array, frame_values, is_frame, plain

Preprocess = Callable[[Any], Any]
OF_ROWS = ("group", "weight", "clusters", "truth")


def build(
    raw: Raw,
    names: dict[str, Any],
    preprocess: str | Preprocess | None,
    background: Any,
    task: str | None,
    reads: Reads = None,
    trained: Sequence[str] | None = None,
) -> Data:
    """Turn what a source holds into `Data`.

    Parameters
    ----------
    raw : Raw
    names : dict
        Fields of `Data` that the caller gave: they come before what the source says.
    preprocess : callable or "module:function", optional
    background : array-like, DataFrame or path, optional
        Raw, as the source is.
    task : str, optional
    reads : sequence of InputSpec, optional
    trained : sequence of str, optional
        Columns that the model was trained on.
    """
    function = imported(preprocess, "preprocess") if isinstance(preprocess, str) else preprocess
    known = {
        "feature_names": raw.feature_names,
        "class_names": raw.class_names,
        "image_shape": raw.image_shape,
        **names,
    }
    parts = (raw.scored, raw.train, raw.validation)
    by_output = isinstance(raw.scored.y, Mapping)  # taken as they are
    labels, known["class_names"], task = encode_labels(
        [None if part is None or by_output else part.y for part in parts],
        known["class_names"],
        task,
    )
    rows: list[Rows | None] = []
    for part, y in zip(parts, labels, strict=True):
        if part is None:
            rows.append(None)
            continue
        table = part.x if function is not None else _like_scored(part.x, raw.scored.x)
        x, columns = inputs(table, function, reads=reads, trained=trained)
        known["feature_names"] = known["feature_names"] or columns
        given = {name: getattr(part, name) for name in OF_ROWS}
        own: dict[str, Any] = {k: as_array(v, k) for k, v in given.items() if v is not None}
        if function is not None and is_frame(part.x):
            own["raw"] = part.x
        rows.append(Rows(x, part.y if by_output else y, **own))
    scored, train, validation = rows
    assert scored is not None
    if known["image_shape"] is None and not isinstance(scored.x, dict) and scored.x.ndim == 4:
        known["image_shape"] = scored.x.shape[1:]
    background = raw.background if background is None else background
    if background is not None:
        columns = known["feature_names"]
        background = _background(background, raw.scored, function, scored.x, columns, trained)
    return Data(scored, train, validation, background, task=task, **known)


def _like_scored(x: Any, scored: Any) -> Any:
    """Return a table to learn from with the columns of the scored one, in its order."""
    if x is scored or not (is_frame(x) and is_frame(scored)):
        return x
    x = aligned(x, list(scored.columns), "train", "the scored table")
    check_orders(x, orders(scored), "train")
    return x


def inputs(
    x: Any,
    function: Preprocess | None = None,
    what: str = "x",
    reads: Reads = None,
    trained: Sequence[str] | None = None,
) -> tuple[Inputs, tuple[str, ...] | None]:
    """Return arrays, and the columns' names where they come from a table.

    Parameters
    ----------
    x : DataFrame, mapping or array-like
    function : callable, optional
        Maps `x` to the model's inputs.
    what : str
        For the errors.
    reads : sequence of InputSpec, optional
    trained : sequence of str, optional
        Columns that the model was trained on, in its order.

    Raises
    ------
    ValueError
        If `function` fails or loses rows, there is no axis of rows or none of features, or `x`
        isn't what the model reads.
    """
    if function is not None:
        x = _preprocessed(x, function)
    if trained is not None and is_frame(x):
        x = as_trained(x, trained, "The table" if what == "x" else what)
    columns = tuple(str(name) for name in x.columns) if is_frame(x) else None
    if reads is not None:
        found = read(x, reads, what)
        return found, None if isinstance(found, dict) else columns
    if is_frame(x):
        return frame_values(x, what)
    if isinstance(x, Mapping):
        return plain(x, what), None
    array = as_array(x, what)
    if array.ndim < 2:
        raise ValueError(
            f"{what} needs an axis of rows and at least one of features. "
            f"Received: shape={array.shape}."
        )
    if len(array) and not array.size:
        raise ValueError(f"{what} has no features. Received: shape={array.shape}.")
    return array, None


def _preprocessed(x: Any, function: Preprocess) -> Any:
    """Call the user's function; what it raises becomes one sentence."""
    try:
        mapped = function(x)
    except Exception as error:
        raise ValueError(
            f"preprocess {name_of(function)!r} failed: {type(error).__name__}: {error}."
        ) from error
    before, after = _count(x), _count(mapped)
    if before != after:
        raise ValueError(
            f"preprocess {name_of(function)!r} maps rows to rows. Received {before} rows, "
            f"returned {'none' if after is None else after}."
        )
    return mapped


def _count(x: Any) -> int | None:
    """Count the rows of an array, a table or a dict of arrays."""
    if isinstance(x, Mapping):
        return _count(next(iter(x.values()), None))
    return len(x) if hasattr(x, "__len__") else None


def _background(
    background: Any,
    raw: RawRows,
    function: Preprocess | None,
    x: Inputs,
    names: Sequence[str] | None,
    trained: Sequence[str] | None = None,
) -> Inputs:
    """Read reference rows that came raw, as the scored rows did."""
    if isinstance(background, str | Path):
        path = existing(background)
        reader = TABLES.get(path.suffix.lower())
        background = reader(path) if reader else ARCHIVES[path.suffix.lower()](path, None).scored.x
    if is_frame(background) and is_frame(raw.x):
        # Whatever holds rows like the source's may hold its labels and weights too.
        background = background.drop(columns=list(raw.taken), errors="ignore")
        background = aligned(background, list(raw.x.columns), "background")
        if function is None:
            check_orders(background, orders(raw.x), "background")
            if trained is not None and names is not None:  # in the order that was said of x
                background = background[list(names)]
    if function is not None:
        if not is_frame(raw.x):
            background = like_rows(background, inputs(raw.x)[0])
        background, _ = inputs(background, function, "background", trained=trained)
    return like_rows(background, x, names)


def like_rows(background: Any, x: Inputs, names: Sequence[str] | None = None) -> Inputs:
    """Return reference inputs shaped like rows of `x`; a single row gains its axis.

    Parameters
    ----------
    background : as `read_background` takes it, or a path
    x : ndarray or dict
    names : sequence of str, optional
        Of the columns of `x`.

    Raises
    ------
    ValueError
        If inputs or shapes disagree with those of `x`.
    """
    if isinstance(background, str | Path):
        return _background(background, RawRows(x), None, x, names)
    if isinstance(x, dict) and (
        isinstance(background, Mapping) or hasattr(background, "__array__")
    ):
        given = sorted(background) if isinstance(background, Mapping) else None
        if given != sorted(x) and not is_frame(background):
            raise ValueError(
                f"background needs the inputs {sorted(x)}. Received: {given or 'one array'}."
            )
    found = read_background(background, parts_like(x), names)
    for name, part in (x if isinstance(x, dict) else {"": x}).items():
        array = found[name] if isinstance(found, dict) else found
        if array.shape[1:] != part.shape[1:]:
            of_input = f" for input {name!r}" if name else ""
            raise ValueError(
                f"background needs rows of shape {part.shape[1:]}{of_input}, as x has. "
                f"Received: shape={array.shape}."
            )
    return found
