"""Which rule each TensorFlow operation follows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from explainprune.lookup import nearest
from explainprune.network.tracing.called import called
from explainprune.network.tracing.dependence import layer_of
from explainprune.network.tracing.reaching import of_gradients
from explainprune.network.tracing.reaching.stops import has_slopes
from explainprune.network.walks.rescale import (
    linear,
    locally,
    nonlinear,
    pooling,
    quotients,
    steps,
    windows,
)
from explainprune.network.walks.rescale.regions import COMPARISONS, UNARY, single_source
from explainprune.network.walks.walk import Rule, Step, Walk

CONSTANT = ("IsFinite", "IsInf", "IsNan")
"""What these read of a tensor is its kind, not its values: dependence ends there."""

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
    "Conv3D": linear.convolution_whole,
    "DepthwiseConv2dNative": linear.convolution_whole,
    "Conv2DBackpropInput": linear.transposed,
    "Conv3DBackpropInputV2": linear.transposed,
    "MaxPool": pooling.max_pool,
    "MaxPool3D": pooling.max_pool_3d,
    "AvgPool": pooling.average_pool,
    "AvgPool3D": pooling.average_pool,
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


class Rescale:
    """The choice of a rule for each operation of a walk.

    Parameters
    ----------
    walk : Walk
    rules : mapping of str to rule
        By type of operation.

    Attributes
    ----------
    missing : list of operation
        Those that go by their gradient for lack of a rule.
    """

    def __init__(self, walk: Walk, rules: Mapping[str, Rule]) -> None:
        self.walk, self.rules = walk, rules
        self._gradients = of_gradients()
        self.missing: list[Any] = []

    def __call__(self, op: Any) -> Step:
        """Return the step of an operation that multipliers reach."""
        step = self._by_rule(op)
        if step is None and self._is_blind(op):
            step = Step(op, tuple(op.inputs), _nothing)
        if step is None:
            self.missing.insert(0, op)
            step = Step(op, tuple(op.inputs), locally.at_both_ends)
        return step

    def _by_rule(self, op: Any) -> Step | None:
        dependent = self.walk.dependent
        source = single_source(op, dependent, self.walk.order)
        if source is not None:
            return Step(op, (source,), partial(nonlinear.rescale_whole, source=source))
        chain = locally.chain_to(op, dependent)
        if chain:
            back = partial(locally.linear_chain, chain=chain)
            return Step(op, (chain[0].inputs[0],), back)
        rule = self.rules.get(op.type)
        if rule is pooling.max_pool and pooling.tiles(op) and op.inputs[0].op.type == "Relu":
            return Step(op, tuple(op.inputs[0].op.inputs), pooling.pool_of_relu)
        depending = sum(tensor.ref() in dependent for tensor in op.inputs)
        if rule is None or (op.type in ONE_SOURCE and depending > 1):
            return None
        return Step(op, tuple(op.inputs), rule)

    def _is_blind(self, op: Any) -> bool:
        """Tell whether an operation without a rule has no gradient either: ways end there."""
        if called(op):
            return False
        read = [place for place, tensor in enumerate(op.inputs) if self.walk.depends(tensor)]
        numbers = any(has_slopes(tensor) for tensor in op.outputs)
        return not numbers or all(self._gradients.at(op, place) for place in read)

    def refuse(self) -> None:
        """Raise if an operation has no rule, naming it (its name begins with the layer's)."""
        for op in self.missing[:1]:
            raise ValueError(
                f"deep_shap has no rule for operation {op.type!r} of layer {layer_of(op)!r}."
                f"{nearest(op.type, self.rules)} Pass fallback='gradient' to go by its gradient "
                "there, or use method='expected_gradients' or method='permutation', which need no "
                "rules."
            )


def _nothing(op: Any, grads: list[Any], depends: list[bool], pairs: Any) -> list[Any]:
    """Hand nothing on."""
    return [None] * len(op.inputs)
