"""Outputs of a model by name, and labels laid out as its outputs are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explainprune.lookup import unknown
from explainprune.network.backend import keras, tf
from explainprune.network.functions.feeding import feed, structured
from explainprune.network.protocol import Model
from explainprune.types import Array, Inputs

Labels = Array | dict[str, Array]
"""One array, or one for each output by its name."""


def output_names(model: Model, x: Inputs) -> tuple[str, ...]:
    """Return the names of a model's outputs, in its order; numbers where it gives none."""
    return names_of(model, one_row(model, feed(model, x)))


def arranged(model: Model, inputs: list[Array], y: Labels) -> Any:
    """Nest labels as the model's outputs are nested, and as its loss reads them.

    Raises
    ------
    ValueError
        If an output has no labels, labels are of no output, or several outputs have one array.
    """
    predicted = one_row(model, inputs)
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
