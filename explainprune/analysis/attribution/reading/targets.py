"""Which output of which sample is explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network import Network
from explainprune.types import Array
from explainprune.types.tables import as_array, is_series, is_tensor

NAMED = ("predicted", "true", "all")


def targets_for(
    target: Any,
    network: Network,
    outputs: Array,
    y: Array | None,
    class_names: Sequence[str] | None = None,
) -> Array | None:
    """Return the flat index of the explained output of each sample, or None for all outputs.

    Parameters
    ----------
    target : str, int, tuple or array-like of int or str (n,)
        ``"predicted"`` (the largest output), ``"true"`` (the label's), ``"all"``, the name of an
        output or of a class, one index, indices into an output of higher rank, or an index (or
        the name of a class) for each sample.
    network : Network
    outputs : ndarray (n, K)
        Outputs of the samples.
    y : ndarray (n,), optional
        Labels: class indices, one-hot rows, or names of classes.
    class_names : sequence of str, optional

    Raises
    ------
    ValueError
        If a target is out of range or doesn't say which output, or for ``"true"`` without labels.
    TypeError
        If a target is of another type.
    """
    n = len(outputs)
    names = tuple(class_names) if class_names is not None else ()
    if isinstance(target, str) and target in NAMED and target not in names:
        if target == "all":
            return None
        return (
            _predicted(network, outputs) if target == "predicted" else _true(network, n, y, names)
        )
    if isinstance(target, (str, tuple, int, np.integer)) and not isinstance(target, bool):
        return np.full(n, _one_index(target, network, names))
    return _of_each(target, network, n, names)


def _of_each(target: Any, network: Network, n: int, names: tuple[str, ...]) -> Array:
    """Return the index that is given for each sample, by number or by the name of a class."""
    several = isinstance(target, (list, np.ndarray)) or is_series(target) or is_tensor(target)
    indices = as_array(target, "target", text=True) if several else None
    if indices is not None and indices.dtype.kind == "U" and names:
        indices = _named(indices, names, "target")
    if indices is None or indices.dtype.kind not in "iu":
        raise TypeError(
            "target is 'predicted', 'true', 'all', an int, a tuple of ints, an int for each "
            f"sample, or a callable. Received: {target!r} of type {type(target).__name__}."
        )
    if indices.shape == (n, 1):
        indices = indices[:, 0]
    if indices.shape != (n,):
        raise ValueError(
            f"target needs one index for each of the {n} samples. Received: shape={indices.shape}."
        )
    return _in_range(indices, network.n_outputs, "target")


def _named(given: Array, names: tuple[str, ...], what: str) -> Array:
    """Replace names of classes by their indices."""
    for name in np.unique(given):
        if str(name) not in names:
            raise unknown(f"class in {what}", str(name), names)
    return np.array([names.index(str(name)) for name in given.ravel()]).reshape(given.shape)


def _one_index(target: Any, network: Network, classes: tuple[str, ...]) -> int:
    """Return the flat index that a name, an int or a tuple of indices stands for."""
    names = tuple(getattr(network, "output_names", ()))
    if isinstance(target, str) and target in classes:
        _one_vector(network, target)
        return int(_in_range(np.array([classes.index(target)]), network.n_outputs, "target")[0])
    if isinstance(target, str) and target not in names:
        raise unknown("target", target, (*NAMED, *classes, *names))
    if isinstance(target, str) and getattr(network, "yes_or_no", False):
        return 1
    if hasattr(network, "flat_target"):
        return int(network.flat_target(target))
    if isinstance(target, tuple):
        raise ValueError(
            f"A tuple of indices needs a Keras model, whose output has a shape. Received: {target}."
        )
    return int(_in_range(np.array([target]), network.n_outputs, "target")[0])


def _predicted(network: Network, outputs: Array) -> Array:
    """Return the index of each sample's largest output."""
    if outputs.shape[1] == 1:
        return np.zeros(len(outputs), dtype=np.int64)
    _one_vector(network, "predicted")
    largest: Array = outputs.argmax(axis=1)
    return largest


def _true(network: Network, n: int, y: Array | None, names: tuple[str, ...]) -> Array:
    """Return each sample's label, checked against the outputs."""
    if y is None:
        raise ValueError("target='true' needs labels: pass y=, or an x that carries them.")
    if network.n_outputs == 1:
        return np.zeros(n, dtype=np.int64)
    _one_vector(network, "true")
    one_hot = y.shape == (n, network.n_outputs) and y.dtype.kind in "biuf"
    if one_hot and ((y == y.max(axis=1, keepdims=True)).sum(axis=1) != 1).any():
        raise ValueError(
            "target='true' needs one class for each sample. Received: labels of several classes at "
            f"once, y.shape={y.shape}: pass the index of one, or 'all'."
        )
    labels = y.argmax(axis=1) if one_hot else y.reshape(n, -1)
    if labels.dtype.kind == "U" and names:
        labels = _named(labels, names, "y")
    if labels.dtype.kind == "U":
        raise ValueError(
            f"target='true' needs one class index for each sample. Received: names (y.dtype="
            f"{y.dtype}), whose order isn't known: pass x=load_data((x, y), class_names=[…])."
        )
    numbers = labels.dtype.kind in "biuf"
    if not numbers or labels.size != n or (labels != np.rint(labels)).any():
        raise ValueError(
            f"target='true' needs one class index for each sample. Received: y.shape={y.shape}, "
            f"dtype={y.dtype}."
        )
    return _in_range(labels.reshape(n).astype(np.int64), network.n_outputs, "label")


def _one_vector(network: Network, target: str) -> None:
    """Raise unless the outputs are the classes of one output."""
    shapes = tuple(getattr(network, "output_shapes", ((network.n_outputs,),)))
    if len(shapes) == 1 and len(shapes[0]) == 1:
        return
    names = ", ".join(getattr(network, "output_names", ()))
    raise ValueError(
        f"target={target!r} needs a model with one vector of outputs. Received: outputs {names} of "
        f"shapes {', '.join(map(str, shapes))}. Pass target= a tuple such as "
        f"{_example(network, shapes)}, or 'all'."
    )


def _example(network: Network, shapes: tuple[tuple[int, ...], ...]) -> tuple[Any, ...]:
    """Return the tuple that stands for the first number of the first output."""
    zeros = (0,) * len(shapes[0])
    return zeros if len(shapes) == 1 else (getattr(network, "output_names", ("",))[0], *zeros)


def _in_range(indices: Array, count: int, what: str) -> Array:
    """Raise for an index that is no output."""
    bad = (indices < 0) | (indices >= count)
    if bad.any():
        raise ValueError(
            f"{what} {int(indices[bad.argmax()])} is out of range: the network has {count} "
            f"outputs, expected 0 … {count - 1}."
        )
    return indices
