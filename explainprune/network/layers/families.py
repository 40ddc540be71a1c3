"""What a layer is: Keras' own by its exact class, never by its name, and of which family.

A user's class may be called ``Dense`` or ``ConvBlock``, or be made from one of Keras' own, and do
anything: it is of no family. Whoever asks what a layer is asks here, and compares whole names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from explainprune.network.backend import keras, tf


def own_name(operation: Any) -> str:
    """Return the class name of one of Keras' own layers or operations; "" for anybody else's.

    >>> own_name(keras.layers.Dense(2)), own_name(type("Dense", (keras.layers.Dense,), {})(2))
    ('Dense', '')
    """
    kind = type(operation)
    return kind.__name__ if kind.__module__.split(".")[0] == "keras" else ""


def own_function(function: Any) -> str:
    """Return the name of one of Keras' own activation functions, or its twin in TensorFlow.

    "" for any other function, whatever its name.

    >>> own_function(keras.activations.relu), own_function(lambda x: x)
    ('relu', '')
    """
    name = getattr(function, "__name__", "")
    homes = (keras.activations, keras.ops, tf.nn) if hasattr(keras.activations, name) else ()
    return name if any(getattr(home, name, None) is function for home in homes) else ""


def _ranked(*names: str) -> frozenset[str]:
    """Return names of layers that come for one, two and three axes of places."""
    return frozenset(f"{name}{rank}D" for name in names for rank in (1, 2, 3))


def _each(names: str, *sets: Iterable[str]) -> frozenset[str]:
    return frozenset(names.split()).union(*sets)


CONV = _ranked("Conv")
TRANSPOSED = frozenset(f"{name}Transpose" for name in CONV)
DEPTHWISE = _each("DepthwiseConv1D DepthwiseConv2D")
SEPARABLE = _each("SeparableConv1D SeparableConv2D")
CONVOLUTIONS = CONV | TRANSPOSED | DEPTHWISE | SEPARABLE
"""Layers that slide a kernel over places."""

BENT = _each("Dense EinsumDense", CONVOLUTIONS)
"""Layers that apply an activation function to what they compute."""

RECURRENT = _each("LSTM GRU SimpleRNN")
GATES = {"LSTMCell": 4, "GRUCell": 3, "SimpleRNNCell": 1}
"""Cells of recurrent layers: how many columns of its kernels each unit has."""

HEADS = _each("MultiHeadAttention GroupedQueryAttention")
"""Layers of attention whose projections hold heads."""

UNITS = _each("Dense", CONV, TRANSPOSED, SEPARABLE)
"""Layers whose kernel has one axis of units that nothing but what follows reads."""

NORMALISING = _each(
    "BatchNormalization LayerNormalization GroupNormalization UnitNormalization RMSNormalization"
)
"""Layers that scale every number once."""

ACTIVATIONS = _each("Activation ReLU LeakyReLU ELU PReLU")
"""Layers that bend each value on its own (an `Activation` if its function does)."""

NOISE = _each("Dropout GaussianDropout GaussianNoise AlphaDropout", _ranked("SpatialDropout"))
IDLE = _each("Identity ActivityRegularization", NOISE)
"""Layers that do nothing but in training."""

EACH_PLACE = _each("Normalization Rescaling", ACTIVATIONS, IDLE)
"""Layers that act on every entry by itself (an `Activation` if its function does)."""

BENDS = _each(
    "Relu Relu6 Silu Gelu Tanh Sigmoid Elu Selu LeakyRelu Softplus Softsign HardSilu Mish",
    ACTIVATIONS,
)
"""Layers and ops that bend each value on its own: a unit's activation is read behind them."""

EACH_CHANNEL = _each(
    "RepeatVector",
    _ranked("AveragePooling", "MaxPooling", "GlobalAveragePooling", "GlobalMaxPooling"),
    _ranked("Cropping", "UpSampling", "ZeroPadding"),
)
"""Layers that act on every channel by itself and map zeros to zeros."""

MERGES = _each("Add Subtract Multiply Divide TrueDivide Average Maximum Minimum")
"""Layers and ops in which tensors meet entry by entry."""

MOVES = _each(
    "Flatten Reshape Permute Concatenate RepeatVector Transpose GetItem Squeeze ExpandDims",
    ("Swapaxes",),
    _ranked("Cropping", "UpSampling", "ZeroPadding"),
)
"""Layers and ops that only put entries elsewhere."""
