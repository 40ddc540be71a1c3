"""How each kind of Keras layer is read: one line for each.

A kind is ``(call, given tensors, reading) → Tensor``. It raises a ValueError that says why, to be
put after the layer's name, where it can't.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from explainprune.network.graph.graph import Call
from explainprune.network.layers.families import own_name
from explainprune.network.scalars.kinds.activations import (
    activation_layer,
    leaky_layer,
    op_activation,
    prelu,
    relu_layer,
    softmax_layer,
)
from explainprune.network.scalars.kinds.kernels import (
    convolution,
    dense,
    depthwise_convolution,
    separable_convolution,
    transposed_convolution,
)
from explainprune.network.scalars.kinds.merging import (
    add,
    average,
    concatenate,
    maximum,
    minimum,
    multiply,
    subtract,
)
from explainprune.network.scalars.kinds.moving import moved, passed, upsampled
from explainprune.network.scalars.kinds.normalising import (
    batch_normalisation,
    group_normalisation,
    layer_normalisation,
    rms_normalisation,
    scaled,
    unit_normalisation,
)
from explainprune.network.scalars.kinds.pooling import (
    average_pooling,
    global_average,
    global_maximum,
    max_pooling,
)
from explainprune.network.scalars.tensors import Reading, Tensor

Kind = Callable[[Call, Sequence[Tensor], Reading], Tensor]


def _of_ranks(name: str, kind: Kind, ranks: str = "123") -> dict[str, Kind]:
    return {f"{name}{rank}D": kind for rank in ranks}


KINDS: dict[str, Kind] = {
    "Dense": dense,
    **_of_ranks("Conv", convolution),
    "Conv1DTranspose": transposed_convolution,
    "Conv2DTranspose": transposed_convolution,
    "Conv3DTranspose": transposed_convolution,
    **_of_ranks("DepthwiseConv", depthwise_convolution, "12"),
    **_of_ranks("SeparableConv", separable_convolution, "12"),
    **_of_ranks("AveragePooling", average_pooling),
    **_of_ranks("MaxPooling", max_pooling),
    **_of_ranks("GlobalAveragePooling", global_average),
    **_of_ranks("GlobalMaxPooling", global_maximum),
    "BatchNormalization": batch_normalisation,
    "LayerNormalization": layer_normalisation,
    "GroupNormalization": group_normalisation,
    "RMSNormalization": rms_normalisation,
    "UnitNormalization": unit_normalisation,
    "Normalization": scaled,
    "Rescaling": scaled,
    "Activation": activation_layer,
    "ELU": activation_layer,
    "ReLU": relu_layer,
    "LeakyReLU": leaky_layer,
    "PReLU": prelu,
    "Softmax": softmax_layer,
    "Add": add,
    "Subtract": subtract,
    "Average": average,
    "Multiply": multiply,
    "Maximum": maximum,
    "Minimum": minimum,
    "Concatenate": concatenate,
    **dict.fromkeys(
        ("Flatten", "Reshape", "Permute", "RepeatVector", "Transpose", "GetItem", "Squeeze",
         "ExpandDims", "Flip", "Roll"),
        moved,
    ),
    **_of_ranks("ZeroPadding", moved),
    **_of_ranks("Cropping", moved),
    **_of_ranks("UpSampling", upsampled),
    **dict.fromkeys(
        ("Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "SpatialDropout1D",
         "SpatialDropout2D", "SpatialDropout3D", "ActivityRegularization", "Identity"),
        passed,
    ),
    **dict.fromkeys(
        ("Relu", "Relu6", "LeakyRelu", "Sigmoid", "Tanh", "Silu", "Gelu", "Elu", "Selu",
         "Softplus", "Softsign", "HardSigmoid", "HardSilu", "Exp", "Square", "Absolute", "Sin",
         "Cos"),
        op_activation,
    ),
}  # fmt: skip
"""By class name; classes that aren't Keras' own are never looked up here."""


def kind_of(operation: Any) -> Kind:
    """Return how an operation is read.

    Raises
    ------
    ValueError
        If it isn't known.
    """
    name = own_name(operation)
    if name not in KINDS:
        raise ValueError("layers of this kind are not known")
    return KINDS[name]
