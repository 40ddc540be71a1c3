"""Keras models of few layers."""

from explainprune.network.backend import keras

layers = keras.layers


def functional(shape, *stack, **options):
    x = y = keras.Input(shape, **options)
    for layer in stack:
        y = layer(y)
    return keras.Model(x, y)
