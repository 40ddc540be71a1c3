"""Relevance handed back by loops over single connections: what criterion and method are held to."""

import numpy as np


def relu(z):
    return np.maximum(z, 0)


def linear(z):
    return z


def back(a, w, b, relevance, rule):
    """Share relevance among the inputs of one layer, connection by connection."""
    share = np.zeros(len(a))
    for j in range(w.shape[1]):
        if rule == "epsilon":
            parts = [a[i] * w[i, j] for i in range(len(a))]
            whole = sum(parts) + b[j]
        elif rule == "zplus":
            parts = [max(a[i] * w[i, j], 0) for i in range(len(a))]
            whole = sum(parts)
        else:
            parts = [float(w[i, j] != 0) for i in range(len(a))]
            whole = sum(parts)
        if whole != 0:
            for i, part in enumerate(parts):
                share[i] += part / whole * relevance[j]
    return share


def relevances(stages, row, target=None):
    """Return the relevance at the inputs and at each stage's output.

    A stage is a matrix, a shift, a bend and a rule; without a target the largest output is handed
    back.
    """
    values = [row.ravel().astype(float)]
    for w, b, bend, _ in stages:
        values.append(bend(values[-1] @ w + b))
    target = int(np.argmax(values[-1])) if target is None else target
    found = [np.where(np.arange(len(values[-1])) == target, values[-1], 0)]
    for (w, b, _, rule), a in zip(reversed(stages), reversed(values[:-1]), strict=True):
        found.insert(0, back(a, w, b, found[0], rule))
    return found
