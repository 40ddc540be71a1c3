"""Linear layers as matrices, for slow references."""

import numpy as np


def as_matrix(layer, shape):
    """Write a linear layer as a matrix and a shift, by feeding it one input at a time."""
    size = int(np.prod(shape))
    zero = np.asarray(layer(np.zeros((1, *shape), np.float32))).ravel()
    made = np.asarray(layer(np.eye(size, dtype=np.float32).reshape(size, *shape)))
    return made.reshape(size, -1).astype(float) - zero, zero.astype(float)
