"""A model for each kind of layer and operation that multipliers are carried through."""

import numpy as np
from tiny_models import TINY

from explainprune.network.backend import keras

L = keras.layers


def randomised(model, seed=0):
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if variable.dtype == "float32":
            low = 0.5 if "variance" in variable.name else -0.8
            variable.assign(rng.uniform(low, 1.0, size=variable.shape))
    return model


def sequential(shape, *layers):
    return randomised(keras.Sequential([keras.Input(shape), *layers]))


def functional(shape, build):
    inputs = keras.Input(shape)
    return randomised(keras.Model(inputs, build(inputs)))


def attention(x):
    x = L.Add()([x, L.MultiHeadAttention(2, 4)(x, x)])
    return L.Dense(3)(L.Flatten()(L.LayerNormalization()(x)))


def mixed(x):
    a, b = L.Dense(4, "relu")(x), L.Dense(4, "tanh")(x)
    joined = L.Concatenate()([L.Maximum()([a, b]), L.Minimum()([a, b]), L.Average()([a, b]), x])
    return L.Dense(2)(joined)


def operation(function):
    return lambda: functional((6,), lambda x: L.Dense(2)(function(L.Dense(4)(x))))


ops = keras.ops


OPERATIONS = {
    "and, or, not": operation(
        lambda x: ops.where((x > 0) & ~(ops.flip(x, 1) > 1) | (ops.roll(x, 1, 1) < -1), x, 1.0)
    ),
    "clip, power": operation(lambda x: ops.power(ops.clip(x, -0.5, 0.5), 3)),
}
SHARED = {
    name: lambda kind=kind, name=name: randomised(TINY[kind][name]())
    for kind, name in (
        ("operations", "ops.where"), ("operations", "ops.where of two"),
        ("operations", "ops.cumsum, roll"), ("operations", "ops.logsumexp"),
        ("operations", "ops.min"), ("activations", "log_softmax"), ("merging", "squeeze-excite"),
        ("merging", "inverted residual"), ("attention", "GroupQueryAttention"),
        ("models", "subclassed"),
    )
}  # fmt: skip
"""Taken from the table of layers; the others here have several kinds in one model."""


ACTIVATIONS = [
    "relu", "gelu", "leaky_relu", "relu6", "softsign", "elu", "selu", "tanh", "softplus", "mish",
    "swish", "sigmoid", "hard_sigmoid", "exponential", "hard_silu", "log_sigmoid", "celu",
]  # fmt: skip


MODELS = {
    **{
        name: lambda name=name: sequential((6,), L.Dense(5, name), L.Dense(4, name), L.Dense(3))
        for name in ACTIVATIONS
    },
    "prelu": lambda: sequential((6,), L.Dense(5), L.PReLU(), L.Dense(3, "softmax")),
    "norms": lambda: sequential(
        (6,), L.Dense(6), L.BatchNormalization(), L.ReLU(), L.Dense(6), L.LayerNormalization(),
        L.ReLU(), L.Dense(4), L.UnitNormalization(), L.Dense(2)
    ),
    "group norm": lambda: sequential(
        (4, 4, 4), L.GroupNormalization(2), L.ReLU(), L.Flatten(), L.Dense(2)
    ),
    "convolutions": lambda: sequential(
        (8, 8, 2), L.Conv2D(3, 3, padding="same", activation="relu"), L.MaxPooling2D(2),
        L.DepthwiseConv2D(2, activation="swish"), L.SeparableConv2D(3, 2, activation="relu"),
        L.GlobalMaxPooling2D(), L.Dense(3)
    ),
    "one dimension": lambda: sequential(
        (12, 2), L.Conv1D(3, 3, activation="relu", padding="causal"), L.MaxPooling1D(2),
        L.Conv1DTranspose(2, 3, strides=2, activation="relu"), L.AveragePooling1D(2),
        L.Flatten(), L.Dense(2)
    ),
    "three dimensions": lambda: sequential(
        (5, 5, 5, 1), L.Conv3D(2, 2, activation="relu"), L.MaxPooling3D(2),
        L.Conv3DTranspose(2, 2, activation="relu"), L.AveragePooling3D(2), L.Flatten(), L.Dense(2)
    ),
    "resized": lambda: sequential(
        (4, 4, 2), L.Conv2DTranspose(2, 3, strides=2, activation="relu"), L.UpSampling2D(),
        L.UpSampling2D(interpolation="bilinear"), L.ZeroPadding2D(), L.Cropping2D(2),
        L.AveragePooling2D(2), L.Flatten(), L.Dense(2)
    ),
    "attention": lambda: functional((4, 3), attention),
    "mixed": lambda: functional((6,), mixed),
    **OPERATIONS,
    **SHARED,
    "dilated and grouped": lambda: sequential(
        (4, 4, 2), L.Conv2D(4, 2, dilation_rate=2), L.Conv2D(4, 2, groups=2, activation="relu"),
        L.Flatten(), L.Dense(2)
    ),
    "rolled": lambda: sequential((3, 2), L.Bidirectional(L.LSTM(2)), L.Dense(2)),
    "unrolled": lambda: sequential((3, 2), L.LSTM(3, unroll=True), L.Dense(2)),
    "gru": lambda: sequential((3, 2), L.GRU(2), L.Dense(2)),
    "time": lambda: sequential(
        (4, 3), L.TimeDistributed(L.Dense(3, "relu")), L.Flatten(), L.Dense(2)
    ),
    "sequences": lambda: sequential(
        (4, 3), L.Dense(3, "relu"), L.Conv1D(3, 2, padding="same"), L.Dense(2, "tanh"),
        L.Flatten(), L.Dense(2)
    ),
    "overlapping pools": lambda: sequential(
        (7, 7, 2), L.Conv2D(3, 2, activation="relu"), L.MaxPooling2D(3, 2, padding="same"),
        L.MaxPooling2D(2, padding="same"), L.Flatten(), L.Dense(2)
    ),
    "uneven pools": lambda: sequential(
        (7, 8, 2), L.MaxPooling2D((3, 2)), L.Conv2D(3, 2, activation="relu"), L.Flatten(),
        L.Dense(2)
    ),
    "nested": lambda: sequential((6,), keras.Sequential([L.Dense(4, "relu")]), L.Dense(2)),
}  # fmt: skip
