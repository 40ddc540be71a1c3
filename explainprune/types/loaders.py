"""What hands rows out in batches, as ``fit`` takes it → arrays; no framework is imported for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

INFINITE = -1
"""What ``Dataset.cardinality()`` returns for a data set that repeats for ever."""

EMPTY = "The {} is empty. Expected at least one row."


def is_tf_data(source: Any) -> bool:
    """Whether `source` offers what a ``tf.data.Dataset`` does."""
    return hasattr(source, "as_numpy_iterator") and hasattr(source, "element_spec")


def is_loader(source: Any) -> bool:
    """Whether `source` is a ``tf.data.Dataset``, a keras ``PyDataset`` or PyTorch's loader."""
    sized = hasattr(source, "__len__") and not isinstance(source, (list, tuple, Mapping))
    by_batch = hasattr(source, "num_batches") or hasattr(source, "batch_sampler")
    return is_tf_data(source) or (sized and by_batch)


def read_loader(source: Any) -> tuple[Any, ...]:
    """Collect all rows: ``(x,)``, ``(x, y)`` or ``(x, y, weight)``.

    Several inputs or outputs stay nested as they are.

    Raises
    ------
    ValueError
        If it goes on for ever, is empty, has elements of another form, or a static shape that
        leaves open whether its first axis counts rows.
    """
    batched = not is_tf_data(source) or _checked(source)
    if is_tf_data(source):
        elements = list(source.as_numpy_iterator())
    elif getattr(source, "num_batches", 0) is None:
        raise ValueError("The PyDataset goes on for ever. Expected a number of batches.")
    elif hasattr(source, "num_batches"):
        elements = [source[number] for number in range(len(source))]
    else:
        elements = list(source)
    if not elements:
        raise ValueError(EMPTY.format("tf.data.Dataset" if is_tf_data(source) else "data set"))
    return _columns(elements, batched)


def _columns(elements: list[Any], batched: bool) -> tuple[Any, ...]:
    """Join the inputs of all elements, and what comes with them."""
    if not isinstance(elements[0], (tuple, list)):
        return (_joined(elements, batched),)
    if len(elements[0]) not in (1, 2, 3):
        raise ValueError(
            f"Batches are x, (x, y) or (x, y, weight). Received: {len(elements[0])} parts."
        )
    return tuple(_joined(list(part), batched) for part in zip(*elements, strict=True))


def batches(source: Any, rows: int) -> Iterator[tuple[Any, Any]]:
    """Yield inputs and labels (None where there are none) of `rows` rows at a time.

    Raises
    ------
    ValueError
        As `read_loader` does.
    """
    singles = source.unbatch() if _checked(source) else source
    iterator = singles.batch(rows).as_numpy_iterator()
    empty = True
    while True:
        try:
            element = next(iterator, None)
        except Exception as error:
            # What is wrong with a row shows when it is read; TensorFlow says it in its own words.
            raise ValueError(f"The tf.data.Dataset can't be read: {str(error)[:300]}") from None
        if element is None:
            break
        empty = False
        yield (element[0], element[1]) if isinstance(element, tuple) else (element, None)
    if empty:
        raise ValueError(EMPTY.format("tf.data.Dataset"))


def rows_in(source: Any) -> int | None:
    """Count the rows of a data set without reading it; None where it doesn't say."""
    known = None if _checked(source) else int(source.cardinality())
    return None if known is None or known < 0 else known


def _checked(source: Any) -> bool:
    """Raise for a data set that can't be read; tell whether its elements are batches."""
    if int(source.cardinality()) == INFINITE:
        raise ValueError(
            "The tf.data.Dataset repeats for ever. Expected a finite one: drop .repeat()."
        )
    spec = source.element_spec
    if isinstance(spec, tuple) and len(spec) not in (2, 3):
        raise ValueError(
            "A tf.data.Dataset has elements x, (x, y) or (x, y, weight). "
            f"Received: {len(spec)} parts."
        )
    return _is_batched(spec)


def _leaves(spec: Any) -> list[list[int | None]]:
    """Return the shapes of every array in a spec."""
    if isinstance(spec, Mapping):
        return [shape for part in spec.values() for shape in _leaves(part)]
    if isinstance(spec, tuple):
        return [shape for part in spec for shape in _leaves(part)]
    return [list(spec.shape)]


def _is_batched(spec: Any) -> bool:
    """Decide whether the first axis of every element counts rows."""
    # A batch leaves its first axis open, or shares its size between x and y; a scalar, or a spec
    # of vectors alone, is single rows. Anything else can't be told from the shapes.
    shapes = _leaves(spec)
    if any(len(shape) == 0 for shape in shapes):
        return False
    firsts = {shape[0] for shape in shapes}
    if firsts == {None}:
        return True
    if all(len(shape) == 1 for shape in _leaves(spec[0] if isinstance(spec, tuple) else spec)):
        return False  # Rows of a batch have an axis of their own: these are single rows.
    if isinstance(spec, tuple) and len(firsts) == 1:
        return True  # x and y share a batch of fixed size.
    raise ValueError(
        f"Can't tell whether the tf.data.Dataset is batched: its elements have shapes {shapes}. "
        "Call .batch(n) on single rows, or .unbatch() on batches of a fixed size."
    )


def _joined(elements: list[Any], batched: bool) -> Any:
    """Concatenate batches, or stack rows; dicts by name."""
    if isinstance(elements[0], Mapping):
        return {name: _joined([e[name] for e in elements], batched) for name in elements[0]}
    if isinstance(elements[0], tuple | list):
        return tuple(_joined(list(part), batched) for part in zip(*elements, strict=True))
    elements = [np.asarray(element) for element in elements]
    shapes = {np.shape(e)[1:] if batched else np.shape(e) for e in elements}
    if len(shapes) > 1:
        raise ValueError(
            f"Rows of the tf.data.Dataset differ in shape: {sorted(shapes)}. Pad or resize them."
        )
    return np.concatenate(elements) if batched else np.stack(elements)
