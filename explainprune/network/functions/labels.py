"""Outputs of a model by name, and labels laid out as its outputs are and its losses read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.backend import keras, tf
from explainprune.network.functions.feeding import feed, structured
from explainprune.network.functions.scores import NUMBERS, loss_at, loss_name
from explainprune.network.protocol import Model
from explainprune.types import Array, Inputs

Labels = Array | dict[str, Array]
"""One array, or one for each output by its name."""

ONE_HOT = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "kl_divergence",
)
"""Losses that read a 1 at the place of the class, beside zeros; the last three where outputs are
several."""

EACH = NUMBERS | {"hinge", "squared_hinge"}
"""Losses that read a number for each output. One for all would be spread over them in silence."""

BY_NUMBER = ("sparse_categorical_crossentropy", "categorical_generalized_cross_entropy")
"""Losses that read the number of the class."""

CROSS_ENTROPIES = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
)


def output_names(model: Model, x: Inputs) -> tuple[str, ...]:
    """Return the names of a model's outputs, in its order; numbers where it gives none."""
    return names_of(model, one_row(model, feed(model, x)))


def arranged(model: Model, inputs: list[Array], y: Labels) -> Any:
    """Nest labels as the model's outputs are nested, and as its loss reads them.

    Classes by number are laid out one-hot for a loss that reads them so, and the other way round.

    Raises
    ------
    ValueError
        If an output has no labels, labels are of no output, several outputs have one array, or
        labels are none that a categorical loss can read.
    """
    predicted = one_row(model, inputs)
    nested = _nested(model, predicted, y)
    if not getattr(model, "compiled", False):
        return nested
    read = {
        name: as_read(loss, labels, shape)
        for name, loss, labels, shape in _each(model, predicted, nested, model.loss)
    }
    if isinstance(nested, dict):
        return nested | read
    names = names_of(model, predicted)
    flat = zip(names, keras.tree.flatten(nested), strict=True)
    return keras.tree.pack_sequence_as(nested, [read.get(name, part) for name, part in flat])


def _nested(model: Model, predicted: Any, y: Labels) -> Any:
    """Nest labels as the outputs are."""
    names = names_of(model, predicted)
    if not isinstance(y, Mapping):
        if len(names) > 1:
            raise ValueError(
                f"Model {model.name!r} has the outputs {', '.join(names)}: labels are a dict by "
                f"these names, or a list in this order. Received: one array, shape={y.shape}."
            )
        return y
    for name in y:
        if name not in names:
            raise unknown("output that has labels", name, names)
    if isinstance(predicted, Mapping):  # one that has no loss needs no labels
        return dict(y)
    missing = [name for name in names if name not in y]
    if missing:
        raise ValueError(f"Output {missing[0]!r} has no labels. Received: {', '.join(y)}.")
    return y[names[0]] if len(names) == 1 else [y[name] for name in names]


def by_output(
    model: Model, inputs: list[Array], y: Any, loss: Any
) -> Iterator[tuple[Any, Array, int]]:
    """Yield the loss, the labels and the width of each output that has both of the first two.

    `y` is nested as the outputs are; `loss` is one for all, or by name or place.
    """
    for _, own, labels, shape in _each(model, one_row(model, inputs), y, loss):
        yield own, labels, (shape or (1,))[-1]


def _each(
    model: Model, predicted: Any, y: Any, loss: Any
) -> Iterator[tuple[str, Any, Array, tuple[int, ...]]]:
    """Yield name, loss, labels and the shape of a row of each output that has a loss and labels."""
    names, outputs = names_of(model, predicted), keras.tree.flatten(predicted)
    labels = y if isinstance(y, Mapping) else dict(zip(names, keras.tree.flatten(y), strict=True))
    for place, (name, output) in enumerate(zip(names, outputs, strict=True)):
        own = loss_at(loss, place, name)
        if name in labels and own is not None:
            yield name, own, np.asarray(labels[name]), tuple(output.shape[1:])


def as_read(loss: Any, y: Array, shape: tuple[int, ...]) -> Array:
    """Return labels as a loss of Keras reads them; those of others as they are.

    Parameters
    ----------
    loss : str, callable or keras.losses.Loss
    y : ndarray (n, ...)
    shape : tuple of int
        Of one row of outputs; the last axis holds the classes.

    Raises
    ------
    ValueError
        If labels are none of these classes, or of another shape.

    Examples
    --------
    >>> as_read("categorical_crossentropy", np.array([2, 0]), (3,))
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    >>> as_read("sparse_categorical_crossentropy", np.array([[0.0, 1.0], [1.0, 0.0]]), (2,))
    array([1, 0])
    """
    name, laid_out = loss_name(loss), y.shape[1:] == shape
    single = not shape or (shape[-1] == 1 and not name.startswith(("categorical", "sparse")))
    if single or getattr(loss, "axis", -1) not in (-1, len(shape)):
        return y
    if name in EACH and not laid_out:
        raise ValueError(
            f"Loss {name!r} reads a number for each output: labels of shape {('n', *shape)}. "
            f"Received: shape={y.shape}."
        )
    if name not in (*ONE_HOT, *BY_NUMBER):
        return y
    if not laid_out and y.shape[1:] not in (shape[:-1], (*shape[:-1], 1)):
        raise ValueError(
            f"Loss {name!r} reads the class of each row, by number or one-hot: labels of shape "
            f"{('n', *shape[:-1])} or {('n', *shape)}. Received: shape={y.shape}."
        )
    if name in ONE_HOT and not laid_out:
        check_classes(name, y, shape[-1])
        return np.eye(shape[-1], dtype=np.float32)[y.reshape(-1, *shape[:-1]).astype(np.int64)]
    if name in BY_NUMBER and laid_out and shape[-1] > 1:
        if not (np.isin(y, (0, 1)).all() and (y.sum(axis=-1) == 1).all()):
            raise ValueError(
                f"Loss {name!r} reads one class for each row. Received: labels of shape {y.shape} "
                "that aren't one 1 beside zeros."
            )
        return np.asarray(y.argmax(axis=-1))
    return y


def check_against(loss: Any, y: Array, *, outputs: int) -> None:
    """Raise if the loss is a cross-entropy and a label is outside the range of the outputs."""
    name = loss_name(loss)
    if name == "sparse_categorical_crossentropy":
        check_classes(name, y, outputs, getattr(loss, "ignore_class", None))
    elif name in CROSS_ENTROPIES:
        _refuse(name, y, (y < 0) | (y > 1), outputs, last=1)


def check_classes(name: str, y: Array, outputs: int, ignored: int | None = None) -> None:
    """Raise if a label is none of the classes 0 to `outputs` − 1, nor the one that is ignored."""
    outside = (y < 0) | (y >= outputs) | (y != np.round(y))
    if ignored is not None:
        outside &= y != ignored
    _refuse(name, y, outside, outputs, last=outputs - 1)


def _refuse(name: str, y: Array, outside: Array, outputs: int, last: int) -> None:
    if outside.any():
        row = int(np.argwhere(outside)[0][0])
        raise ValueError(
            f"Labels of a model with {outputs} outputs and loss {name!r} go from 0 to {last}. "
            f"Received: label {y[outside][0]} in row {row}."
        )


def nesting_of(model: Model, inputs: list[Array]) -> Any:
    """Return one value for each output, nested as the model's outputs are."""
    return keras.tree.map_structure(lambda _: 0, one_row(model, inputs))


def one_row(model: Model, inputs: list[Array]) -> Any:
    """Return what the model makes of the first row."""
    one = [tf.convert_to_tensor(part[:1]) for part in inputs]
    return model(structured(model, one), training=False)


def names_of(model: Model, predicted: Any) -> tuple[str, ...]:
    """Return the names of outputs, flat; numbers where the model gives none."""
    if isinstance(predicted, Mapping):
        return tuple(str(name) for name in sorted(predicted))
    count = len(keras.tree.flatten(predicted))
    names = tuple(getattr(model, "output_names", None) or ())
    return names if len(names) == count else tuple(str(number) for number in range(count))
