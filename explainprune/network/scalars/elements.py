"""A network of scalar elements: layers of units, each reading an affine function of those before.

Everything affine in a Keras graph (Dense, convolutions, sums, moves, normalisation with known
statistics) is multiplied into the sparse matrices between layers of units; what is left are the
functions that aren't affine, of single numbers or of groups of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explainprune.network.scalars.affine import INPUTS, Affine
from explainprune.types import Array

Ends = tuple[Array, Array]
"""Lowest and highest values."""


@dataclass(frozen=True, eq=False)
class Function:
    """What a group of numbers goes through.

    Attributes
    ----------
    name : str
    call : callable
        (..., size) → (..., made), in float64.
    rectified : bool
        ``max(x, 0)`` of a single number: affine where its sign is known.
    bounds : callable or None
        (lowest, highest) of what is read, (..., size) each → of what is made; None: not known.
    apart : callable or None
        Of two groups a and b: (ends of a, of b, of a − b), (..., size) each → ends of the
        difference of what is made. It holds for all a and b within their ends whose difference
        lies within its own. None: no rule is known.
    """

    name: str
    call: Callable[[Array], Array]
    rectified: bool = False
    bounds: Callable[[Array, Array], tuple[Array, Array]] | None = None
    apart: Callable[[Ends, Ends, Ends], Ends] | None = None


@dataclass(frozen=True, eq=False)
class UnitLayer:
    """A layer of units: a function of groups of what is read.

    Attributes
    ----------
    name : str
        Path of the Keras layer.
    shape : tuple of int
        How its groups are laid out: positions, then channel.
    reads : Affine
    groups : ndarray of int (groups, size)
        Columns of `reads`; a column may come more than once.
    function : Function
    made : int
        Elements that each group outputs; those of group g are ``g · made …``.
    """

    name: str
    shape: tuple[int, ...]
    reads: Affine
    groups: Array
    function: Function
    made: int = 1

    @property
    def width(self) -> int:
        """Elements output."""
        return len(self.groups) * self.made

    @property
    def single(self) -> bool:
        """Whether it is element-wise: group g reads column g alone."""
        return bool(self.groups.shape[1] == 1)

    def name_of(self, group: int) -> str:
        """Name a group: ``layer[position, channel]``."""
        place = ", ".join(str(int(i)) for i in np.unravel_index(group, self.shape))
        return f"{self.name}[{place}]"

    def outputs(self, read: Array) -> Array:
        """Put (..., width of reads) through the function: (..., width)."""
        made = self.function.call(read[..., self.groups])
        return made.reshape(*made.shape[:-2], self.width)


@dataclass(frozen=True, eq=False)
class Unrolled:
    """A network as a function of flat rows, in float64.

    Attributes
    ----------
    n_inputs : int
    layers : tuple of UnitLayer
        Layer k is source ``k + 1`` of those after it.
    output : Affine
        What is explained.
    """

    n_inputs: int
    layers: tuple[UnitLayer, ...]
    output: Affine

    def elements(self, x: Array) -> dict[int, Array]:
        """Return what each source outputs: its number → (n, elements)."""
        found = {INPUTS: np.asarray(x, np.float64)}
        for number, layer in enumerate(self.layers, start=1):
            found[number] = layer.outputs(layer.reads(found))
        return found

    def outputs(self, x: Array) -> Array:
        """Evaluate flat rows: (n, n_inputs) → (n, outputs)."""
        return self.output(self.elements(x))


def pruned_away(network: Unrolled) -> Unrolled:
    """Drop layers that nothing reads any more, and number the others anew."""
    needed = set(network.output.parts)
    for number in range(len(network.layers), 0, -1):
        if number in needed:
            needed |= set(network.layers[number - 1].reads.parts)
    numbers = {INPUTS: INPUTS}
    layers: list[UnitLayer] = []
    for number, layer in enumerate(network.layers, start=1):
        if number in needed:
            reads = _renumbered(layer.reads, numbers)
            layers.append(
                UnitLayer(layer.name, layer.shape, reads, layer.groups, layer.function, layer.made)
            )
            numbers[number] = len(layers)
    return Unrolled(network.n_inputs, tuple(layers), _renumbered(network.output, numbers))


def _renumbered(affine: Affine, numbers: dict[int, int]) -> Affine:
    return Affine({numbers[source]: part for source, part in affine.parts.items()}, affine.bias)
