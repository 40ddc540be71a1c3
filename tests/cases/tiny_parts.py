"""What tiny models are put together from."""

from __future__ import annotations

import numpy as np
from keras_cases import functional, sequential

from explainprune.network.backend import keras

L = keras.layers
ops = keras.ops


def chain(shape, *layers):
    return lambda: sequential(shape, *(make() for make in layers))


def graph(shape, build):
    return lambda: functional(shape, build)


def activation(name):
    return chain((6,), lambda: L.Dense(5, name), lambda: L.Dense(4, name), lambda: L.Dense(3))


def before_dense(shape, *layers):
    """The layers, then one Dense layer on everything, so that nothing stays trivial."""
    hidden = (lambda: L.Dense(4, "tanh"), lambda: L.Dense(2))
    return chain(shape, *layers, L.Flatten, *hidden)


def merged(layer):
    return graph(
        (6,), lambda x: L.Dense(2)(layer()([L.Dense(4, "relu")(x), L.Dense(4, "tanh")(x)]))
    )


def squeeze_excite(x):
    x = L.Conv2D(3, 2, activation="relu")(x)
    gate = L.Dense(3, "sigmoid")(L.Dense(2, "relu")(L.GlobalAveragePooling2D()(x)))
    return L.Dense(2)(L.Flatten()(L.Multiply()([x, L.Reshape((1, 1, 3))(gate)])))


def residual(x):
    h = L.Dense(6, "relu")(x)
    return L.Dense(2)(L.Add()([x, L.Dense(6, "relu")(h)]))


def gated(x):
    return L.Dense(2)(L.Dense(4, "relu")(x) * L.Dense(4, "sigmoid")(x))


def attention(layer):
    return graph((4, 2), lambda x: L.Dense(2)(L.Flatten()(layer()([L.Dense(3)(x), L.Dense(3)(x)]))))


def self_attention(make):
    return graph((4, 2), lambda x: L.Dense(2)(L.Flatten()(make()(x, x))))


def transformer(x):
    x = L.Dense(4)(x)
    x = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 2)(x, x)]))
    h = L.Dense(4)(L.Dense(6, "gelu")(x))
    return L.Dense(2)(L.GlobalAveragePooling1D()(L.LayerNormalization()(L.Add()([x, h]))))


def mobile_block(x):
    h = L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(4, 1)(x)))
    h = L.ReLU(6.0)(L.BatchNormalization()(L.DepthwiseConv2D(2, padding="same")(h)))
    x = L.Add()([x, L.BatchNormalization()(L.Conv2D(1, 1)(h))])
    return L.Dense(2)(L.GlobalAveragePooling2D()(x))


def u_net(x):
    down = L.Conv1D(3, 2, padding="same", activation="relu")(x)
    low = L.Conv1D(3, 2, padding="same", activation="relu")(L.MaxPooling1D(2)(down))
    up = L.Conv1DTranspose(3, 2, strides=2, activation="relu")(low)
    return L.Dense(2)(L.Flatten()(L.Concatenate()([down, up])))


def several_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2, 2), name="b")
    h = L.Concatenate()([L.Dense(3, "relu")(a), L.Flatten()(L.Dense(2, "tanh")(b))])
    return keras.Model([a, b], L.Dense(2)(h))


def several_outputs():
    x = keras.Input((6,))
    h = L.Dense(4, "relu")(x)
    return keras.Model(x, [L.Dense(2, name="p")(h), L.Dense(1, name="q")(L.Dense(3, "tanh")(h))])


def nested():
    inner = keras.Sequential([keras.Input((4,)), L.Dense(3, "relu"), L.Dense(3, "swish")])
    x = keras.Input((6,))
    return keras.Model(x, L.Dense(2)(inner(L.Dense(4, "tanh")(x))))


class Subclassed(keras.Model):
    """Layers and plain operations, without a graph."""

    def __init__(self):
        super().__init__()
        self.first, self.rnn, self.last = L.Dense(4, "relu"), L.GRU(3), L.Dense(2)

    def call(self, x):
        h = self.rnn(self.first(ops.reshape(x, (-1, 3, 2))))
        return self.last(ops.where(h > 0, h, 0.2 * h))


def subclassed():
    model = Subclassed()
    model(np.zeros((1, 6), "float32"))
    return model


def tokens(*layers, mask=False):
    return chain((6,), lambda: L.Embedding(8, 3, mask_zero=mask), *layers, lambda: L.Dense(2))


def operation(function):
    return graph((6,), lambda x: L.Dense(2)(function(L.Dense(4)(x))))
