"""From a Keras graph to a network of scalar elements."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy import sparse

from explainprune.network.functions.scores import loss_of, takes_class_scores
from explainprune.network.functions.signature import signature_of
from explainprune.network.graph.graph import Graph, read_graph
from explainprune.network.layers.activations import centred_logits
from explainprune.network.layers.registry import kind_of
from explainprune.network.protocol import Model
from explainprune.network.scalars.affine import INPUTS, Affine, joined
from explainprune.network.scalars.elements import Unrolled, pruned_away
from explainprune.network.scalars.tensors import Reading, Tensor
from explainprune.network.variables import variables
from explainprune.types import OUTPUTS, Array


def unroll(
    model: Model,
    output: str = "logit",
    *,
    masks: Mapping[str, Array] | None = None,
    yes_or_no: bool = False,
) -> Unrolled:
    """Read a Sequential or Functional model as a network of scalar elements, in float64.

    Parameters
    ----------
    model : keras.Model
        Of any number of inputs and outputs, nested models among its layers included.
    output : {"logit", "centred", "probability"}
        As a `KerasNetwork` explains it.
    masks : mapping of str to ndarray of bool, optional
        By variable path: entries read as zero where False.
    yes_or_no : bool
        Set "no" beside the "yes" of an output of one unit, as a `KerasNetwork` does.

    Raises
    ------
    ValueError
        Naming the first layer that isn't known, and why.

    Examples
    --------
    >>> from explainprune.network.building import perceptron
    >>> network = unroll(perceptron(3, 2, hidden=(4,)))
    >>> network.layers[0].name_of(2), network.outputs(np.zeros((1, 3)))
    ('hidden_1[2]', array([[0., 0.]]))
    """
    if output not in OUTPUTS:
        raise ValueError(f"the explained output, {output!r}, is not one of the layers' own")
    graph = read_graph(model)
    held = variables(model) if masks else {}
    reading = Reading(masks={id(held[path]): mask for path, mask in (masks or {}).items()})
    tensors = _inputs(graph)
    n_inputs = sum(tensors[number].affine.width for number in graph.inputs)
    for call in graph.calls:
        given = [tensors[number] for number in call.inputs]
        try:
            if len(call.outputs) != 1:
                raise ValueError("it has several outputs")
            if call.masks:
                raise ValueError("it is told which steps to skip")
            if getattr(call.operation, "quantization_mode", None):
                raise ValueError("its kernel is quantised")
            scalars = kind_of(call.operation).scalars
            if scalars is None:
                raise ValueError("layers of this kind are not known")
            made = scalars(call, given, reading)
        except ValueError as reason:
            raise ValueError(f"layer {call.path!r} ({call.shown}) is not read: {reason}") from None
        tensors[call.outputs[0]] = made
    names = signature_of(model).output_names
    outputs = [
        _explained(tensors[number], output, model, index, names[index])
        for index, number in enumerate(graph.outputs)
    ]
    together = _both(outputs[0], output) if yes_or_no else joined(outputs)
    return pruned_away(Unrolled(n_inputs, tuple(reading.layers), together))


def _inputs(graph: Graph) -> dict[int, Tensor]:
    """Lay all inputs flat, one after another."""
    shapes = {number: graph.shapes[number][1:] for number in graph.inputs}
    for shape in shapes.values():
        if None in shape:
            raise ValueError(f"an input of shape {shape} leaves sizes open")
    sizes = [math.prod(int(size or 0) for size in shape) for shape in shapes.values()]
    everything = sparse.eye_array(sum(sizes), format="csc")
    found, start = {}, 0
    for (number, shape), size in zip(shapes.items(), sizes, strict=True):
        columns = everything[:, start : start + size]
        affine = Affine({INPUTS: columns}, np.zeros(size))
        found[number] = Tensor(affine, tuple(int(each or 0) for each in shape))
        start += size
    return found


def _both(yes: Affine, output: str) -> Affine:
    """Set "no" beside "yes"."""
    if output == "probability":
        return joined([yes.scaled(-1.0, 1.0), yes])
    size = 0.5 if output == "centred" else 1.0
    return joined([yes.scaled(-size), yes.scaled(size)])


def _explained(tensor: Tensor, output: str, model: Model, index: int, name: str) -> Affine:
    """Return what is explained of one output, as `KerasNetwork` chooses it."""
    head = tensor.head
    width = tensor.shape[-1] if tensor.shape else 1
    scores = takes_class_scores(model, index, name) and width > 1
    if output == "probability":
        if head is None and (scores or loss_of(model, index, name).startswith("binary")):
            raise ValueError(f"the probability of output {name!r} is not computed by its layers")
        return tensor.affine
    if head is not None:
        return head.centred if output == "centred" else head.logits
    if output == "centred" and scores:
        return centred_logits(tensor.affine, tensor.shape)
    return tensor.affine
