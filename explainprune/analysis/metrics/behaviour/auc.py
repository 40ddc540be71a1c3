"""Area under the ROC curve, one class against the rest."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import as_labels, log_probabilities
from explainprune.types import Array, metric


def auc_rows(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> Array:
    """Return one value for each row whose mean is `auc` and whose spread is its sampling error.

    ``AUC + ψ_i``, where ψ is the influence of row i: for a class with share p,
    ``(V_i − AUC)/p`` for its members and ``(V_i − AUC)/(1 − p)`` for the rest; V_i is the share of
    the other side that row i is ranked right against (DeLong et al. 1988, doi:10.2307/2531595).

    Returns
    -------
    ndarray (n,)
        NaN where the area is undefined.
    """
    from scipy.stats import rankdata

    member, score = _against_rest(outputs_a, y)
    n, classes = member.shape
    result = np.zeros(n)
    for c in range(classes):
        inside = member[:, c]
        ranks = rankdata(score[:, c])
        beaten = np.empty(n)
        for side, other in ((inside, ~inside), (~inside, inside)):
            beaten[side] = (ranks[side] - rankdata(score[side, c])) / other.sum()
        beaten[~inside] = 1 - beaten[~inside]
        area = beaten[inside].mean()
        result += (area + (beaten - area) / np.where(inside, inside.mean(), 1 - inside.mean())) / (
            classes
        )
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


def _against_rest(outputs: Array, y: Array | None) -> tuple[Array, Array]:
    """Return membership and score (n, classes) of those classes that have both sides."""
    score = np.exp(log_probabilities(outputs))
    member = as_labels(y, outputs)[:, None] == np.arange(score.shape[1])
    if score.shape[1] == 2:
        member, score = member[:, 1:], score[:, 1:]
    both = member.any(axis=0) & ~member.all(axis=0)
    return member[:, both], score[:, both]
