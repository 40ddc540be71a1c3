"""What a smaller model would weigh, found without building it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explainprune.network.layers.kind import Sized
from explainprune.network.protocol import Model
from explainprune.network.shrinking.deciding import plan_removal
from explainprune.network.shrinking.plan import Plan
from explainprune.network.shrinking.tracing import trace_model
from explainprune.network.variables import layer_variables, variables
from explainprune.network.ways.flops import flops_of_sized
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Left:
    """What `shrink` would leave of a model.

    Attributes
    ----------
    weights : tuple of ndarray
        In the order of the model's own; biases that constants are folded into come last.
    flops : int
        Of one row, as `size_of` counts them.
    """

    weights: tuple[Array, ...]
    flops: int

    @property
    def params(self) -> int:
        """How many numbers its weights hold."""
        return sum(values.size for values in self.weights)


def left_by_shrinking(model: Model, masks: Mapping[str, Array]) -> Left:
    """Weigh what would be left of a Sequential or Functional model, its masked entries zero.

    Parameters
    ----------
    model : keras.Model
    masks : mapping of str to ndarray of bool
        By variable path; True = keep.

    Raises
    ------
    TypeError, ValueError
        If the layer graph of the model is not known.
    """
    held = variables(model)
    by_id = {id(held[path]): np.asarray(mask) for path, mask in masks.items()}
    plan = plan_removal(trace_model(model, by_id))
    made, flops = {}, 0
    for index, placed in enumerate(plan.placed):
        change = plan.kinds[index].change(placed, plan.cuts[index])
        weights = {**placed.weights, **change.weights}
        made[id(placed.call.operation)] = (placed.call.operation, weights)
        flops += flops_of_sized(_sized(plan, index, weights))
    return Left(_in_order(model, made), flops)


def _sized(plan: Plan, index: int, weights: Mapping[str, Array]) -> Sized:
    """Return one call with the shapes that it would have."""
    call = plan.placed[index].call
    shapes = [
        tuple(_cut(plan, number)[1:] for number in numbers)
        for numbers in (call.inputs, call.outputs)
    ]
    return Sized(
        call.operation, shapes[0], shapes[1], {name: w.shape for name, w in weights.items()}
    )


def _cut(plan: Plan, number: int) -> tuple[int | None, ...]:
    shape, axis = list(plan.graph.shapes[number]), plan.axes[number]
    if axis > 0:
        shape[axis] = len(plan.keep[number])
    return tuple(shape)


def _in_order(
    model: Model, made: Mapping[int, tuple[object, Mapping[str, Array]]]
) -> tuple[Array, ...]:
    """Return all weights in the order of the model's variables, new ones behind them."""
    by_id: dict[int, Array] = {}
    new: list[Array] = []
    for op, weights in made.values():
        names = {name: id(variable) for name, variable in layer_variables(op).items()}
        for name, values in weights.items():
            if name in names:
                by_id[names[name]] = values
            else:
                new.append(values)
    own = [by_id[id(v)] for v in variables(model).values() if id(v) in by_id]
    return (*own, *new)
