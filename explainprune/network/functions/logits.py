"""Find the logits behind a final softmax or sigmoid, in the traced graph: no layer is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from explainprune.network.backend import tf

# Operations that only move or retype what they are given: looked through, then done again.
SLICE = "StridedSlice"
_MOVES = {"Identity", "IdentityN", "Reshape", "Transpose", "Squeeze", "ExpandDims", "Cast", SLICE}
_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


@dataclass(frozen=True)
class Head:
    """The end of one output.

    Attributes
    ----------
    kind : str
        ``"softmax"``, ``"sigmoid"``, or ``"raw"`` where neither ends the output.
    logits : tensor
        What went into it, shaped like the output; the output itself if raw.
    centred : tensor
        The logits minus their mean over the last axis, which removes the softmax's free constant;
        the logits themselves behind a sigmoid, which leaves none.
    """

    kind: str
    logits: Any
    centred: Any


def find_head(output: Any) -> Head:
    """Look through the end of a symbolic output tensor of the graph being traced."""
    moves, tensor = [], output
    while tensor.op.type in _MOVES and tensor.op.inputs:
        moves.append(tensor.op)
        tensor = tensor.op.inputs[tensor.value_index if tensor.op.type == "IdentityN" else 0]
    kind = {"Softmax": "softmax", "Sigmoid": "sigmoid"}.get(tensor.op.type, "raw")
    if kind == "softmax" and any(op.type == SLICE for op in moves):
        kind = "raw"  # some of its shares don't tell logits
    if kind == "raw":
        return Head(kind, output, _centred(output))
    logits = tensor.op.inputs[0]
    centred = _centred(logits) if kind == "softmax" else logits
    return Head(kind, _again(moves, logits, output), _again(moves, centred, output))


def _centred(logits: Any) -> Any:
    """Subtract the mean over the last axis: a model may end in logits, its softmax in the loss."""
    if logits.shape.rank < 2 or logits.shape[-1] == 1:
        return logits
    return logits - tf.reduce_mean(logits, axis=-1, keepdims=True)


def _again(moves: list[Any], tensor: Any, output: Any) -> Any:
    """Repeat the moves, the last found first."""
    for op in reversed(moves):
        if op.type == "Reshape":
            tensor = tf.reshape(tensor, op.inputs[1])
        elif op.type == "Transpose":
            tensor = tf.transpose(tensor, op.inputs[1])
        elif op.type == "Squeeze":
            tensor = tf.squeeze(tensor, axis=list(op.get_attr("squeeze_dims")) or None)
        elif op.type == SLICE:
            begin, end, strides = op.inputs[1:4]
            masks = {name: op.get_attr(name) for name in _MASKS}
            tensor = tf.strided_slice(tensor, begin, end, strides, **masks)
        elif op.type == "ExpandDims":
            tensor = tf.expand_dims(tensor, op.inputs[1])
        elif op.type == "Cast":
            tensor = tf.cast(tensor, op.outputs[0].dtype)
    tensor.set_shape(output.shape)
    return tensor
