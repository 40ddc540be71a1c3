"""Counts carried along a model's graph, forward and back."""

from __future__ import annotations

import numpy as np

from explainprune.network.graph.graph import Call, Graph
from explainprune.network.layers.linking import links_of, sized
from explainprune.network.layers.links import Everything, Link
from explainprune.types import Array

Counts = dict[int, Array]


def ones(graph: Graph, numbers: list[int]) -> list[Array]:
    """Return a count of one for each number of some tensors."""
    return [np.ones((1, *sized(graph.shapes[number]))) for number in numbers]


class Flow:
    """The links of a graph, along which counts are carried."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._links: list[tuple[Call, list[list[Link]]]] = [
            (call, _links(graph, call)) for call in graph.calls
        ]
        self.inexact = [
            call.shown
            for call, links in self._links
            if not all(link.exact for of_output in links for link in of_output)
        ]

    @property
    def exact(self) -> bool:
        """Whether every link is exact."""
        return not self.inexact

    def forward(self, start: list[Array], *, most: float = np.inf) -> Counts:
        """Carry counts from the inputs to every tensor, none above `most`."""
        values = dict(zip(self._graph.inputs, start, strict=True))
        for call, links in self._links:
            for number, of_output in zip(call.outputs, links, strict=True):
                pairs = zip(of_output, call.read, strict=True)
                total = sum(link.forward(values[n]) for link, n in pairs)
                shape = (len(start[0]), *sized(self._graph.shapes[number]))
                values[number] = np.broadcast_to(np.minimum(total, most), shape)
        return values

    def backward(self, start: list[Array], *, most: float = np.inf) -> Counts:
        """Carry counts from the outputs back to every tensor."""
        shapes = enumerate(self._graph.shapes)
        values = {n: np.zeros((len(start[0]), *sized(shape))) for n, shape in shapes}
        for number, counts in zip(self._graph.outputs, start, strict=True):
            values[number] = values[number] + counts
        for call, links in reversed(self._links):
            for number, of_output in zip(call.outputs, links, strict=True):
                for link, source in zip(of_output, call.read, strict=True):
                    carried = values[source] + link.backward(values[number])
                    values[source] = np.minimum(carried, most)
        return values


def _links(graph: Graph, call: Call) -> list[list[Link]]:
    """Return how each output of a call hangs together with each tensor that it reads."""
    found = links_of(call, at_end=set(call.outputs) <= set(graph.outputs))
    masks = [sized(graph.shapes[number]) for number in call.masks]
    return [
        [*links, *(Everything(mask, sized(shape)) for mask in masks)]
        for links, shape in zip(found, call.shapes_out, strict=True)
    ]
