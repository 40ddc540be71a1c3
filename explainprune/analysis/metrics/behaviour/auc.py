"""Area under the ROC curve, one class against the rest."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import as_labels, log_probabilities
from explainprune.types import Array, metric


def auc_rows(
    outputs_a: Array,
    outputs_b: Array | None = None,
    y: Array | None = None,
    weights: Array | None = None,
) -> Array:
    """Return one value for each row whose mean is `auc` and whose spread is its sampling error.

    ``AUC + ψ_i``, where ψ is the influence of row i: for a class with share p (of the weight),
    ``(V_i − AUC)/p`` for its members and ``(V_i − AUC)/(1 − p)`` for the rest; V_i is the share of
    the other side that row i is ranked right against (DeLong et al. 1988, doi:10.2307/2531595).

    Returns
    -------
    ndarray (n,)
        NaN where the area is undefined.
    """
    own = np.ones(len(outputs_a)) if weights is None else weights
    member, score = _against_rest(outputs_a, y, own > 0)
    n, classes = member.shape
    result = np.zeros(n)
    for c in range(classes):
        inside = member[:, c]
        beaten = np.empty(n)
        for side, other in ((inside, ~inside), (~inside, inside)):
            beaten[side] = _share_below(score[side, c], score[other, c], own[other])
        beaten[~inside] = 1 - beaten[~inside]
        area = np.average(beaten[inside], weights=None if weights is None else own[inside])
        share = float(np.average(inside, weights=weights))
        result += (area + (beaten - area) / np.where(inside, share, 1 - share)) / classes
    return result if classes else np.full(n, np.nan)


@metric(
    "number",
    "AUC",
    better="more",
    bounds=(0.0, 1.0),
    task="classification",
    labelled=True,
    rows=auc_rows,
)
def auc(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> float:
    """Return the area under the ROC curve, averaged over classes, each against the rest.

    Parameters
    ----------
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    float
        Over the classes that some rows have and some don't; NaN if there are none. With two
        classes, the area for class 1.

    Examples
    --------
    >>> auc([-1.0, 2.0, 0.5, 1.0], None, [0, 1, 0, 1])
    1.0
    """
    from sklearn.metrics import roc_auc_score

    member, score = _against_rest(outputs_a, y)
    if member.shape[1] == 0:
        return float("nan")
    return float(roc_auc_score(member, score, average="macro"))


def _share_below(values: Array, others: Array, weights: Array) -> Array:
    """Return which share of the others' weight is below each value; of equal ones half counts."""
    order = np.argsort(others, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    low, high = (total[np.searchsorted(others[order], values, side)] for side in ("left", "right"))
    return np.asarray((low + high) / 2 / total[-1])


def _against_rest(
    outputs: Array, y: Array | None, counted: Array | None = None
) -> tuple[Array, Array]:
    """Return membership and score (n, classes) of those classes that have both sides."""
    score = np.exp(log_probabilities(outputs))
    member = as_labels(y, outputs)[:, None] == np.arange(score.shape[1])
    if score.shape[1] == 2:
        member, score = member[:, 1:], score[:, 1:]
    seen = member if counted is None else member[counted]
    both = seen.any(axis=0) & ~seen.all(axis=0)
    return member[:, both], score[:, both]
