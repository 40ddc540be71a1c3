"""Fit explainable boosting machines, in an interpreter that has interpret-core: no other import.

    python ebm.py IN.npz OUT.npz

reads x_train, y_train, x_test, regression, pairs, seed; writes predictions, each feature's
contributions on the test rows (without pairs' own) and the number of terms.
"""

import sys

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor


def main(given, written):
    """Fit, and write what came."""
    held = np.load(given)
    kind = ExplainableBoostingRegressor if held["regression"] else ExplainableBoostingClassifier
    model = kind(
        interactions=int(held["pairs"]), random_state=int(held["seed"]), n_jobs=1, outer_bags=8
    )
    model.fit(held["x_train"], held["y_train"])
    x = held["x_test"]
    outputs = model.predict(x) if held["regression"] else model.predict_proba(x)
    terms = np.asarray(model.eval_terms(x))
    mains = [at for at, features in enumerate(model.term_features_) if len(features) == 1]
    features = [model.term_features_[at][0] for at in mains]
    shapes = np.zeros((len(x), x.shape[1], *terms.shape[2:]))
    shapes[:, features] = terms[:, mains]
    np.savez(written, outputs=outputs, shapes=shapes, terms=len(model.term_features_))


if __name__ == "__main__":
    main(*sys.argv[1:3])
