"""Keras models of few layers."""

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.variables import weights_of, with_weights

layers = keras.layers


def functional(shape, *stack, **options):
    x = y = keras.Input(shape, **options)
    for layer in stack:
        y = layer(y)
    return keras.Model(x, y)


def sequential(shape, *layers, **options):
    return keras.Sequential([keras.Input(shape, **options), *layers])


class Own(keras.Model):
    """A subclassed model: its layers one after another, and no graph."""

    def __init__(self, *stack):
        super().__init__()
        self.stack = stack

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return x


def subclassed(shape, *stack):
    model = Own(*stack)
    model(np.zeros((1, *shape), "float32"))
    return model


def randomised(model, seed=0, scale=0.7):
    """Give every variable normal values; a variance stays positive."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if "float" in variable.dtype:
            values = rng.normal(scale=scale, size=variable.shape)
            variable.assign(np.abs(values) + 0.3 if "variance" in variable.path else values)
    return model


def scrambled(model, seed=0):
    """Set every variable away from its default; mostly positive, so that no unit is dead."""
    rng = np.random.default_rng(seed)
    weights = {
        path: rng.uniform(0.2, 0.6, w.shape)
        * np.where((rng.random(w.shape) < 0.2) & ("kernel" in path), -1, 1)
        for path, w in weights_of(model).items()
    }
    return with_weights(model, weights)


class Batches(keras.utils.PyDataset):
    """Rows in batches, as a user's own loader hands them out."""

    def __init__(self, *parts, size=10):
        super().__init__()
        self.parts, self.size = parts, size

    def __len__(self):
        return -(-len(keras.tree.flatten(self.parts)[0]) // self.size)

    def __getitem__(self, number):
        part = slice(number * self.size, (number + 1) * self.size)
        return keras.tree.map_structure(lambda values: values[part], tuple(self.parts))
