"""Random weights, zeroed units, and the check that a smaller model computes the same."""

from functools import partial

import numpy as np
import pytest
from keras_cases import randomised

from explainprune.network.backend import keras
from explainprune.network.shrinking.smaller import make_smaller


def _silence(layer, units, variables=("kernel", "bias"), axis=-1):
    for name in variables:
        variable = getattr(layer, name, None)
        if variable is None:
            continue
        values = variable.numpy()
        where = [slice(None)] * values.ndim
        where[axis if values.ndim > 1 else -1] = units
        values[tuple(where)] = 0
        variable.assign(values)


def rows_for(model, n=6, seed=1):
    rng = np.random.default_rng(seed)
    made = []
    for tensor in model.inputs:
        shape = (n, *[7 if size is None else size for size in tensor.shape[1:]])
        integer = "int" in tensor.dtype
        made.append(
            rng.integers(0, 5, shape).astype(tensor.dtype)
            if integer
            else rng.normal(size=shape).astype("float32")
        )
    return made


def outputs_of(model, rows):
    given = rows[0] if len(rows) == 1 else rows
    return [np.asarray(t) for t in keras.tree.flatten(model(given, training=False))]


def _names(model):
    return [
        (layer.name, _names(layer) if isinstance(layer, keras.Model) else [])
        for layer in model.layers
    ]


def _check(model, *, tolerance=1e-5, **options):
    before = {v.path: v.numpy() for v in model.variables}
    made = make_smaller(model, **options)
    rows = rows_for(model)
    for a, b in zip(outputs_of(made.masked(), rows), outputs_of(made.model, rows), strict=True):
        assert np.isfinite(a).all()
        assert np.abs(a - b).max() <= tolerance * max(np.abs(a).max(), 1e-3)
    assert all((v.numpy() == before[v.path]).all() for v in model.variables)
    assert _names(made.model) == _names(model)
    return made


@pytest.fixture
def randomise():
    """Give every weight of a model a random value away from its default."""
    return partial(randomised, scale=0.4)


@pytest.fixture
def silence():
    """Set a unit's incoming weights (and bias) to zero."""
    return _silence


@pytest.fixture
def check():
    """Shrink, compare with the masked model on random rows, and return the result."""
    return _check
