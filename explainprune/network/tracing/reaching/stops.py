"""Where ways back end: operations whose inputs get nothing of what comes to their outputs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from explainprune.network.backend import tf


@dataclass(frozen=True)
class Stops:
    """Where ways back end.

    Attributes
    ----------
    at : callable
        ``(operation, which of its inputs)`` → whether that input gets nothing.
    integers : bool
        Whether nothing comes back through integers and booleans, whatever the operation.
    jumps : collection of str
        Types of operations through which something comes back, but nothing of their jumps.
    """

    at: Callable[[Any, int], bool]
    integers: bool = True
    jumps: Collection[str] = ()

    def end_at(self, tensor: Any) -> bool:
        """Tell whether nothing can come back to a tensor."""
        return self.integers and not has_slopes(tensor)


STEPS = frozenset(
    ("Ceil", "Floor", "FloorDiv", "LinSpace", "PreventGradient", "Range", "Rint", "Round", "Sign",
     "StopGradient", "TruncateDiv")
)  # fmt: skip
"""Operations on numbers whose gradient is zero or missing, whatever their value hangs on."""

JUMPS = (
    "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel",
    "FloorMod", "Mod", "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3",
    "QuantizeAndDequantizeV4", "TruncateMod",
)  # fmt: skip
"""Operations whose gradient knows nothing of their jumps: x − mod(x, 1) is floor(x)."""

SMOOTH = frozenset(
    ("Add", "AddN", "AddV2", "AvgPool", "AvgPool3D", "BatchMatMulV2", "BatchToSpaceND", "BiasAdd",
     "BroadcastTo", "Cast", "ConcatV2", "Conv2D", "Conv2DBackpropInput", "Conv3D",
     "Conv3DBackpropInputV2", "Cos", "Cumsum", "DepthwiseConv2dNative", "Einsum", "Elu", "Erf",
     "Exp", "ExpandDims", "FusedBatchNormV3", "GatherV2", "Identity", "LeakyRelu", "Log", "Log1p",
     "LogSoftmax", "MatMul", "Max", "MaxPool", "MaxPool3D", "Maximum", "Mean", "Min", "Minimum",
     "Mul", "Neg", "Pack", "Pad", "PadV2", "Pow", "ReadVariableOp", "RealDiv", "Relu", "Relu6",
     "Reshape", "ReverseV2", "Rsqrt", "Select", "SelectV2", "Selu", "Sigmoid", "Sin", "Slice",
     "Softmax", "Softplus", "SpaceToBatchND", "Split", "SplitV", "Sqrt", "Square",
     "SquaredDifference", "Squeeze", "StridedSlice", "Sub", "Sum", "Tanh", "Tile", "TopKV2",
     "Transpose", "Unpack")
)  # fmt: skip
"""Operations that have a gradient for every number they read; others are asked for it."""


def has_slopes(tensor: Any) -> bool:
    """Tell whether gradients can come to a tensor: numbers, and lists of them."""
    kind = tensor.dtype
    return bool(kind.is_floating or kind.is_complex or kind in (tf.variant, tf.resource))


def of_gradients() -> Stops:
    """Return the stops of TensorFlow's gradients; to be asked while the graph is being traced."""

    @cache
    def missing(op: Any) -> list[bool]:
        return _missing(op)

    def stops(op: Any, place: int) -> bool:
        if op.type in STEPS or not any(has_slopes(tensor) for tensor in op.outputs):
            return True
        if not has_slopes(op.inputs[place]):
            return True
        return op.type not in SMOOTH and missing(op)[place]

    return Stops(stops, jumps=JUMPS)


def _missing(op: Any) -> list[bool]:
    """Ask for the gradients of one operation."""
    outputs = [tensor for tensor in op.outputs if has_slopes(tensor)]
    if any(tensor.dtype == tf.variant for tensor in (*op.inputs, *op.outputs)):
        return [False] * len(op.inputs)  # lists of tensors, as loops keep them
    try:
        with op.graph.as_default():
            found = tf.gradients(outputs, list(op.inputs), stop_gradients=list(op.inputs))
    except Exception:  # no gradient is registered, or it fails in its own way
        return [True] * len(op.inputs)
    return [gradient is None for gradient in found]


def of_walk(ended: Collection[tuple[Any, Any]], constant: Collection[str] = ()) -> Stops:
    """Return the stops of a walk that noted where it handed nothing on.

    Parameters
    ----------
    ended : collection of (operation, tensor reference)
    constant : collection of str
        Types of operations whose outputs counted as constants.
    """

    def stops(op: Any, place: int) -> bool:
        return op.type in constant or (op, op.inputs[place].ref()) in ended

    return Stops(stops, integers=False)


NOWHERE = Stops(lambda op, place: False, integers=False)
"""Nothing ends: what hangs on what, and no more."""
