"""A network whose connections can be cut: what one carries is then its mean over the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from explainprune.network.scalars.affine import INPUTS, Affine, cleaned
from explainprune.network.scalars.elements import UnitLayer, Unrolled
from explainprune.types import Array

Loss = Callable[[Array], tuple[float, Array]]
"""From outputs (n, outputs) to a number and its gradient by them."""

MOST_ENTRIES = 4_000_000
STEP = 1e-5


@dataclass(frozen=True, eq=False)
class Part:
    """The connections from one source to one stage.

    Attributes
    ----------
    stage, source : int
        Stage k is what layer k reads, the one after the last layer what is output.
    row, column : ndarray of int (connections,)
    weight : ndarray (connections,)
    at : slice
        Where they are among all connections.
    shape : (int, int)
    """

    stage: int
    source: int
    row: Array
    column: Array
    weight: Array
    at: slice
    shape: tuple[int, int]

    def matrix(self, values: Array) -> Array:
        """Lay values of these connections out: (elements, width)."""
        found = np.zeros(self.shape)
        found[self.row, self.column] = values
        return found


@dataclass(frozen=True, eq=False)
class Wired:
    """A network of element-wise units, connection by connection.

    A cut connection carries its source's mean. So with ā the means over the background, a stage
    reads ``base + (a − ā) · (W where it is kept)``; with nothing kept it reads its own mean.

    Attributes
    ----------
    network : Unrolled
    parts : tuple of Part
    means : dict of int to ndarray
        Of each source's elements.
    base : dict of int to ndarray
        What each stage reads in the mean.
    """

    network: Unrolled
    parts: tuple[Part, ...]
    means: dict[int, Array]
    base: dict[int, Array]

    @property
    def size(self) -> int:
        """How many connections there are."""
        return int(self.parts[-1].at.stop) if self.parts else 0

    @property
    def last(self) -> int:
        """The stage that is output."""
        return len(self.network.layers) + 1

    def outputs(self, x: Array, keep: Array) -> Array:
        """Run rows with some connections kept: (n, inputs) → (n, outputs)."""
        return self._forward(x, keep)[1][self.last]

    def effects(self, x: Array, keep: Array, loss: Loss) -> tuple[float, Array]:
        """Return the loss, and to first order by how much it rises where a connection is cut.

        The derivative by a connection's share in what is read, over all rows, with its sign
        turned. One forward and one backward pass serve all connections.
        """
        value, away, by_read, _ = self._backward(x, keep, loss)
        found = np.zeros(self.size)
        for part in self.parts:
            share = away[part.source].T @ by_read[part.stage]
            found[part.at] = -share[part.row, part.column] * part.weight
        return value, found

    def slopes(self, x: Array, keep: Array, loss: Loss, source: int) -> Array:
        """Return the loss's derivative by each element of a source, summed over rows."""
        by_element = self._backward(x, keep, loss)[3]
        width = len(self.means[source])
        return np.asarray(by_element.get(source, np.zeros((1, width))).sum(axis=0))

    def on_a_way(self, keep: Array) -> Array:
        """Cut what leads nowhere: connections on no kept way from an input to an output."""
        layers = self.network.layers
        reached = {INPUTS: np.ones(self.network.n_inputs, bool)}
        reached |= {k: np.zeros(layer.width, bool) for k, layer in enumerate(layers, start=1)}
        live = keep.copy()
        for part in self.parts:
            live[part.at] &= reached[part.source][part.row]
            if part.stage < self.last:
                reached[part.stage][part.column[live[part.at]]] = True
        needed = {k: np.zeros(layer.width, bool) for k, layer in enumerate(layers, start=1)}
        for part in reversed(self.parts):
            if part.stage < self.last:
                live[part.at] &= needed[part.stage][part.column]
            if part.source != INPUTS:
                needed[part.source][part.row[live[part.at]]] = True
        return live

    def elements(self, keep: Array) -> dict[int, Array]:
        """Tell which elements of each source any kept connection leaves."""
        layers = self.network.layers
        found = {INPUTS: np.zeros(self.network.n_inputs, bool)}
        found |= {k: np.zeros(layer.width, bool) for k, layer in enumerate(layers, start=1)}
        for part in self.parts:
            found[part.source][part.row[keep[part.at]]] = True
        return found

    def touching(self, source: int, element: int) -> Array:
        """Return the connections that lead to or from an element."""
        found = np.zeros(self.size, bool)
        for part in self.parts:
            if part.source == source:
                found[part.at] |= part.row == element
            if part.stage == source:
                found[part.at] |= part.column == element
        return found

    def cut(self, keep: Array) -> Unrolled:
        """Return the network that is left; what was cut has joined the constants."""
        stages = []
        for stage in range(1, self.last + 1):
            bias, parts = self.base[stage].copy(), {}
            for part in self.parts:
                if part.stage == stage and keep[part.at].any():
                    kept = part.matrix(part.weight * keep[part.at])
                    bias -= self.means[part.source] @ kept
                    parts[part.source] = cleaned(sparse.csc_array(kept))
            stages.append(Affine(parts, bias))
        layers = tuple(
            UnitLayer(layer.name, layer.shape, reads, layer.groups, layer.function)
            for layer, reads in zip(self.network.layers, stages, strict=False)
        )
        return Unrolled(self.network.n_inputs, layers, stages[-1])

    def _forward(self, x: Array, keep: Array) -> tuple[dict[int, Array], dict[int, Array]]:
        """Return each source's distance from its means, and what each stage reads."""
        away = {INPUTS: x - self.means[INPUTS]}
        reads: dict[int, Array] = {}
        for stage in range(1, self.last + 1):
            reads[stage] = np.tile(self.base[stage], (len(x), 1))
            for part in self.parts:
                if part.stage == stage:
                    kept = part.matrix(part.weight * keep[part.at])
                    reads[stage] += away[part.source] @ kept
            if stage < self.last:
                made = self.network.layers[stage - 1].function.call(reads[stage][..., None])
                away[stage] = made[..., 0] - self.means[stage]
        return away, reads

    def _backward(
        self, x: Array, keep: Array, loss: Loss
    ) -> tuple[float, dict[int, Array], dict[int, Array], dict[int, Array]]:
        """Return the loss, each source's distance from its means, and the loss's derivatives.

        By what each stage reads, and by each source's elements: (n, …).
        """
        away, reads = self._forward(x, keep)
        value, gradient = loss(reads[self.last])
        by_read, by_element = {self.last: gradient}, dict[int, Array]()
        for stage in range(self.last, 0, -1):
            if stage < self.last:
                slope = _slope(self.network.layers[stage - 1], reads[stage])
                by_read[stage] = by_element.get(stage, np.zeros_like(slope)) * slope
            for part in self.parts:
                if part.stage == stage and part.source != INPUTS:
                    back = by_read[stage] @ part.matrix(part.weight * keep[part.at]).T
                    by_element[part.source] = by_element.get(part.source, 0.0) + back
        return value, away, by_read, by_element


def wired(network: Unrolled, background: Array) -> Wired:
    """Take a network apart into connections, with the means of rows.

    Raises
    ------
    ValueError
        If a layer isn't element-wise (it is named), or there are too many connections.
    """
    layers = []
    for layer in network.layers:
        if not layer.single or layer.made != 1:
            raise ValueError(
                f"Layer {layer.name!r} applies {layer.function.name} to several numbers together: "
                "circuits are of element-wise units."
            )
        width = len(layer.groups)
        reads, groups = layer.reads.picked(layer.groups[:, 0]), np.arange(width)[:, None]
        layers.append(UnitLayer(layer.name, layer.shape, reads, groups, layer.function))
    network = Unrolled(network.n_inputs, tuple(layers), network.output)
    affines = [*(layer.reads for layer in layers), network.output]
    entries = sum(part.shape[0] * part.shape[1] for each in affines for part in each.parts.values())
    if entries > MOST_ENTRIES:
        raise ValueError(f"{entries:,} connections are more than {MOST_ENTRIES:,}: prune first.")
    means = {k: e.mean(axis=0) for k, e in network.elements(background).items()}
    parts: list[Part] = []
    start = 0
    for stage, affine in enumerate(affines, start=1):
        for source, matrix in sorted(affine.parts.items()):
            entry = sparse.coo_array(matrix)
            row, column = entry.coords
            at = slice(start, start + len(row))
            parts.append(Part(stage, source, row, column, entry.data, at, matrix.shape))
            start = at.stop
    one = {source: mean[None] for source, mean in means.items()}
    base = {stage: affine(one)[0] for stage, affine in enumerate(affines, start=1)}
    return Wired(network, tuple(parts), means, base)


def _slope(layer: UnitLayer, read: Array) -> Array:
    """Return the derivative of an element-wise function; by a difference, if not of rectifiers."""
    if layer.function.rectified:
        return np.asarray(read > 0, np.float64)
    call = layer.function.call
    step = STEP * (1 + np.abs(read))
    rise = call((read + step)[..., None]) - call((read - step)[..., None])
    return np.asarray(rise[..., 0] / (2 * step))
