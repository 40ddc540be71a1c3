"""Element-wise functions of one tensor that are written with several operations."""

from __future__ import annotations

from typing import Any

UNARY = (
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Digamma",
    "Elu", "Erf", "Erfc", "Exp", "Expm1", "Floor", "Inv", "LeakyRelu", "Lgamma", "Log", "Log1p",
    "Reciprocal", "Relu", "Relu6", "Rint", "Round", "Rsqrt", "Selu", "Sigmoid", "Sign", "Sin",
    "Sinh", "Softplus", "Softsign", "Sqrt", "Square", "Tan", "Tanh",
)  # fmt: skip
COMPARISONS = ("Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual")
_JOINING = ("DivNoNan", "Maximum", "Minimum", "Mul", "MulNoNan", "Pow", "RealDiv", "Select",
            "SelectV2", "Xdivy", "Xlog1py", "Xlogy")  # fmt: skip
_PASSED_THROUGH = (
    *UNARY, *_JOINING, *COMPARISONS, "Add", "AddN", "AddV2", "Cast", "ClipByValue", "Identity",
    "LogicalAnd", "LogicalNot", "LogicalOr", "Neg", "SquaredDifference", "Sub",
)  # fmt: skip


def single_source(op: Any, dependent: set[Any], order: dict[Any, int]) -> Any:
    """Return the nearest tensor of which `op` is an element-wise function, None if there is none.

    swish is x · sigmoid(x), an activation may be a choice between two functions of x: what they
    are made of needs no rules where the slope of the whole is known.

    Parameters
    ----------
    op : operation
    dependent : set of tensor references
        Tensors that depend on the network's input.
    order : dict of operation to int
        When each was made.
    """
    if op.type not in _JOINING:
        return None
    shape = op.outputs[0].shape.as_list()
    open_ = _read(op, dependent)
    while len(open_) > 1 or not next(iter(open_.values())).dtype.is_floating:
        latest = max(open_.values(), key=lambda tensor: order[tensor.op])
        if latest.op.type not in _PASSED_THROUGH or latest.shape.as_list() != shape:
            return None
        del open_[latest.ref()]
        open_ |= _read(latest.op, dependent)
        if not open_:
            return None
    (source,) = open_.values()
    return source if source.shape.as_list() == shape and source.op is not op else None


def _read(op: Any, dependent: set[Any]) -> dict[Any, Any]:
    return {tensor.ref(): tensor for tensor in op.inputs if tensor.ref() in dependent}
