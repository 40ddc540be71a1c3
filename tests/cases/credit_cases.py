"""Linear scores of credit, with known reasons for whoever is denied."""

import numpy as np

from explainprune.network import FormulaNetwork
from explainprune.types import Data, Rows

NAMES = ("debt", "income", "history", "age of account", "requests", "value")


def risk(weights, shift=0.0):
    """Two classes; the log odds of the second are linear in the features."""
    both = np.stack([np.zeros(len(weights)), np.asarray(weights, dtype=float)], axis=1)
    return FormulaNetwork(
        lambda x: x @ both + [0.0, shift],
        len(weights),
        lambda x: np.broadcast_to(both, (len(x), *both.shape)),
        n_outputs=2,
    )


def applicants(n=500, d=6, seed=0, **more):
    """As many applicants to score as to learn from; labels don't follow from the features."""
    rng = np.random.default_rng(seed)
    scored = Rows(rng.normal(size=(n, d)), (rng.random(n) < 0.3).astype(int), **more)
    return Data(
        scored,
        Rows(rng.normal(size=(n, d))),
        feature_names=NAMES[:d],
        class_names=("grant", "deny"),
        task="classification",
        name="credit",
    )
