"""Gradients of single operations: of those that are linear, and of those without a rule."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.tracing.again import again as retyped
from explainprune.network.walks.pairs import Pairs, has_rows

Grads = list[Any]


def linear(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Carry back through an operation that is linear in what depends: its own gradient, anywhere.

    Raises
    ------
    ValueError
        If more than one of its inputs depends.
    """
    if sum(depends) > 1 and op.type not in _JOINTLY:
        raise ValueError(f"operation {op.name!r} multiplies what depends on the inputs")
    given = [
        tf.zeros(pairs.sizes(tensor), _floating(tensor)) if depend else _fixed(tensor, pairs)
        for tensor, depend in zip(op.inputs, depends, strict=True)
    ]
    return _gradient(op, given, grads, depends)


def _floating(tensor: Any) -> Any:
    """Return a tensor's dtype; integers and booleans that are only moved count as numbers."""
    return tensor.dtype if tensor.dtype.is_floating else tf.float32


_JOINTLY = ("ScatterNd", "TensorScatterUpdate", "DynamicStitch", "ParallelConcat")


def chain_to(op: Any, dependent: set[Any]) -> list[Any]:
    """Return the operations from SpaceToBatchND to `op`, a BatchToSpaceND: a dilated convolution.

    Between them blocks of places are rows of their own, so that they are carried back as one
    linear operation. Empty if `op` is another one or another way leads there.
    """
    chain = [op]
    while chain[-1].type != "SpaceToBatchND":
        read = [tensor for tensor in chain[-1].inputs if tensor.ref() in dependent]
        if op.type != "BatchToSpaceND" or len(read) != 1:
            return []
        chain.append(read[0].op)
    return chain[::-1]


def linear_chain(
    op: Any, grads: Grads, depends: list[bool], pairs: Pairs, *, chain: list[Any]
) -> Grads:
    """Carry back through several operations, one after the other, that are linear together."""
    start = chain[0].inputs[0]
    first = tensor = tf.zeros(pairs.sizes(start), start.dtype)
    before = start
    for each in chain:
        given = [tensor if t.ref() == before.ref() else t for t in each.inputs]
        before, tensor = each.outputs[0], _again(each, given).outputs[0]
    return [tf.gradients(tensor, first, grad_ys=grads[0])[0]]


def at_both_ends(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Take the mean of an operation's gradients at sample and reference: it may not add up."""
    found: list[Grads] = []
    for end in (0, 1):
        given = [
            pairs.for_targets(pairs.of(tensor)[end], tensor) if depend else _fixed(tensor, pairs)
            for tensor, depend in zip(op.inputs, depends, strict=True)
        ]
        given = [tf.cast(each, t.dtype) for each, t in zip(given, op.inputs, strict=True)]
        found.append(_gradient(op, given, grads, depends))
    return [None if a is None or b is None else (a + b) / 2 for a, b in zip(*found, strict=True)]


def _fixed(tensor: Any, pairs: Pairs) -> Any:
    """Return a constant input with a row for each target and pair, if it has rows."""
    if not has_rows(tensor):
        return tensor
    return tf.cast(pairs.for_targets(pairs.constant(tensor), tensor), tensor.dtype)


def _gradient(op: Any, given: list[Any], grads: Grads, depends: list[bool]) -> Grads:
    """Do the operation again on `given` and return its gradient there."""
    alike = all(each.dtype == tensor.dtype for each, tensor in zip(given, op.inputs, strict=True))
    again = _again(op, given).outputs if alike else [retyped(op, given)]
    wanted = [each for each, depend in zip(given, depends, strict=True) if depend]
    outputs, weights = [], []
    for tensor, grad in zip(again, grads, strict=True):
        if grad is not None and tensor.dtype.is_floating:
            outputs.append(tensor)
            weights.append(grad)
    found = iter(
        tf.gradients(outputs, wanted, grad_ys=weights) if outputs else [None] * len(wanted)
    )
    return [next(found) if depend else None for depend in depends]


def _again(op: Any, given: list[Any]) -> Any:
    """Do an operation on other inputs."""
    dtypes = [tensor.dtype for tensor in op.outputs]
    return op.graph.create_op(op.type, given, dtypes, attrs=op.node_def.attr, op_def=op.op_def)
