"""Models with random weights: what explanations look like of a network that knows nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.comparison.subjects import Subject, subject
from explainprune.network import FormulaNetwork
from explainprune.types import Array, Inputs

COPIES = 8
"""Copies differ by far more than rows do: an interval needs several of them."""
HIDDEN = 32
"""Hidden units of a random network, where no model's weights can be drawn anew."""


@dataclass(frozen=True, eq=False)
class Copies:
    """Several models that know nothing, one at a time.

    Those of a Keras model are one model of our own, which takes on their weights in turn: traced
    and compiled once, whatever their number.

    Attributes
    ----------
    subjects : tuple of Subject
    weights : tuple of dict of str to ndarray
        By variable path, for each; empty for networks that are not Keras models.
    of : str
        Whose weights were drawn anew; "" for random networks.
    """

    subjects: tuple[Subject, ...]
    weights: tuple[dict[str, Array], ...] = ()
    of: str = ""

    def __len__(self) -> int:
        return len(self.subjects)

    def load(self, turn: int) -> Subject:
        """Return one copy; what was loaded before is gone."""
        if self.weights:
            _assign(self.subjects[turn], self.weights[turn])
        return self.subjects[turn]


def copies_of(dense: Subject, other: Subject, x: Inputs, seed: int) -> Copies:
    """Draw the weights of a model anew: the dense one's, else the other's, else random networks."""
    for each in (dense, other):
        found = None if each.keras_model is None else _of_model(each, x, seed)
        if found is not None:
            return found
    return Copies(tuple(_random_networks(dense, seed)))


def _of_model(source: Subject, x: Inputs, seed: int) -> Copies | None:
    """Return copies of a Keras model; None for what can't be copied."""
    from explainprune.network import randomised, weights_of

    seeds = stream(seed, "random weights").integers(0, 2**31, COPIES)
    try:
        ours = randomised(source.keras_model, int(seeds[0]))
        others = [weights_of(randomised(source.keras_model, int(number))) for number in seeds[1:]]
    except ValueError:
        return None
    weights = (weights_of(ours), *others)
    task = "classification" if source.network.n_outputs > 1 else "regression"
    carrier = subject("random_weights", ours, x, source.kind, task)
    carrier = replace(carrier, numbers=source.numbers)
    found = []
    for drawn in weights:
        _assign(carrier, drawn)
        found.append(replace(carrier, outputs=carrier.network.outputs(carrier.x)))
    return Copies(tuple(found), weights, source.name)


def _assign(carrier: Subject, weights: dict[str, Array]) -> None:
    from explainprune.network.variables import variables

    for path, variable in variables(carrier.keras_model).items():
        variable.assign(weights[path])


def _random_networks(dense: Subject, seed: int) -> list[Subject]:
    """Make ReLU networks of the same inputs and outputs, on inputs brought to one spread."""
    rng = stream(seed, "random networks")
    x = np.asarray(dense.x, dtype=np.float64)
    spread = x.std(axis=0)
    scale = np.divide(1.0, spread, out=np.ones_like(spread), where=spread > 0)
    found = []
    for _ in range(COPIES):
        network: Any = _random_network(x.mean(axis=0), scale, dense.network.n_outputs, rng)
        outputs = network.outputs(x)
        found.append(Subject("random_weights", network, network, "logit", x, outputs))
    return found


def _random_network(
    centre: Array, scale: Array, outputs: int, rng: np.random.Generator
) -> FormulaNetwork:
    """Draw one hidden layer of ReLU by He et al. 2015; its outputs are centred."""
    inputs = len(centre)
    into = rng.normal(0, np.sqrt(2 / inputs), (inputs, HIDDEN)) * scale[:, None]
    bias = rng.normal(0, 0.5, HIDDEN)
    out = rng.normal(0, np.sqrt(1 / HIDDEN), (HIDDEN, outputs))
    if outputs > 1:
        out -= out.mean(axis=1, keepdims=True)

    def outputs_of(rows: Array) -> Array:
        return np.asarray(np.maximum((rows - centre) @ into + bias, 0) @ out)

    def gradient(rows: Array) -> Array:
        alive = ((rows - centre) @ into + bias) > 0
        return np.stack([(alive * out[:, k]) @ into.T for k in range(outputs)], axis=2)

    return FormulaNetwork(outputs_of, inputs, gradient=gradient, n_outputs=outputs)
