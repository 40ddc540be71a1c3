"""A model that is compared: its network, and what it outputs on the scored rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from explainprune.analysis.comparison.two_classes import TwoClasses
from explainprune.analysis.metrics.behaviour.prediction import log_probabilities, one_hot, predicted
from explainprune.lookup import unknown
from explainprune.network import Model, Network
from explainprune.network.functions.artefacts.artefact import are_shares
from explainprune.types import Array, Data, Inputs

DENSE_PREDICTION = "dense prediction"


@dataclass(frozen=True, eq=False)
class Subject:
    """One model with its outputs.

    Attributes
    ----------
    name : str
    model : keras.Model or Network
    network : Network
        Puts out centred logits (predictions in a regression, probabilities where a model has
        nothing else); both classes of a model that has one unit for two.
    kind : str
        ``"centred"``, ``"probability"``, or ``"logit"`` where outputs must stay as they are.
    x : ndarray (n, d)
        The scored rows as this network reads them.
    outputs : ndarray (n, K)
    unseen : bool
        Whether what was centred were probabilities, behind which no logits were found.
    cut : (int, float), optional
        Of two classes, one and the chance of it from which on it is decided. None: the likelier.
    numbers : bool
        Whether outputs are a regression's numbers, whatever they end in.
    """

    name: str
    model: Model | Network
    network: Network
    kind: str
    x: Array
    outputs: Array = field(repr=False)
    unseen: bool = False
    cut: tuple[int, float] | None = None
    numbers: bool = False

    @property
    def keras_model(self) -> Model | None:
        """The Keras model, None where the subject is a formula."""
        return getattr(self.network, "model", None)

    @property
    def only_probabilities(self) -> bool:
        """Whether outputs are probabilities behind which no logits were found."""
        if getattr(self.network, "output_kind", "") == "probability":
            return True
        if getattr(self.network, "looked_through", True) or _puts_out_logits(self):
            return False
        return self.unseen or are_shares(self.outputs)

    @property
    def forward_only(self) -> bool:
        """Whether it is an artefact, which has no gradients."""
        return bool(getattr(self.network, "forward_only", False))

    @property
    def answers_apart(self) -> bool:
        """Whether outputs are logits of which each says yes or no by itself."""
        if self.keras_model is None or self.numbers or self.kind == "probability":
            return False
        from explainprune.network.functions.decisions import answers_apart

        return answers_apart(self.network)

    @property
    def logits(self) -> Array:
        """Outputs that behaviour metrics can read: log-probabilities where those are raw.

        Of quantised ones, 0 stands for less than half a step. Of several sigmoids it is each one's
        own: a class has the share that its probability has of all.
        """
        if self.answers_apart:
            return np.asarray(-np.logaddexp(0, -self.outputs))
        if self.numbers or self.kind == "logit" or not self.only_probabilities:
            return self.outputs
        step = getattr(self.network, "step", 0.0)
        if not step and not are_shares(self.outputs):
            return self.outputs
        return np.log(np.maximum(self.outputs, max(step / 2, np.finfo(np.float32).tiny)))

    def chance_of(self, index: int) -> Array:
        """Return the probability of a class, for each row."""
        return np.asarray(np.exp(log_probabilities(self.logits))[:, index])

    @property
    def classes(self) -> Array:
        """The class decided for each row: the likeliest, or by the cut-off where one is stated."""
        if self.cut is None:
            return predicted(self.outputs)
        index, chance = self.cut
        return np.where(self.chance_of(index) >= chance, index, 1 - index)

    @property
    def deciding(self) -> Array:
        """Outputs whose largest is the class decided, for metrics that read decisions alone."""
        return self.logits if self.cut is None else np.eye(2)[self.classes]


def subject(
    name: str, model: Model | Network, x: Inputs, kind: str, task: str = "regression"
) -> Subject:
    """Look at a model as a network and run it on the scored rows.

    Of a classifier that has one unit for two classes, the network outputs both.

    Raises
    ------
    ValueError
        If the rows don't fit the model; it begins with the model's name.
    """
    from explainprune.analysis.attribution.reading.packing import pack
    from explainprune.analysis.attribution.reading.views import network_for

    if isinstance(model, Network):
        kind = getattr(model, "output_kind", "logit")
    network: Any = network_for(model, None, kind, x, None, task)
    if task == "classification" and network.n_outputs == 1:
        network = TwoClasses(network, kind == "probability")
    rows = pack(network, x, f"Data for the {name} model")
    numbers = kind == "probability" and task == "regression"
    found = Subject(name, model, network, kind, rows, network.outputs(rows), numbers=numbers)
    if kind != "centred" or getattr(network, "looked_through", True):
        return found
    raw = network_for(model, None, "logit", x, None)
    return replace(found, unseen=are_shares(raw.outputs(rows)))


def _puts_out_logits(subject: Subject) -> bool:
    """Whether a model's loss says that it outputs logits, be they between 0 and 1 on some rows."""
    from explainprune.network.functions.scores import reads_logits

    return reads_logits(getattr(subject.keras_model, "loss", None)) is True


def check_comparable(dense: Subject, other: Subject) -> None:
    """Raise unless both networks read and output as many numbers.

    Raises
    ------
    ValueError
        Naming both counts, or the orders of inputs.
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
    first, second = inputs_of(dense), inputs_of(other)
    if first != second and sorted(first) == sorted(second):
        raise ValueError(
            "Both models need their inputs in one order, since features are counted by it. "
            f"Received: {dense.name!r} with {', '.join(first)}; {other.name!r} with "
            f"{', '.join(second)}."
        )


def inputs_of(subject: Subject) -> list[str]:
    """Name the inputs in the order in which they are laid flat; none where it isn't known."""
    signature = getattr(subject.network, "signature", None)
    return [part.name for part in getattr(signature, "parts", ())]


def task_of(data: Data, *subjects: Subject) -> str:
    """Say whether outputs are classes or numbers: by the labels, the loss, or the networks.

    A single output with whole labels beyond 0 and 1 can't be a class: it is a count. Whole labels
    of a model that ends in no probability, and was trained as a regression, are numbers as well.
    """
    alone = all(each.network.n_outputs == 1 for each in subjects)
    numbers = any(_is_regression(each) for each in subjects)
    if data.task == "classification" and data.y is not None:
        whole = np.isin(data.y, (0, 1)).all()
        raw = numbers and not any(getattr(e.network, "looked_through", False) for e in subjects)
        count = subjects[0].network.n_outputs
        fitting = data.y.size == len(data) * count and not one_hot(data.y, (len(data), count))
        return "regression" if (alone and not whole) or (raw and fitting) else "classification"
    if data.task != "unknown" or numbers:
        return "regression" if data.task == "unknown" else data.task
    through = any(
        getattr(each.network, "looked_through", False)
        or getattr(each.network, "output_kind", "") == "probability"
        for each in subjects
    )
    return "classification" if not alone or through else "regression"


def _is_regression(subject: Subject) -> bool:
    """Whether a model was compiled with the loss of a regression."""
    from explainprune.network.functions.scores import predicts_numbers

    return subject.keras_model is not None and predicts_numbers(subject.keras_model)


def targets_of(dense: Subject, task: str, target: Any, class_names: Sequence[str] | None) -> Array:
    """Return the output that is explained for each row, in every arm.

    Parameters
    ----------
    target : str or int
        `DENSE_PREDICTION`, or a class by its name or number, for all rows.

    Raises
    ------
    ValueError
        If there is no such class.
    """
    n, outputs = len(dense.x), dense.network.n_outputs
    if target == DENSE_PREDICTION:
        one = task == "regression" or outputs == 1
        return np.zeros(n, dtype=np.int64) if one else predicted(dense.outputs)
    if isinstance(target, str):
        names = list(class_names or [])
        if target not in names:
            raise unknown("class", target, [DENSE_PREDICTION, *names])
        target = names.index(target)
    if isinstance(target, bool) or not isinstance(target, (int, np.integer)):
        raise TypeError(
            f"target is {DENSE_PREDICTION!r}, or a class by its name or number. "
            f"Received: {target!r}."
        )
    if not 0 <= target < outputs:
        raise ValueError(f"target is a class from 0 to {outputs - 1}. Received: {target}.")
    return np.full(n, int(target))


def identical(dense: Subject, other: Subject) -> bool:
    """Whether both are one function for certain: the same object, or equal config and weights."""
    if dense.model is other.model:
        return True
    files = [getattr(each.model, "sha256", "") for each in (dense, other)]
    if all(isinstance(each, str) and each for each in files):
        return files[0] == files[1]
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
