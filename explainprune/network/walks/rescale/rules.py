"""Which rule each TensorFlow operation follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.network.walks.rescale import (
    linear,
    locally,
    nonlinear,
    pooling,
    quotients,
    steps,
    windows,
)
from explainprune.network.walks.rescale.regions import COMPARISONS, UNARY

Rule = Callable[..., list[Any]]
"""``rule(op, grads, depends, pairs)`` → one gradient (or None) for each of the op's inputs."""

ONE_SOURCE = ("Atan2", "ClipByValue", "FloorMod", "Pow", "TruncateMod", "Xdivy", "Xlog1py", "Xlogy")
"""Element-wise functions of several inputs that have a rule where one input depends only."""

PASSED = ("Identity", "IdentityN", "BiasAdd", "Cast", "Snapshot", "EnsureShape", "StopGradient",
          "PreventGradient", "CheckNumerics")  # fmt: skip

LINEAR = (
    "BatchToSpace", "BatchToSpaceND", "Cumsum", "DepthToSpace",
    "ExtractImagePatches", "GatherNd", "ImageProjectiveTransformV3",
    "MatrixBandPart", "MatrixDiagPartV3", "MatrixDiagV3", "MatrixSetDiagV3", "ResizeArea",
    "ResizeBicubic", "ReverseSequence", "ReverseV2", "Roll", "ScatterNd", "SpaceToBatch",
    "SpaceToBatchND", "FusedBatchNormV3", "SpaceToDepth", "TensorScatterUpdate",
    "UnsortedSegmentSum",
)  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys((*UNARY, *ONE_SOURCE), nonlinear.rescale),
    **dict.fromkeys(PASSED, linear.passed),
    **dict.fromkeys(LINEAR, locally.linear),
    **dict.fromkeys(COMPARISONS, steps.compare),
    "LogicalAnd": steps.both,
    "LogicalOr": steps.either,
    "LogicalNot": linear.negate,
    "Select": steps.choose,
    "SelectV2": steps.choose,
    "Relu": nonlinear.relu,
    "Add": linear.add,
    "AddV2": linear.add,
    "AddN": linear.add,
    "Sub": linear.subtract,
    "Neg": linear.negate,
    "Mul": nonlinear.multiply,
    "RealDiv": quotients.divide,
    "SquaredDifference": nonlinear.squared_difference,
    "Maximum": nonlinear.extremum,
    "Minimum": nonlinear.extremum,
    "Softmax": nonlinear.softmax,
    "LogSoftmax": nonlinear.log_softmax,
    "MatMul": nonlinear.matrix_multiply,
    "BatchMatMulV2": nonlinear.matrix_multiply,
    "BatchMatMulV3": nonlinear.matrix_multiply,
    "Einsum": linear.einsum,
    "Conv2D": linear.convolution,
    "Conv3D": linear.convolution_3d,
    "DepthwiseConv2dNative": linear.depthwise,
    "Conv2DBackpropInput": linear.transposed,
    "Conv3DBackpropInputV2": linear.transposed_3d,
    "MaxPool": pooling.max_pool,
    "MaxPool3D": pooling.max_pool_3d,
    "AvgPool": pooling.average_pool,
    "AvgPool3D": pooling.average_pool_3d,
    "Max": pooling.reduce_max,
    "Min": pooling.reduce_max,
    "Any": pooling.reduce_max,
    "All": pooling.reduce_max,
    "Sum": pooling.reduce_sum,
    "Mean": pooling.reduce_mean,
    "Reshape": linear.reshaped,
    "Squeeze": linear.reshaped,
    "ExpandDims": linear.reshaped,
    "Transpose": linear.transpose,
    "Pad": linear.pad,
    "PadV2": linear.pad,
    "MirrorPad": linear.mirror_pad,
    "ConcatV2": linear.concatenate,
    "Split": linear.split,
    "SplitV": linear.split,
    "Unpack": linear.unstack,
    "Pack": linear.stack,
    "BroadcastTo": linear.broadcast,
    "Slice": linear.cut,
    "StridedSlice": linear.strided_slice,
    "Tile": linear.tile,
    "GatherV2": linear.gather,
    "ResizeNearestNeighbor": linear.resize,
    "ResizeBilinear": linear.resize,
}

MAX_POOLS: dict[str, dict[str, Rule]] = {
    "winner": {},
    "shapley": dict.fromkeys(("MaxPool", "MaxPool3D"), windows.max_pool_by_shapley),
}
"""How pooled maxima are shared: all to one place, as the shap package does, or over the window."""
