"""How marks pass an operation: place by place where that is known, all together elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.tracing.again import again
from explainprune.network.tracing.reaching.marks import Marks
from explainprune.types import Array

ALONE = frozenset(
    ("Abs", "Acos", "Acosh", "Add", "AddN", "AddV2", "AsString", "Asin", "Asinh", "Atan", "Atan2",
     "Atanh", "BiasAdd", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Bucketize", "Cast", "Ceil",
     "CheckNumerics", "ClipByValue", "Cos", "Cosh", "Digamma", "Div", "DivNoNan", "Elu",
     "EnsureShape", "Equal", "Erf", "Erfc", "Exp", "Expm1", "FloorDiv", "FloorMod", "Floor",
     "Greater", "GreaterEqual", "Identity", "IdentityN", "Inv", "IsFinite", "IsInf", "IsNan",
     "LeakyRelu", "LeftShift", "Less", "LessEqual", "Lgamma", "Log", "Log1p", "LogicalAnd",
     "LogicalNot", "LogicalOr", "LookupTableFind", "LookupTableFindV2", "Maximum", "Minimum",
     "Mod", "Mul", "MulNoNan", "Neg", "NotEqual", "Pow", "PreventGradient", "RealDiv",
     "Reciprocal", "Relu", "Relu6", "RightShift", "Rint", "Round", "Rsqrt", "Select", "SelectV2",
     "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Snapshot", "Softplus", "Softsign", "Sqrt",
     "Square", "SquaredDifference", "StaticRegexReplace", "StopGradient", "StringLower",
     "StringToHashBucketFast", "StringToHashBucketStrong", "StringToNumber", "Sub", "Tan", "Tanh",
     "TruncateDiv", "TruncateMod", "Xdivy", "Xlog1py", "Xlogy")
)  # fmt: skip
"""Operations that make each number of those in the same place, broadcast."""

MOVES = frozenset(
    ("BroadcastTo", "ConcatV2", "DepthToSpace", "ExpandDims", "GatherNd", "GatherV2", "MirrorPad",
     "Pack", "Pad", "PadV2", "ReverseV2", "Roll", "Slice", "SpaceToDepth", "Split", "SplitV",
     "Squeeze", "StridedSlice", "Tile", "Transpose", "Unpack")
)  # fmt: skip
"""Operations that only put numbers elsewhere: done again, on the numbers of marks."""

REDUCES = frozenset(("All", "Any", "ArgMax", "ArgMin", "Max", "Mean", "Min", "Prod", "Sum"))
LAST = frozenset(("LogSoftmax", "Softmax", "TopK", "TopKV2"))
"""Operations that mix numbers along the last axis."""


def spread(op: Any, given: list[Array | None], marks: Marks) -> list[Array]:
    """Return the marks of an operation's outputs from those of its inputs; None is a constant."""
    try:
        found = _known(op, given, marks)
    except Exception:  # whatever an operation says to numbers it wasn't made for
        found = None
    if found is None:
        whole = marks.whole([each for each in given if each is not None])
        return [np.broadcast_to(np.int32(whole), one_row(tensor)) for tensor in op.outputs]
    return found


def one_row(tensor: Any) -> tuple[int, ...]:
    """Return a tensor's shape for one row; sizes not known count as one."""
    if tensor.shape.rank is None:
        return ()
    return tuple(size or 1 for size in tensor.shape.as_list())


def _known(op: Any, given: list[Array | None], marks: Marks) -> list[Array] | None:
    present = [each for each in given if each is not None]
    if op.type == "IdentityN":
        empty = [np.zeros(one_row(tensor), np.int32) for tensor in op.outputs]
        return [e if g is None else g for g, e in zip(given, empty, strict=True)]
    if op.type in ALONE:
        return [marks.beside(present)]
    if op.type == "Reshape":
        return [present[0].reshape(_open(op.outputs[0]))]
    if op.type in MOVES:
        return _moved(op, given)
    if op.type in REDUCES:
        axes = np.ravel(_constant(op.inputs[1]))
        keep = op.type not in ("ArgMax", "ArgMin") and op.get_attr("keep_dims")
        rank = present[0].ndim
        return [marks.along(present[0], tuple(int(axis) % rank for axis in axes), keep)]
    if op.type in LAST and len(present) == 1:
        mixed = marks.along(present[0], (present[0].ndim - 1,), True)
        widths = [tensor.shape[-1] for tensor in op.outputs]
        return [np.broadcast_to(mixed, (*mixed.shape[:-1], width)) for width in widths]
    if op.type in ("MatMul", "BatchMatMulV2") and given[1] is None:
        if op.type == "MatMul" and op.get_attr("transpose_a"):
            return None
        mixed = marks.along(present[0], (present[0].ndim - 1,), True)
        return [np.broadcast_to(mixed, (*mixed.shape[:-1], op.outputs[0].shape[-1]))]
    if op.type == "OneHot" and len(present) == 1:
        axis = op.get_attr("axis")
        wide = np.expand_dims(present[0], axis if axis >= 0 else present[0].ndim)
        depth = op.outputs[0].shape[axis]
        return [np.repeat(wide, depth, axis=axis)]
    if op.type.startswith("TensorList"):
        return _listed(op, given, marks)
    if op.type == "ResourceGather":
        return [_looked_up(present[0], op.outputs[0])]
    return None


def _listed(op: Any, given: list[Array | None], marks: Marks) -> list[Array] | None:
    """Follow a list of tensors, all of whose items count as one: what loops read and write."""
    if op.type == "TensorListFromTensor" and given[0] is not None:
        return [marks.along(given[0], (0,), False)]
    if op.type == "TensorListStack" and given[0] is not None:
        return [np.broadcast_to(given[0], (op.outputs[0].shape[0] or 1, *given[0].shape))]
    if op.type == "TensorListGetItem" and given[0] is not None and given[1] is None:
        return [given[0]]
    if op.type == "TensorListSetItem" and given[1] is None:
        return [marks.beside([each for each in given if each is not None])]
    return None


def _moved(op: Any, given: list[Array | None]) -> list[Array] | None:
    """Do a move again on numbers of marks; what it is moved by must be known."""
    if op.type == "GatherV2" and given[1] is not None:
        if given[0] is None and int(_constant(op.inputs[2])) == 0:
            return [_looked_up(given[1], op.outputs[0])]
        return None
    inputs: list[Any] = []
    for tensor, marked in zip(op.inputs, given, strict=True):
        if marked is not None:
            inputs.append(np.ascontiguousarray(marked))
        elif _is_data(op, tensor):
            inputs.append(np.zeros(one_row(tensor), np.int32))
        else:
            inputs.append(_constant(tensor))
    if op.type == "PadV2":
        inputs[2] = np.int32(0)
    with tf.init_scope():  # now, not in the graph that is being traced
        made = again(op, [tf.constant(each) for each in inputs])
        return [each.numpy() for each in (made if isinstance(made, (list, tuple)) else [made])]


def _is_data(op: Any, tensor: Any) -> bool:
    """Tell whether a constant input is joined to what is moved, in place of saying where to."""
    if op.type == "Pack":
        return True
    return op.type == "ConcatV2" and tensor is not op.inputs[-1]


def _looked_up(indices: Array, made: Any) -> Array:
    """Return the marks of rows of a constant table that are picked by what hangs on features."""
    behind = made.shape.rank - indices.ndim
    wide = indices.reshape(*indices.shape, *[1] * behind)
    return np.broadcast_to(wide, (*indices.shape, *one_row(made)[indices.ndim :]))


def _open(tensor: Any) -> tuple[int, ...]:
    """Return a shape whose one size that isn't known follows from the others."""
    return tuple(-1 if size is None else size for size in tensor.shape.as_list())


def _constant(tensor: Any) -> Array:
    value = tf.get_static_value(tensor)
    if value is None:
        raise ValueError(f"{tensor.name} is not a constant")
    return np.asarray(value)
