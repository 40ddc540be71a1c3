"""Tiny models, one for each kind of layer: few enough inputs to enumerate every coalition."""

from __future__ import annotations

from tiny_parts import (
    activation,
    attention,
    before_dense,
    chain,
    gated,
    graph,
    merged,
    mobile_block,
    nested,
    operation,
    residual,
    self_attention,
    several_inputs,
    several_outputs,
    squeeze_excite,
    subclassed,
    tokens,
    transformer,
    u_net,
)

from explainprune.network.backend import keras

L = keras.layers
ops = keras.ops

IMAGE = (3, 3, 1)
CONVOLUTIONS = {
    "Conv1D": before_dense((5, 2), lambda: L.Conv1D(3, 2, activation="relu")),
    "Conv1D causal, dilated": before_dense(
        (5, 2), lambda: L.Conv1D(3, 2, padding="causal", dilation_rate=2, activation="relu")
    ),
    "Conv2D": before_dense(IMAGE, lambda: L.Conv2D(3, 2, activation="relu")),
    "Conv2D strided": before_dense(
        IMAGE, lambda: L.Conv2D(3, 2, strides=2, padding="same", activation="relu")
    ),
    "Conv2D dilated": before_dense(IMAGE, lambda: L.Conv2D(3, 2, dilation_rate=2)),
    "Conv2D grouped": before_dense((2, 2, 2), lambda: L.Conv2D(4, 2, groups=2, activation="relu")),
    "DepthwiseConv1D": before_dense((5, 2), lambda: L.DepthwiseConv1D(2, activation="relu")),
    "DepthwiseConv2D": before_dense(
        (2, 2, 2), lambda: L.DepthwiseConv2D(2, padding="same", activation="relu")
    ),
    "SeparableConv1D": before_dense((5, 2), lambda: L.SeparableConv1D(3, 2, activation="relu")),
    "SeparableConv2D": before_dense(IMAGE, lambda: L.SeparableConv2D(3, 2, activation="relu")),
    "Conv1DTranspose": before_dense(
        (4, 2), lambda: L.Conv1DTranspose(2, 3, strides=2, activation="relu")
    ),
    "Conv2DTranspose": before_dense(IMAGE, lambda: L.Conv2DTranspose(2, 2, activation="relu")),
    "Conv3D": before_dense((2, 2, 2, 1), lambda: L.Conv3D(3, 2, activation="relu")),
    "Conv3DTranspose": before_dense(
        (2, 2, 2, 1), lambda: L.Conv3DTranspose(2, 2, activation="relu")
    ),
}
POOLING = {
    "MaxPooling1D": before_dense((5, 2), lambda: L.MaxPooling1D(2)),
    "MaxPooling2D": before_dense(IMAGE, lambda: L.Conv2D(2, 2), lambda: L.MaxPooling2D(2)),
    "MaxPooling2D overlapping": before_dense(IMAGE, lambda: L.MaxPooling2D(2, 1)),
    "MaxPooling3D": before_dense((2, 2, 2, 1), lambda: L.MaxPooling3D(2)),
    "AveragePooling1D": before_dense((5, 2), lambda: L.AveragePooling1D(2)),
    "AveragePooling2D": before_dense(IMAGE, lambda: L.AveragePooling2D(2, 1, padding="same")),
    "AveragePooling3D": before_dense((2, 2, 2, 1), lambda: L.AveragePooling3D(2)),
    "GlobalMaxPooling1D": chain(
        (5, 2), lambda: L.Conv1D(4, 2), L.GlobalMaxPooling1D, lambda: L.Dense(2)
    ),
    "GlobalMaxPooling2D": chain(
        IMAGE, lambda: L.Conv2D(4, 2), L.GlobalMaxPooling2D, lambda: L.Dense(2)
    ),
    "GlobalMaxPooling3D": chain(
        (2, 2, 2, 1), lambda: L.Conv3D(4, (2, 1, 1)), L.GlobalMaxPooling3D, lambda: L.Dense(2)
    ),
    "GlobalAveragePooling1D": chain(
        (5, 2), lambda: L.Conv1D(4, 2, activation="relu"), L.GlobalAveragePooling1D,
        lambda: L.Dense(2),
    ),
    "GlobalAveragePooling2D": chain(
        IMAGE, lambda: L.Conv2D(4, 2, activation="relu"), L.GlobalAveragePooling2D,
        lambda: L.Dense(2),
    ),
}  # fmt: skip
NORMALISATION = {
    name: before_dense((6,), lambda: L.Dense(5), make, L.ReLU)
    for name, make in {
        "BatchNormalization": L.BatchNormalization,
        "LayerNormalization": L.LayerNormalization,
        "RMSNormalization": L.RMSNormalization,
        "UnitNormalization": L.UnitNormalization,
    }.items()
} | {
    "GroupNormalization": before_dense((2, 2, 2), lambda: L.GroupNormalization(2), L.ReLU),
    "Normalization": before_dense((6,), lambda: L.Normalization(mean=1.0, variance=2.0)),
    "SpectralNormalization": before_dense((6,), lambda: L.SpectralNormalization(L.Dense(4))),
}
RECURRENT = {
    "SimpleRNN": chain((4, 2), lambda: L.SimpleRNN(3), lambda: L.Dense(2)),
    "LSTM": chain((4, 2), lambda: L.LSTM(3), lambda: L.Dense(2)),
    "LSTM unrolled": chain((4, 2), lambda: L.LSTM(3, unroll=True), lambda: L.Dense(2)),
    "GRU": chain((4, 2), lambda: L.GRU(3), lambda: L.Dense(2)),
    "GRU, reset before": chain((4, 2), lambda: L.GRU(3, reset_after=False), lambda: L.Dense(2)),
    "LSTM sequences": before_dense((4, 2), lambda: L.LSTM(3, return_sequences=True)),
    "two GRUs": chain(
        (4, 2), lambda: L.GRU(3, return_sequences=True), lambda: L.GRU(3), lambda: L.Dense(2)
    ),
    "Bidirectional": chain((4, 2), lambda: L.Bidirectional(L.LSTM(2)), lambda: L.Dense(2)),
    "StackedRNNCells": chain(
        (4, 2), lambda: L.RNN([L.LSTMCell(2), L.GRUCell(2)]), lambda: L.Dense(2)
    ),
    "ConvLSTM1D": before_dense((3, 3, 1), lambda: L.ConvLSTM1D(2, 2)),
    "masked LSTM": tokens(lambda: L.LSTM(3), mask=True),
    "masked LSTM, backwards": tokens(
        lambda: L.LSTM(3, return_sequences=True, go_backwards=True, zero_output_for_mask=True),
        L.Flatten,
        mask=True,
    ),
    "masked LSTM, both ways": tokens(lambda: L.Bidirectional(L.LSTM(2)), mask=True),
    "masked LSTM sequences, both ways": tokens(
        lambda: L.Bidirectional(L.LSTM(2, return_sequences=True)), L.GlobalMaxPooling1D, mask=True
    ),
    "masked GRU sequences, both ways": tokens(
        lambda: L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode="sum"),
        L.Flatten,
        mask=True,
    ),
    "masked SimpleRNNs, both ways, twice": tokens(
        lambda: L.Bidirectional(L.SimpleRNN(2, return_sequences=True)),
        lambda: L.Bidirectional(L.SimpleRNN(2, return_sequences=True)),
        L.Flatten,
        mask=True,
    ),
    "masked RNN of two cells, both ways": tokens(
        lambda: L.Bidirectional(L.RNN([L.LSTMCell(2), L.GRUCell(2)], return_sequences=True)),
        L.GlobalAveragePooling1D,
        mask=True,
    ),
}
ATTENTION = {
    "Attention": attention(L.Attention),
    "AdditiveAttention": attention(L.AdditiveAttention),
    "MultiHeadAttention": self_attention(lambda: L.MultiHeadAttention(2, 2)),
    "GroupQueryAttention": self_attention(lambda: L.GroupQueryAttention(2, 2, 1)),
    "transformer block": graph((4, 2), transformer),
}
MERGING = {
    name: merged(make)
    for name, make in {
        "Add": L.Add, "Subtract": L.Subtract, "Multiply": L.Multiply, "Average": L.Average,
        "Maximum": L.Maximum, "Minimum": L.Minimum, "Concatenate": L.Concatenate,
        "Dot": lambda: L.Dot(1),
    }.items()
} | {
    "residual": graph((6,), residual),
    "gated": graph((6,), gated),
    "squeeze-excite": graph(IMAGE, squeeze_excite),
    "inverted residual": graph(IMAGE, mobile_block),
    "U-Net": graph((4, 2), u_net),
}  # fmt: skip
SHAPES = {
    "Dense on sequences": before_dense((4, 2), lambda: L.Dense(3, "relu")),
    "EinsumDense": before_dense((4, 2), lambda: L.EinsumDense("abc,cd->abd", (4, 3))),
    "TimeDistributed": before_dense((4, 2), lambda: L.TimeDistributed(L.Dense(3, "relu"))),
    "Reshape, Permute": before_dense(
        (6,), lambda: L.Reshape((3, 2)), lambda: L.Permute((2, 1)), lambda: L.Dense(2, "relu")
    ),
    "RepeatVector": before_dense((6,), lambda: L.Dense(3, "relu"), lambda: L.RepeatVector(2)),
    "padding, cropping": before_dense(
        IMAGE, lambda: L.ZeroPadding2D(1), lambda: L.Cropping2D(((1, 0), (0, 1)))
    ),
    "UpSampling1D": before_dense((4, 2), lambda: L.UpSampling1D(2)),
    "UpSampling2D bilinear": before_dense(
        IMAGE, lambda: L.UpSampling2D(2, interpolation="bilinear")
    ),
    "Rescaling, Dropout": before_dense(
        (6,), lambda: L.Rescaling(0.5, 1.0), lambda: L.Dropout(0.5), lambda: L.Dense(4, "relu")
    ),
}
MODELS_OF_MODELS = {
    "Embedding": tokens(L.Flatten, lambda: L.Dense(4, "relu")),
    "Embedding and convolution": tokens(lambda: L.Conv1D(4, 2, activation="relu"),
                                        L.GlobalMaxPooling1D),
    "several inputs": several_inputs,
    "several outputs": several_outputs,
    "outputs of rank 3": chain((4, 2), lambda: L.Dense(3, "relu"), lambda: L.Dense(2)),
    "nested": nested,
    "subclassed": subclassed,
    "softmax at the end": chain((6,), lambda: L.Dense(4, "relu"), lambda: L.Dense(3, "softmax")),
}  # fmt: skip
OPERATIONS = {
    "ops.where": operation(lambda x: ops.where(x > 0.1, ops.sin(x), -x)),
    "ops.where of two": operation(lambda x: ops.where(x > ops.flip(x, 1), x, 0.5 * x)),
    "ops.clip": operation(lambda x: ops.clip(x, -0.5, 0.5)),
    "ops.power": operation(lambda x: ops.power(x, 3)),
    "ops.cumsum, roll": operation(lambda x: ops.roll(ops.cumsum(x, 1), 1, 1)),
    "ops.norm": operation(lambda x: x / (1 + ops.sqrt(ops.sum(x * x, 1, keepdims=True)))),
    "ops.logsumexp": operation(lambda x: ops.logsumexp(x, axis=1, keepdims=True)),
    "ops.min": operation(lambda x: ops.min(x, axis=1, keepdims=True)),
    "ops.sort": operation(lambda x: ops.sort(x, axis=1)),
}
ACTIVATIONS = {
    name: activation(name)
    for name in (
        "relu", "elu", "selu", "celu", "tanh", "sigmoid", "softplus", "softsign",
        "gelu", "swish", "mish", "leaky_relu", "relu6", "hard_sigmoid", "hard_silu", "hard_tanh",
        "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus", "sparse_plus", "log_sigmoid",
        "softmax", "log_softmax", "sparsemax",
    )
} | {
    "glu": operation(lambda x: ops.glu(x, axis=1)),
    "exponential": before_dense((6,), lambda: L.Dense(4, "exponential")),
    "PReLU": before_dense((6,), lambda: L.Dense(4), L.PReLU),
}  # fmt: skip

TINY = {
    "activations": ACTIVATIONS, "convolutions": CONVOLUTIONS, "pooling": POOLING,
    "normalisation": NORMALISATION, "recurrence": RECURRENT, "attention": ATTENTION,
    "merging": MERGING, "shapes": SHAPES, "models": MODELS_OF_MODELS, "operations": OPERATIONS,
}  # fmt: skip
