"""Which layers units can be followed through: one line for each, everything else is left whole.

Layers are recognised by their exact class: a subclass may do anything. To teach a new one, write
its `Kind` (see `kind.py`; `linked.linked` builds most) and add it here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call
from explainprune.network.layers import merging
from explainprune.network.layers.applications import application_kinds
from explainprune.network.layers.attention import ATTENTION
from explainprune.network.layers.channelwise import (
    BATCH_NORM,
    DEPTHWISE,
    GROUPED,
    PRELU,
    one_group_each,
)
from explainprune.network.layers.embedding import EMBEDDING
from explainprune.network.layers.kernels import KERNEL
from explainprune.network.layers.kind import Kind
from explainprune.network.layers.passing import COMPUTED, PASSING
from explainprune.network.layers.recurrent import RECURRENT
from explainprune.network.layers.reshaping import MOVING, MOVING_OPERATION, RESHAPE
from explainprune.network.layers.separable import SEPARABLE
from explainprune.network.layers.units import LeaveWhole
from explainprune.network.layers.wrapped import inside, time_distributed

KINDS: dict[type, Kind] = {
    keras.layers.Dense: KERNEL,
    keras.layers.Conv1D: KERNEL,
    keras.layers.Conv2D: KERNEL,
    keras.layers.Conv3D: KERNEL,
    keras.layers.Conv1DTranspose: KERNEL,
    keras.layers.Conv2DTranspose: KERNEL,
    keras.layers.Conv3DTranspose: KERNEL,
    keras.layers.SeparableConv1D: SEPARABLE,
    keras.layers.SeparableConv2D: SEPARABLE,
    keras.layers.DepthwiseConv1D: DEPTHWISE,
    keras.layers.DepthwiseConv2D: DEPTHWISE,
    keras.layers.Embedding: EMBEDDING,
    keras.layers.LSTM: RECURRENT,
    keras.layers.GRU: RECURRENT,
    keras.layers.SimpleRNN: RECURRENT,
    keras.layers.Bidirectional: RECURRENT,
    keras.layers.MultiHeadAttention: ATTENTION,
    keras.layers.GroupQueryAttention: ATTENTION,
    keras.layers.BatchNormalization: BATCH_NORM,
    keras.layers.PReLU: PRELU,
    keras.layers.Flatten: MOVING,
    keras.layers.Permute: MOVING,
    keras.layers.RepeatVector: MOVING,
    keras.layers.Reshape: RESHAPE,
    keras.layers.Add: merging.ADD,
    keras.layers.Subtract: merging.SUBTRACT,
    keras.layers.Multiply: merging.MULTIPLY,
    keras.layers.Average: merging.AVERAGE,
    keras.layers.Maximum: merging.MAXIMUM,
    keras.layers.Minimum: merging.MINIMUM,
    keras.layers.Concatenate: merging.CONCATENATE,
    **PASSING,
    **application_kinds(),
}

_OVER = "it normalises each row over its units"
MIXING = {
    "LayerNormalization": _OVER,
    "RMSNormalization": _OVER,
    "UnitNormalization": _OVER,
    "GroupNormalization": _OVER,
    "Softmax": "it weighs its units against each other",
    "Dot": "it multiplies units with each other",
}
"""Layers that are known to mix units, with the reason given for leaving them whole."""

OPERATIONS: dict[str, Kind] = {
    "Add": merging.ADD,
    "Subtract": merging.SUBTRACT,
    "Multiply": merging.MULTIPLY,
    "Maximum": merging.MAXIMUM,
    "Minimum": merging.MINIMUM,
    "Concatenate": merging.CONCATENATE,
}
"""``keras.ops`` that act entry by entry, by class name; with numbers, or with tensors alone."""

MOVING_OPERATIONS = frozenset(["GetItem", "Squeeze", "ExpandDims", "Transpose", "Flip", "Roll"])
"""``keras.ops`` that only put entries elsewhere: followed where they leave units in their order."""

ALONE = frozenset(
    [
        "Relu",
        "Relu6",
        "Sigmoid",
        "Softplus",
        "Softsign",
        "Silu",
        "LogSigmoid",
        "LeakyRelu",
        "HardSigmoid",
        "HardSilu",
        "HardTanh",
        "Elu",
        "Selu",
        "Gelu",
        "Celu",
        "Tanh",
        "Exp",
        "Abs",
        "Absolute",
        "Negative",
        "Square",
        "Sqrt",
        "Add",
        "Subtract",
        "Multiply",
        "Maximum",
        "Minimum",
        "TrueDivide",
        "Divide",
    ]
)
"""``keras.ops`` that act entry by entry on one tensor and numbers."""


def kind_of(call: Call) -> Kind:
    """Return the kind of a call's layer, or raise `LeaveWhole` saying why there is none."""
    further = (call.arguments.kwargs.get("training"), *call.arguments.args[1:])
    if any(argument is True for argument in further):
        raise LeaveWhole("it is called in training mode")
    if type(call.operation) is keras.layers.TimeDistributed:
        if "/" in "".join(call.weights):
            raise LeaveWhole("the layer inside it is made of others")
        return time_distributed(kind_of(inside(call)))
    if isinstance(call.operation, keras.Layer):
        if type(call.operation) not in KINDS:
            unknown = f"what a {call.shown} layer does to each unit is not known"
            raise LeaveWhole(MIXING.get(call.kind, unknown))
        kind = GROUPED if one_group_each(call) else KINDS[type(call.operation)]
        if call.tied:
            raise LeaveWhole("another layer has a weight of it as well")
        return kind
    if call.kind:
        return _operation(call)
    raise LeaveWhole(f"what the operation {call.shown} does to each unit is not known")


def _operation(call: Call) -> Kind:
    others = [a for a in _flat(call.arguments) if not hasattr(a, "_keras_history")]
    numbers = all(a is None or isinstance(a, bool | int | float | str) for a in others)
    if len(call.inputs) == 1 and numbers and call.kind in ALONE:
        return COMPUTED
    if len(call.inputs) > 1 and not others and call.kind in OPERATIONS:
        return OPERATIONS[call.kind]
    if call.kind in MOVING_OPERATIONS:
        return MOVING_OPERATION
    raise LeaveWhole(f"what the operation {call.shown} does to each unit is not known")


def _flat(arguments: Any) -> list[Any]:
    found = keras.tree.flatten((arguments.args, arguments.kwargs))
    return [float(a) if np.ndim(a) == 0 and isinstance(a, np.number) else a for a in found]
