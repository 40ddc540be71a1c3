"""A model that is compared: its network, and what it puts out on the scored rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import predicted
from explainprune.network import Model, Network
from explainprune.types import Array, Data, Inputs


@dataclass(frozen=True, eq=False)
class Subject:
    """One model with its outputs.

    Attributes
    ----------
    name : str
    model : keras.Model or Network
    network : Network
        Puts out centred logits; predictions in a regression.
    kind : str
        ``"centred"``, or ``"logit"`` where outputs must stay as they are.
    x : ndarray (n, d)
        The scored rows as this network reads them.
    outputs : ndarray (n, K)
    """

    name: str
    model: Model | Network
    network: Network
    kind: str
    x: Array
    outputs: Array = field(repr=False)

    @property
    def keras_model(self) -> Model | None:
        """The Keras model, None where the subject is a formula."""
        return getattr(self.network, "model", None)

    @property
    def logits(self) -> Array:
        """Outputs that behaviour metrics can read: log-probabilities where those are raw."""
        probabilities = (self.outputs >= 0).all() and np.allclose(self.outputs.sum(axis=1), 1)
        raw = not getattr(self.network, "looked_through", True)
        if self.kind == "logit" or not raw or self.outputs.shape[1] < 2 or not probabilities:
            return self.outputs
        return np.log(np.maximum(self.outputs, np.finfo(np.float32).tiny))


def subject(name: str, model: Model | Network, x: Inputs, kind: str) -> Subject:
    """Look at a model as a network and run it on the scored rows.

    Raises
    ------
    ValueError
        If the rows don't fit the model; it begins with the model's name.
    """
    from explainprune.analysis.attribution.reading.packing import pack
    from explainprune.analysis.attribution.reading.views import network_for

    if isinstance(model, Network):
        kind = getattr(model, "output_kind", "logit")
    network = network_for(model, None, kind, x, None)
    rows = pack(network, x, f"Data for the {name} model")
    return Subject(name, model, network, kind, rows, network.outputs(rows))


def check_comparable(dense: Subject, other: Subject) -> None:
    """Raise unless both networks read and put out as many numbers.

    Raises
    ------
    ValueError
        Naming both counts.
    """
    for what, ours, theirs in (
        ("inputs", dense.network.n_inputs, other.network.n_inputs),
        ("outputs", dense.network.n_outputs, other.network.n_outputs),
    ):
        if ours != theirs:
            raise ValueError(
                f"Both models need the same number of {what}. Received: {dense.name!r} with "
                f"{ours}, {other.name!r} with {theirs}."
            )


def task_of(data: Data, dense: Subject) -> str:
    """Say whether outputs are classes or numbers: by the labels, else by the network.

    A single output with whole labels beyond 0 and 1 can't be a class: it is a count.
    """
    if data.task == "classification" and dense.network.n_outputs == 1 and data.y is not None:
        return "classification" if np.isin(data.y, (0, 1)).all() else "regression"
    if data.task != "unknown":
        return data.task
    through = getattr(dense.network, "looked_through", False)
    return "classification" if dense.network.n_outputs > 1 or through else "regression"


def targets_of(dense: Subject, task: str) -> Array:
    """Return the output that is explained for each row, in every arm: the dense prediction."""
    if task == "regression" or dense.network.n_outputs == 1:
        return np.zeros(len(dense.x), dtype=np.int64)
    return predicted(dense.outputs)


def identical(dense: Subject, other: Subject) -> bool:
    """Whether both are one function for certain: the same object, or equal config and weights."""
    if dense.model is other.model:
        return True
    if dense.keras_model is None or other.keras_model is None:
        return False
    from explainprune.network import weights_of

    ours, theirs = weights_of(dense.keras_model), weights_of(other.keras_model)
    if ours.keys() != theirs.keys():
        return False
    same = all(np.array_equal(values, theirs[path]) for path, values in ours.items())
    return same and _config(dense.keras_model) == _config(other.keras_model) is not None


def _config(model: Model) -> Any:
    try:
        return model.get_config()
    except (NotImplementedError, TypeError, ValueError):
        return None
