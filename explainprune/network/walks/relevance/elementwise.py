"""Activation functions in a traced graph, whatever operations they are made of."""

from __future__ import annotations

from typing import Any

from explainprune.network.walks.walk import Walk

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
