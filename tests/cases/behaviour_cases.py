"""Outputs of a classifier, and labels that they often get right."""

import numpy as np


def classes(n=200, k=4, seed=0, noise=1.5):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    logits = noise * rng.normal(size=(n, k))
    logits[np.arange(n), y] += 1.5
    return logits, y
