"""Other weights for a tiny model, and rows that it reads."""

import numpy as np

from explainprune.network.backend import keras


def redrawn(model, seed):
    """Give every weight a new random value, such that activations keep their size."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if "float" not in variable.dtype:
            continue
        name, shape = variable.path, tuple(variable.shape)
        if "variance" in name or "gamma" in name or name.endswith("scale"):
            variable.assign(rng.uniform(0.5, 1.5, shape))
        elif len(shape) > 1:
            fan_in = max(1, int(np.prod(shape[:-1])))
            variable.assign(rng.normal(0, 1.4 / np.sqrt(fan_in), shape))
        else:
            variable.assign(rng.normal(0, 0.3, shape))
    return model


def inputs_of(model, rng, count):
    """Draw rows of inputs: numbers, or tokens where the first layer is an Embedding."""
    embeds = isinstance(getattr(model, "layers", [None])[0], keras.layers.Embedding)
    if embeds:
        return rng.integers(0, 8, (count, 6))
    inputs = getattr(model, "inputs", None) or []
    shapes = [tuple(t.shape[1:]) for t in inputs] or [(6,)]
    found = [rng.normal(size=(count, *shape)).astype("float32") for shape in shapes]
    if len(found) == 1:
        return found[0]
    return dict(zip([t.name for t in inputs], found, strict=True))
