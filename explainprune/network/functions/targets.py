"""Where an output lies in the flat row of all outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.lookup import unknown


def flat_index(target: Any, names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> int:
    """Return the flat index of `target` among outputs laid flat one after another.

    Parameters
    ----------
    target : int, str or tuple
        A flat index; the name of an output of one number; indices into a single output; or the
        name or position of one of several outputs followed by indices into it.
    names : sequence of str
    shapes : sequence of tuple of int
        Of each output, without the row axis.

    Raises
    ------
    ValueError
        If the target is out of range, or names no output.
    TypeError
        If the target is of another type.

    Examples
    --------
    >>> flat_index((1, 2), ["tags"], [(5, 3)])
    5
    >>> flat_index(("value", 0), ["policy", "value"], [(4,), (1,)])
    4
    """
    sizes = [math.prod(shape) for shape in shapes]
    if _whole(target):
        return _in_range(int(target), sum(sizes), target, shapes)
    parts = target if isinstance(target, tuple) else (target,)
    which = 0
    if len(shapes) > 1 or (parts and isinstance(parts[0], str)):
        which, parts = _output(parts[0] if parts else None, names), parts[1:]
    shape = shapes[which]
    if not parts and sizes[which] == 1:
        parts = (0,) * len(shape)
    if len(parts) != len(shape) or not all(map(_whole, parts)):
        raise ValueError(
            f"Target {target!r} does not fit output {names[which]!r} of shape {shape}: expected "
            f"{len(shape)} indices."
        )
    flat = 0
    for index, size in zip(parts, shape, strict=True):
        flat = flat * size + _in_range(int(index), size, target, shapes)
    return sum(sizes[:which]) + flat


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _output(which: Any, names: Sequence[str]) -> int:
    if isinstance(which, str):
        if which not in names:
            raise unknown("output", which, names)
        return list(names).index(which)
    if _whole(which) and 0 <= which < len(names):
        return int(which)
    raise ValueError(f"Expected one of the outputs {', '.join(names)}. Received: {which!r}.")


def _in_range(index: int, size: int, target: Any, shapes: Sequence[tuple[int, ...]]) -> int:
    if not 0 <= index < size:
        raise ValueError(
            f"Target {target!r} is out of range: expected 0 … {size - 1} (output shapes: "
            f"{', '.join(map(str, shapes))})."
        )
    return index
