"""By which rule relevance passes each operation."""

from __future__ import annotations

from functools import partial
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.relevance.kernels import kernels
from explainprune.network.walks.relevance.sharing import (
    KERNEL_RULES,
    by_input_times_gradient,
    each_its_own,
    halved,
    of_the_divided,
    routed,
    to_the_source,
)
from explainprune.network.walks.relevance.through import naming, through
from explainprune.network.walks.walk import Rule, Step, Walk

RULES = {
    "epsilon": {"dense": "epsilon", "convolution": "epsilon", "first convolution": "epsilon"},
    "zplus": {"dense": "zplus", "convolution": "zplus", "first convolution": "zplus"},
    "flat": {"dense": "flat", "convolution": "flat", "first convolution": "flat"},
    "composite": {"dense": "epsilon", "convolution": "zplus", "first convolution": "flat"},
}
"""How each kind of layer shares, by the name of the rule."""

CONSTANT = ("Rsqrt",)
"""Normalisation divides by a spread that counts as a constant: only what is divided is paid."""

ROUTES = (
    "BatchToSpaceND", "BroadcastTo", "Cast", "ConcatV2", "ExpandDims", "GatherV2", "Identity",
    "Max", "MaxPool", "MaxPool3D", "MirrorPad", "Pack", "Pad", "PadV2", "Reshape",
    "ResizeNearestNeighbor", "SpaceToBatchND", "Split", "SplitV", "Squeeze", "StridedSlice", "Tile",
    "Transpose", "Unpack",
)  # fmt: skip
"""What these output is one of the numbers they were given: all goes back to it, zero or not."""

BENDS = (
    "Abs", "Ceil", "Cos", "Elu", "Erf", "Erfc", "Exp", "Expm1", "Floor", "Inv", "LeakyRelu", "Log",
    "Log1p", "Maximum", "Minimum", "Pow", "Reciprocal", "Relu", "Relu6", "Round", "Selu", "Sigmoid",
    "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Square", "SquaredDifference", "Tanh",
)  # fmt: skip
"""Operations that bend each number on its own."""

KEEPS = (
    "Add", "AddV2", "BiasAdd", "Cast", "Equal", "Greater", "GreaterEqual", "Identity", "IdentityN",
    "Less", "LessEqual", "LogicalAnd", "LogicalNot", "LogicalOr", "Mul", "Neg", "NotEqual",
    "RealDiv", "Select", "SelectV2", "Sub",
)  # fmt: skip
"""Operations that an activation function may be made of besides."""

RECTIFIERS = ("Relu", "Relu6")

OPERATIONS: dict[str, Rule] = {
    **dict.fromkeys(ROUTES, routed),
    "IdentityN": each_its_own,
    **dict.fromkeys(("Mul", "MatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum"), halved),
    "RealDiv": of_the_divided,
}
"""Operations that don't share by input · gradient."""


def relevance_rules() -> tuple[str, ...]:
    """Return the names of the rules."""
    return tuple(RULES)


class Relevance:
    r"""The choice of a rule for each operation of a walk.

    A kernel's unit j shares what it got among its inputs i as :math:`R_i = q_{ij} R_j / Q_j`:

    - epsilon: :math:`q_{ij} = a_i w_{ij}`, with Q_j all that it sums, bias and normalisation
      included, plus a small number of its sign;
    - zplus: :math:`q_{ij} = \max(a_i w_{ij}, 0)`; flat: 1 for each live weight; Q_j their sum.

    Activation functions pass it on, products of two share it equally, quotients pay what is
    divided, and everything else shares by input · gradient, as epsilon does. The context of the
    rules is epsilon, relative to the largest number that a layer made of the sample.

    Parameters
    ----------
    walk : Walk
    rule : str
        A name in ``RULES``.
    read : collection of tensor
        Those at which relevance is asked: no rule passes them by.
    """

    def __init__(self, walk: Walk, rule: str, read: tuple[Any, ...] = ()) -> None:
        self._kinds = RULES[rule]
        self._bent = activations(walk, read)
        self._kernels = kernels(walk)

    def __call__(self, op: Any) -> Step:
        """Return the step of an operation that relevance reaches."""
        sources, rule = tuple(op.inputs), OPERATIONS.get(op.type, by_input_times_gradient)
        if op in self._bent:
            sources, rule = (self._bent[op],), to_the_source
        elif op in self._kernels:
            kernel = self._kernels[op]
            by = KERNEL_RULES[self._kinds[kernel.kind]]
            sources, rule = (kernel.data,), partial(by, kernel=kernel)
        return Step(op, sources, naming(rule))

    def at(self, tensor: Any, found: dict[Any, Any]) -> Any:
        """Return what arrived at a tensor, inside of a kernel's shifts and scales too, or None."""
        if tensor.ref() in found:
            return found[tensor.ref()]
        for kernel in self._kernels.values():
            if kernel.holds(tensor) and kernel.end.ref() in found:
                return kernel.moved_back(found[kernel.end.ref()], tensor)
        return None


def guided(op: Any) -> Step:
    """Return the step of an operation in guided backpropagation: ReLUs pass what is positive."""
    rule = rectified if op.type in RECTIFIERS else through
    return Step(op, tuple(op.inputs), naming(rule))


def rectified(op: Any, arrived: list[Any], depends: list[bool], context: Any = None) -> list[Any]:
    """Carry the positive part of a gradient back through a ReLU."""
    return through(op, [tf.nn.relu(arrived[0])], depends)


def activations(walk: Walk, read: tuple[Any, ...] = ()) -> dict[Any, Any]:
    """Return, for each operation that ends (a part of) an activation function, what it bends.

    GELU is five operations on one tensor with numbers in between; relevance passes all of them at
    once. An operation belongs to it if it reads nothing but one tensor, functions of that tensor,
    and single numbers. Shifts and scales of a channel (biases, normalisation) aren't single
    numbers: they are no part of it. A function ends at each of the tensors in `read`.
    """
    ends = {tensor.ref() for tensor in read}
    sources: dict[Any, Any] = {}
    bent: dict[Any, Any] = {}
    for op in walk.operations:
        if op.type not in BENDS and op.type not in KEEPS:
            continue
        source = _only_source(op, sources, walk)
        if source is None:
            continue
        for tensor in op.outputs:
            sources[tensor.ref()] = tensor if tensor.ref() in ends else source
        inputs = [tensor for tensor in op.inputs if walk.depends(tensor)]
        bends = op.type in BENDS or (op.type in ("Mul", "RealDiv") and len(inputs) == 2)
        if bends or any(tensor.op in bent for tensor in inputs):
            bent[op] = source
    return bent


def _only_source(op: Any, sources: dict[Any, Any], walk: Walk) -> Any:
    """Return the one tensor that an operation's inputs are functions of, or None."""
    found: dict[Any, Any] = {}
    for tensor in op.inputs:
        if walk.depends(tensor):
            source = sources.get(tensor.ref(), tensor)
            found[source.ref()] = source
        elif tensor.shape.rank != 0:
            return None
    only = list(found.values())
    return only[0] if len(only) == 1 and _same_shape(only[0], op.outputs[0]) else None


def _same_shape(a: Any, b: Any) -> bool:
    return a.shape.rank is not None and a.shape.as_list() == b.shape.as_list()
