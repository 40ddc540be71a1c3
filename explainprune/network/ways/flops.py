"""What one row costs: two operations for each multiply-add."""

from __future__ import annotations

from explainprune.network.graph.graph import Call
from explainprune.network.layers.kind import Sized
from explainprune.network.layers.registry import kind_of
from explainprune.network.variables import layer_variables


def flops_of(call: Call) -> int:
    """Count the multiply-adds of one call on one row, ×2; kinds that aren't known cost nothing.

    Counted are products with weights and of activations with each other (attention), and one
    multiply-add for each number that a normalisation layer scales. Biases, activation functions
    and pooling are not. Sizes that the graph leaves open count as one.
    """
    weights = {name: tuple(v.shape) for name, v in layer_variables(call.operation).items()}
    read, made = (tuple(s[1:] for s in shapes) for shapes in (call.shapes_in, call.shapes_out))
    return flops_of_sized(Sized(call.operation, read, made, weights))


def flops_of_sized(call: Sized) -> int:
    """Count those of a call that need not exist."""
    count = kind_of(call.operation).multiply_adds
    return 0 if count is None else 2 * count(call)
