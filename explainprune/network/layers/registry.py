"""What each of Keras' own layers and operations is: the only list.

Layers are recognised by their exact class: a subclass may do anything. To teach a new one, write
its `Kind` in the file of its family and add a line here.
"""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import keras
from explainprune.network.layers import (
    applications,
    attention,
    elementwise,
    merging,
    moving,
    normalising,
    pooling,
    recurrent,
    wrapped,
)
from explainprune.network.layers.activations import mixes_units
from explainprune.network.layers.convolutions import CONVOLUTION, TRANSPOSED
from explainprune.network.layers.depthwise import DEPTHWISE
from explainprune.network.layers.embedding import EMBEDDING
from explainprune.network.layers.families import own_name
from explainprune.network.layers.kernels import DENSE, EINSUM
from explainprune.network.layers.kind import UNKNOWN, Kind
from explainprune.network.layers.separable import SEPARABLE


def kind_of(operation: Any) -> Kind:
    """Return what is known of a layer or an operation; `UNKNOWN` for anybody else's.

    >>> kind_of(keras.layers.Dense(2)) is DENSE
    True
    >>> kind_of(type("Dense", (keras.layers.Dense,), {})(2)) is UNKNOWN
    True
    """
    if not isinstance(operation, keras.Layer):
        return OPERATIONS.get(own_name(operation), UNKNOWN)
    found = KINDS.get(type(operation), UNKNOWN)
    return found if found.chosen is None else found.chosen(operation)


def is_each_place(operation: Any) -> bool:
    """Tell whether signals go through an operation one by one."""
    return kind_of(operation).each_place and not mixes_units(operation)


def _each(names: str, kind: Kind) -> dict[type, Kind]:
    """Give layers by name one kind; of those with a ``{}``, the ones for 1, 2 and 3 axes."""
    ranked = [name.format(rank) for name in names.split() for rank in (1, 2, 3)]
    found = {getattr(keras.layers, name, None): kind for name in ranked}
    return {layer: kind for layer, kind in found.items() if layer is not None}


_CODE = "it runs code that is not Keras' own"
_PREPARING = (
    "AugMix AutoContrast CategoryEncoding CenterCrop ContrastLimitedAdaptiveHistogramEqualization "
    "CutMix Discretization Equalization HashedCrossing Hashing IntegerLookup MaxNumBoundingBoxes "
    "MelSpectrogram MixUp Pipeline RandAugment RandomCrop RandomElasticTransform Resizing "
    "STFTSpectrogram Solarization StringLookup TextVectorization"
)
_AUGMENTING = (
    "RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomErasing "
    "RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective "
    "RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear "
    "RandomTranslation RandomZoom"
)
"""Layers that augment images in training, and do nothing else."""

KINDS: dict[type, Kind] = {
    keras.layers.Dense: DENSE,
    keras.layers.EinsumDense: EINSUM,
    **_each("Conv{}D", CONVOLUTION),
    **_each("Conv{}DTranspose", TRANSPOSED),
    **_each("DepthwiseConv{}D", DEPTHWISE),
    **_each("SeparableConv{}D", SEPARABLE),
    keras.layers.Embedding: EMBEDDING,
    **_each("LSTM GRU SimpleRNN", recurrent.RECURRENT),
    keras.layers.Bidirectional: recurrent.BIDIRECTIONAL,
    keras.layers.LSTMCell: recurrent.cell(gates=4),
    keras.layers.GRUCell: recurrent.cell(gates=3),
    keras.layers.SimpleRNNCell: recurrent.cell(gates=1),
    keras.layers.MultiHeadAttention: attention.HEADS,
    keras.layers.GroupQueryAttention: attention.HEADS,
    keras.layers.Attention: attention.ATTENTION,
    keras.layers.BatchNormalization: normalising.BATCH,
    keras.layers.LayerNormalization: normalising.LAYER,
    keras.layers.RMSNormalization: normalising.RMS,
    keras.layers.UnitNormalization: normalising.UNIT,
    keras.layers.GroupNormalization: normalising.GROUP,
    keras.layers.Normalization: elementwise.RESCALING,
    keras.layers.Rescaling: elementwise.RESCALING,
    keras.layers.Activation: elementwise.ACTIVATION,
    keras.layers.ReLU: elementwise.RELU,
    keras.layers.LeakyReLU: elementwise.LEAKY,
    keras.layers.ELU: elementwise.ELU,
    keras.layers.PReLU: elementwise.PRELU,
    keras.layers.Softmax: elementwise.SOFTMAX,
    **_each("Identity ActivityRegularization Dropout SpatialDropout{}D", elementwise.IDLE),
    **_each("GaussianNoise GaussianDropout AlphaDropout", elementwise.IDLE),
    **_each(_AUGMENTING, elementwise.IDLE),
    **_each("AveragePooling{}D", pooling.AVERAGE),
    **_each("MaxPooling{}D", pooling.MAXIMAL),
    **_each("GlobalAveragePooling{}D", pooling.GLOBAL_AVERAGE),
    **_each("GlobalMaxPooling{}D", pooling.GLOBAL_MAXIMUM),
    **_each("AdaptiveAveragePooling{}D AdaptiveMaxPooling{}D", pooling.ADAPTIVE),
    **_each("Flatten Permute RepeatVector", moving.MOVING),
    keras.layers.Reshape: moving.RESHAPE,
    **_each("Cropping{}D", moving.CROPPING),
    **_each("ZeroPadding{}D", moving.PADDING),
    **_each("UpSampling{}D", moving.UPSAMPLING),
    keras.layers.Add: merging.ADD,
    keras.layers.Subtract: merging.SUBTRACT,
    keras.layers.Multiply: merging.MULTIPLY,
    keras.layers.Average: merging.AVERAGE,
    keras.layers.Maximum: merging.MAXIMUM,
    keras.layers.Minimum: merging.MINIMUM,
    keras.layers.Concatenate: merging.CONCATENATE,
    keras.layers.Dot: merging.DOT,
    keras.layers.AdditiveAttention: attention.ADDITIVE,
    **_each("ConvLSTM{}D RNN", Kind(passing="what its cells keep is not followed")),
    **_each("StackedRNNCells", Kind(passing="it is a cell, which a recurrent layer runs")),
    **_each("ReversibleEmbedding", Kind(passing="it reads its table both ways")),
    **_each("SpectralNormalization", Kind(passing="it divides the kernel of the layer inside it")),
    **_each("Masking", Kind(passing="its values tell later layers which steps to skip")),
    **_each("InputLayer Layer Wrapper", Kind(passing="it computes nothing of its own")),
    **_each("FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper", Kind(passing=_CODE)),
    **_each("Lambda", Kind(passing="")),
    **_each(_PREPARING, Kind(passing="it prepares data before a network reads it")),
    **applications.application_kinds(),
}
KINDS[keras.layers.TimeDistributed] = wrapped.time_distributed(kind_of)

OPERATIONS: dict[str, Kind] = {
    **dict.fromkeys(
        ("Celu", "Elu", "Gelu", "HardShrink", "HardSigmoid", "HardSilu", "HardTanh", "LeakyRelu",
         "LogSigmoid", "Mish", "Relu", "Relu6", "Selu", "Silu", "SoftShrink", "Softplus",
         "Softsign", "SparsePlus", "SparseSigmoid", "Squareplus", "Tanh", "TanhShrink",
         "Threshold"),
        elementwise.BENDING,
    ),
    "ReLU": elementwise.RELU_OPERATION,
    "Sigmoid": elementwise.SIGMOID,
    "Softmax": elementwise.SOFTMAX,
    **dict.fromkeys(
        ("Abs", "Absolute", "Cos", "Exp", "Negative", "Sin", "Sqrt", "Square"),
        elementwise.COMPUTED,
    ),
    "Add": merging.ADD_OPERATION,
    "Subtract": merging.SUBTRACT_OPERATION,
    "Multiply": merging.MULTIPLY_OPERATION,
    "Maximum": merging.MAXIMUM_OPERATION,
    "Minimum": merging.MINIMUM_OPERATION,
    "Divide": merging.DIVIDE_OPERATION,
    "TrueDivide": merging.DIVIDE_OPERATION,
    "Concatenate": merging.CONCATENATE_OPERATION,
    **dict.fromkeys(("GetItem", "Squeeze", "ExpandDims"), moving.OPERATION),
    **dict.fromkeys(("Transpose", "Flip", "Roll"), moving.WITH_ROWS),
    "Swapaxes": moving.SWAPAXES,
    "Reshape": moving.RESHAPE_OPERATION,
}  # fmt: skip
"""``keras.ops`` by class name: their classes have no public names."""
