"""Small sparse networks of every kind of layer, on twelve inputs at most."""

import numpy as np
from keras_cases import functional, sequential

from explainprune.network.backend import keras

L = keras.layers


def sparse(model, keep=0.6, seed=0, bias=0.5):
    """Random weights, a share of the kernels' entries zero; statistics that matter."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        values = rng.normal(size=variable.shape)
        if "kernel" in variable.path:
            values *= rng.random(variable.shape) < keep
        elif "variance" in variable.path:
            values = np.abs(values) + 0.5
        else:
            values *= bias
        variable.assign(values)
    return model


def residual(x):
    hidden = L.Dense(4, "relu")(x)
    return L.Dense(2)(L.Add()([x, L.Dense(6, "relu")(hidden)]))


def long_skip(x):
    first = L.Dense(4, "relu")(x)
    second = L.Dense(3, "relu")(L.Concatenate()([first, x]))
    return L.Dense(2)(L.Concatenate()([first, second, x]))


def excited(x):
    x = L.Conv1D(2, 2, activation="relu")(x)
    gate = L.Dense(2, "sigmoid")(L.GlobalAveragePooling1D(keepdims=True)(x))
    return L.Dense(2)(L.Flatten()(L.Multiply()([x, gate])))


def two_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2, 2), name="b")
    joined = L.Concatenate()([L.Dense(3, "relu")(a), L.Flatten()(L.Conv1D(2, 1)(b))])
    return keras.Model([a, b], [L.Dense(2)(L.Dense(3, "relu")(joined)), L.Dense(1)(joined)])


IMAGE, LINE = (3, 4, 1), (5, 2)


def head(shape, *layers):
    return lambda: sequential(shape, *layers, L.Flatten(), L.Dense(2))


MODELS = {
    "linear": lambda: sequential((6,), L.Dense(2)),
    "one hidden layer": lambda: sequential((6,), L.Dense(5, "relu"), L.Dense(2)),
    "smooth": lambda: sequential((6,), L.Dense(5, "gelu"), L.Dense(2)),
    "two hidden layers": lambda: sequential(
        (7,), L.Dense(6, "relu"), L.Dense(4, "relu"), L.Dense(2)
    ),
    "three hidden layers": lambda: sequential(
        (6,), L.Dense(5, "relu"), L.Dense(4, "relu"), L.Dense(3, "relu"), L.Dense(2)
    ),
    "smooth then rectified": lambda: sequential(
        (6,), L.Dense(4, "tanh"), L.Dense(3, "relu"), L.Dense(2)
    ),
    "slopes": lambda: sequential(
        (6,), L.Dense(4), L.LeakyReLU(0.2), L.Dense(3), L.PReLU(), L.Dense(2)
    ),
    "batch norm": lambda: sequential(
        (6,), L.Dense(5), L.BatchNormalization(), L.ReLU(), L.Dense(2)
    ),
    "layer norm": lambda: sequential(
        (6,), L.Dense(3), L.LayerNormalization(), L.Dense(3, "relu"), L.Dense(2)
    ),
    "layer norm of inputs": lambda: sequential((5,), L.LayerNormalization(), L.Dense(2)),
    "softmax inside": lambda: sequential((6,), L.Dense(3, "softmax"), L.Dense(2)),
    "tanh at the end": lambda: sequential((6,), L.Dense(3, "relu"), L.Dense(2, "tanh")),
    "residual": lambda: functional((6,), residual),
    "long skip": lambda: functional((5,), long_skip),
    "gates": lambda: functional((4, 2), excited),
    "maximum of two": lambda: functional(
        (4,), lambda x: L.Maximum()([L.Dense(3)(x), L.Dense(3)(x)])
    ),
    "two inputs, two outputs": two_inputs,
    "nested": lambda: sequential((6,), sequential((6,), L.Dense(4, "relu")), L.Dense(2)),
    "rank three": lambda: sequential((3, 2), L.Dense(3, "relu"), L.Dense(2)),
    "conv1d": head(LINE, L.Conv1D(2, 3, padding="same", activation="relu")),
    "conv1d deep": head(LINE, L.Conv1D(2, 2, activation="relu"), L.Conv1D(2, 2, activation="relu")),
    "conv2d": head(IMAGE, L.Conv2D(2, 2, activation="relu")),
    "conv, pool, dense": lambda: sequential(
        IMAGE, L.Conv2D(2, 2, activation="relu"), L.MaxPooling2D((2, 1)), L.Flatten(),
        L.Dense(3, "relu"), L.Dense(2),
    ),
    "max of inputs": head(IMAGE, L.MaxPooling2D(2, padding="same")),
    "average": head(IMAGE, L.Conv2D(2, 2), L.AveragePooling2D((1, 3)), L.ReLU()),
    "global maximum": lambda: sequential(
        LINE, L.Conv1D(2, 2, activation="relu"), L.GlobalMaxPooling1D(), L.Dense(2)
    ),
    "depthwise": head(LINE, L.DepthwiseConv1D(2, depth_multiplier=2, activation="relu")),
    "separable": head(IMAGE, L.SeparableConv2D(2, 2, depth_multiplier=2, activation="relu")),
    "transposed": head((3, 2), L.Conv1DTranspose(2, 2, strides=2, activation="relu")),
    "group norm": head((3, 4), L.Conv1D(4, 1), L.GroupNormalization(2), L.ReLU()),
}  # fmt: skip
