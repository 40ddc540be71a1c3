"""What pruning may learn from, whatever form it is given in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.data import load_data
from explainprune.data.reading import read_inputs
from explainprune.data.splits import holdout
from explainprune.network.functions.as_read import read_by
from explainprune.network.functions.labels import output_names
from explainprune.network.functions.subclassed import learn_inputs
from explainprune.network.protocol import Model
from explainprune.pruning.weighing import ClassWeight, weights_by_class
from explainprune.types import Data, Inputs, Rows
from explainprune.types.loaders import is_loader, read_loader
from explainprune.types.matching import check_index
from explainprune.types.tables import is_frame

NO_VALIDATION = (
    "{held} of the {all} rows, drawn by class, are held out to watch (patience=) and to choose on: "
    "the data has no validation rows."
)


@dataclass(frozen=True)
class Given:
    """The caller's data.

    Attributes
    ----------
    learn : Rows or None
        Rows that scores and fine-tuning learn from; their weights are those of the rows, times
        those of their classes.
    validation : Rows or None
        Rows that choices are made on.
    data : Data or None
        All of it, for a recipe; `learn` is what may be learned from.
    measured : Rows or None
        `learn`, without the weights of classes: what the history's figures are of.
    note : str or None
        What the caller should know of it.
    """

    learn: Rows | None = None
    validation: Rows | None = None
    data: Data | None = None
    measured: Rows | None = None
    note: str | None = None

    @property
    def labelled(self) -> bool:
        """Whether there are labels to learn from."""
        return self.learn is not None and self.learn.labelled


def given(
    data: Any,
    model: Model | None = None,
    *,
    class_weight: ClassWeight = None,
    sample_weight: Any = None,
    watched: bool = False,
    seed: int = 0,
) -> Given:
    """Take data in any form that Keras' ``fit`` takes, `Data` or `Rows`.

    Parameters
    ----------
    data : Data, Rows, inputs, (x, y), (x, y, weight), tf.data.Dataset, keras PyDataset or None
        Several inputs and the labels of several outputs as a dict by name, or as a list or tuple
        in the model's order.
    model : keras.Model, optional
        Whose inputs and outputs a list is in the order of. One that was never called is called on
        a row, so that it has its weights.
    class_weight, sample_weight
        As `prune` has them.
    watched : bool
        Whether rows for choices must be held out where there are none.
    seed : int
        Of the rows held out.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If rows are missing, not finite, or don't match.
    """
    if data is None:
        _refuse_weights(class_weight, sample_weight)
        return Given()
    check_index(data, sample_weight, "sample_weight")
    whole = _as_data(data, model)
    whole = whole if sample_weight is None else _weighted(whole, sample_weight)
    note = None
    if watched and whole.validation is None:
        whole, note = _held_out(whole, seed)
    measured = whole.learnable
    if model is not None:
        learn_inputs(model, measured.x)
    factors = weights_by_class(measured, class_weight, whole.class_names)
    learn = measured
    if factors is not None:
        weight = factors if measured.weight is None else factors * measured.weight
        learn = replace(measured, weight=weight)
        whole = whole.with_(**{"scored" if whole.train is None else "train": learn})
    return Given(learn, whole.validation, whole, measured, note)


def _refuse_weights(class_weight: Any, sample_weight: Any) -> None:
    for name, value in (("class_weight", class_weight), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(f"{name}= needs rows that it weighs. Received: data=None.")


def _as_data(data: Any, model: Model | None) -> Data:
    """Read what is no `Data` yet."""
    reads = None if model is None else read_by(model)
    parts = _parts(data, several=len(reads or ()) > 1)
    if isinstance(data, (Data, Rows)) or is_frame(parts[0]):
        return load_data(data, model=model)
    x, y, weight = (*parts, None, None)[:3]
    known = isinstance(x, np.ndarray | Mapping | list | tuple) or hasattr(x, "__array__")
    if not known or not 1 <= len(parts) <= 3:
        received = f"a tuple of {len(parts)}" if len(parts) > 3 else type(x).__name__
        raise TypeError(
            "data is a Data, an array of inputs (or a dict or list of them), a pair (x, y), "
            "(x, y, weight), a tf.data.Dataset, a keras PyDataset, or None. "
            f"Received: {received}."
        )
    found = read_inputs(x, "x", reads)
    inputs: Any = found[0] if isinstance(found, list) and len(found) == 1 else found
    return Data(Rows(inputs, _labels(y, model, inputs), weight=weight))


def _parts(data: Any, *, several: bool) -> tuple[Any, ...]:
    """Part inputs, labels and weights; a list of two is both, but for a model of several inputs."""
    if is_loader(data):
        return read_loader(data)
    if isinstance(data, tuple):
        return data
    if isinstance(data, list) and len(data) == 2 and not several:
        return tuple(data)
    return (data,)


def _labels(y: Any, model: Model | None, x: Inputs) -> Any:
    """Return one array, or a dict of them by the names of outputs."""
    if y is None or isinstance(y, Mapping):
        return y
    if isinstance(y, list | tuple) and model is not None:
        names = output_names(model, x)
        if len(y) == len(names) and (len(y) > 1 or np.ndim(y[0]) > 0):
            return dict(zip(names, y, strict=True)) if len(y) > 1 else np.asarray(y[0])
    return np.asarray(y)


def _weighted(data: Data, sample_weight: Any) -> Data:
    """Multiply the weights of the rows that are learned from."""
    rows, weight = data.learnable, np.asarray(sample_weight)
    if weight.shape != (len(rows),):
        raise ValueError(
            f"sample_weight needs one number for each row that is learned from, shape "
            f"({len(rows)},). Received: shape={weight.shape}."
        )
    weight = weight if rows.weight is None else weight * rows.weight
    return data.with_(**{"scored" if data.train is None else "train": replace(rows, weight=weight)})


def _held_out(data: Data, seed: int) -> tuple[Data, str]:
    """Hold rows out of those that are learned from, to make choices on."""
    parts = holdout(Data(data.learnable, task=data.task), 0.15, seed, validation=0)
    assert parts.train is not None
    note = NO_VALIDATION.format(held=len(parts.scored), all=len(data.learnable))
    return data.with_(train=parts.train, validation=parts.scored), note


def at_most(rows: Rows, count: int) -> Rows:
    """Return `rows`, or `count` of them, evenly spaced.

    >>> at_most(Rows(np.arange(10)), 4).x
    array([0, 3, 6, 9])
    """
    if len(rows) <= count:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, count).round().astype(int))
