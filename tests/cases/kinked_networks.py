"""ReLU networks of one layer, whose integrals along paths are known piece by piece."""

import numpy as np

from explainprune.network import FormulaNetwork


def kinked(units=40, seed=0):
    """A ReLU network, and where each path's gradient jumps."""
    rng = np.random.default_rng(seed)
    first, bias, last = rng.normal(size=(6, units)), rng.normal(size=units), rng.normal(size=units)

    def formula(x):
        return np.maximum(x @ first + bias, 0) @ last

    def gradient(x):
        return ((x @ first + bias > 0) * last) @ first.T

    def exact(x, row):
        """Integrate piece by piece between the kinks, where the gradient is constant."""
        start, end = row @ first + bias, x @ first + bias
        kinks = start / (start - end)
        edges = np.sort(np.concatenate([[0, 1], kinks[(kinks > 0) & (kinks < 1)]]))
        middle = (edges[1:] + edges[:-1]) / 2
        slopes = gradient(row + middle[:, None] * (x - row))
        return (slopes * np.diff(edges)[:, None]).sum(axis=0) * (x - row)

    return FormulaNetwork(formula, 6, gradient), exact
