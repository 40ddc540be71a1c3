"""Copies of the dense model with random weights: the scale mark of a model that knows nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.comparison.subjects import Subject, subject
from explainprune.types import Array, Inputs

COPIES = 8
"""Copies differ by far more than rows do: an interval needs several of them."""


@dataclass(frozen=True, eq=False)
class Copies:
    """Several copies in one model of our own, which takes on their weights in turn.

    One model is traced and compiled once, whatever the number of copies.

    Attributes
    ----------
    carrier : Subject
    weights : tuple of dict of str to ndarray
        By variable path.
    outputs : tuple of ndarray (n, K)
    """

    carrier: Subject
    weights: tuple[dict[str, Array], ...]
    outputs: tuple[Array, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.weights)

    def load(self, turn: int) -> Subject:
        """Put on the weights of one copy; what was loaded before is gone."""
        _assign(self.carrier, self.weights[turn])
        return replace(self.carrier, outputs=self.outputs[turn])

    @property
    def scored(self) -> list[Subject]:
        """Every copy with its outputs, for what reads only those."""
        return [replace(self.carrier, outputs=outputs) for outputs in self.outputs]


def copies_of(dense: Subject, x: Inputs, seed: int) -> Copies | None:
    """Draw the weights of a Keras model anew; None for a formula or what can't be copied."""
    if dense.keras_model is None:
        return None
    from explainprune.network import randomised, weights_of

    seeds = stream(seed, "random weights").integers(0, 2**31, COPIES)
    try:
        ours = randomised(dense.keras_model, int(seeds[0]))
        others = [weights_of(randomised(dense.keras_model, int(number))) for number in seeds[1:]]
    except ValueError:
        return None
    weights = (weights_of(ours), *others)
    carrier = subject("random_weights", ours, x, dense.kind)
    outputs = []
    for drawn in weights:
        _assign(carrier, drawn)
        outputs.append(carrier.network.outputs(carrier.x))
    return Copies(carrier, weights, tuple(outputs))


def _assign(carrier: Subject, weights: dict[str, Array]) -> None:
    from explainprune.network.variables import variables

    for path, variable in variables(carrier.keras_model).items():
        variable.assign(weights[path])
