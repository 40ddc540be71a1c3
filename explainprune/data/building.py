"""Raw rows → `Data`: preprocess, turn tables into arrays, encode labels, check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from explainprune.data import tables
from explainprune.data.labels import encode_labels
from explainprune.data.raw import Part, Raw, as_array, is_frame
from explainprune.data.sources import ARCHIVES, TABLES, existing
from explainprune.lookup import imported, name_of
from explainprune.types import Array, Data, Inputs, Rows

Preprocess = Callable[[Any], Any]


def build(
    raw: Raw,
    names: dict[str, Any],
    preprocess: str | Preprocess | None,
    background: Any,
    task: str | None,
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
    """
    function = imported(preprocess, "preprocess") if isinstance(preprocess, str) else preprocess
    known = {
        "feature_names": raw.feature_names,
        "class_names": raw.class_names,
        "image_shape": raw.image_shape,
        **names,
    }
    parts = (raw.scored, raw.train, raw.validation)
    labels, known["class_names"], task = encode_labels(
        [None if part is None else part.y for part in parts], known["class_names"], task
    )
    rows: list[Rows | None] = []
    for part, y in zip(parts, labels, strict=True):
        if part is None:
            rows.append(None)
            continue
        x, columns = inputs(part.x, function)
        known["feature_names"] = known["feature_names"] or columns
        given = {name: getattr(part, name) for name in ("group", "weight")}
        rows.append(
            Rows(x, y, **{k: None if v is None else as_array(v, k) for k, v in given.items()})
        )
    scored, train, validation = rows
    assert scored is not None
    if known["image_shape"] is None and not isinstance(scored.x, dict) and scored.x.ndim == 4:
        known["image_shape"] = scored.x.shape[1:]
    background = raw.background if background is None else background
    if background is not None:
        background = _background(background, raw.scored, function, scored.x)
    return Data(scored, train, validation, background, task=task, **known)


def inputs(
    x: Any, function: Preprocess | None = None, what: str = "x"
) -> tuple[Inputs, tuple[str, ...] | None]:
    """Return arrays, and the columns' names where they come from a table.

    Raises
    ------
    ValueError
        If `function` fails or loses rows, or there is no axis of rows or none of features.
    """
    if function is not None:
        x = _preprocessed(x, function)
    if is_frame(x):
        return tables.frame_values(x, what)
    if isinstance(x, Mapping):
        return {str(name): as_array(part, f"{what}[{name!r}]") for name, part in x.items()}, None
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


def _background(background: Any, raw: Part, function: Preprocess | None, x: Inputs) -> Inputs:
    """Read reference rows that came raw, as the scored rows did."""
    if isinstance(background, str | Path):
        path = existing(background)
        reader = TABLES.get(path.suffix.lower())
        background = reader(path) if reader else ARCHIVES[path.suffix.lower()](path, None).scored.x
    if is_frame(background) and is_frame(raw.x):
        background = tables.align(background, list(raw.x.columns), "background")
    if function is not None:
        if not is_frame(raw.x):
            background = like_rows(background, inputs(raw.x)[0])
        background, _ = inputs(background, function, "background")
    return like_rows(background, x)


def like_rows(background: Any, x: Inputs) -> Inputs:
    """Return reference inputs shaped like rows of `x`; a single row gains its axis.

    Raises
    ------
    ValueError
        If inputs or shapes disagree with those of `x`.
    """
    if isinstance(background, str | Path):
        background = _background(background, Part(x), None, x)
    if isinstance(x, dict):
        if not isinstance(background, Mapping) or set(background) != set(x):
            given = sorted(background) if isinstance(background, Mapping) else "one array"
            raise ValueError(f"background needs the inputs {sorted(x)}. Received: {given}.")
        return {name: _shaped(background[name], part.shape[1:]) for name, part in x.items()}
    values = (
        tables.frame_values(background, "background")[0] if is_frame(background) else background
    )
    return _shaped(values, x.shape[1:])


def _shaped(values: Any, shape: tuple[int, ...]) -> Array:
    """Check one array of reference rows."""
    array = as_array(values, "background")
    if array.shape == shape:
        array = array[None]
    if array.shape[1:] != shape:
        raise ValueError(
            f"background needs rows of shape {shape}, as x has. Received: shape={array.shape}."
        )
    return array
