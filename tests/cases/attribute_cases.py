"""A small formula network, explained."""

import numpy as np

from explainprune.analysis.attribution import attribute
from explainprune.network import FormulaNetwork

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


ZERO = np.zeros((1, 3))


def network(outputs=2):
    """f_k = Σ_i (i + 1)(k + 1) x_i."""

    def formula(x):
        return np.stack([(k + 1) * (x @ np.array([1.0, 2.0, 3.0])) for k in range(outputs)], axis=1)

    return FormulaNetwork(formula, 3, n_outputs=outputs)


def explain(x=X, background=ZERO, method="occlusion", model=None, **options):
    return attribute(model or network(), x, background=background, method=method, **options)
