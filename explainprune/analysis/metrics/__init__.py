"""Agreement of two attributions, quality of one, behaviour of one or two networks.

A metric is a function; its parameter names say what it reads (see `METRICS`). To add one, write it
beside its like and name it there.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from explainprune.analysis.metrics.agreement.chance import CHANCE, chance
from explainprune.analysis.metrics.agreement.cosine import cosine
from explainprune.analysis.metrics.agreement.leading import (
    feature_agreement,
    jaccard,
    rank_agreement,
    sign_agreement,
    signed_rank_agreement,
    signed_top_k,
)
from explainprune.analysis.metrics.agreement.moved_weight import moved_weight
from explainprune.analysis.metrics.agreement.ranks import (
    pairwise_rank_agreement,
    rank_correlation,
    signed_rank_correlation,
)
from explainprune.analysis.metrics.agreement.ssim import ssim
from explainprune.analysis.metrics.behaviour.accuracy import accuracy
from explainprune.analysis.metrics.behaviour.auc import auc
from explainprune.analysis.metrics.behaviour.balanced_accuracy import balanced_accuracy
from explainprune.analysis.metrics.behaviour.churn import churn, churn_where_right, negative_flips
from explainprune.analysis.metrics.behaviour.ece import ece
from explainprune.analysis.metrics.behaviour.precision import precision
from explainprune.analysis.metrics.behaviour.proper_scores import brier, log_loss
from explainprune.analysis.metrics.behaviour.r2 import r2
from explainprune.analysis.metrics.quality.additivity_residual import additivity_residual
from explainprune.analysis.metrics.quality.curves import deletion, insertion
from explainprune.analysis.metrics.quality.infidelity import infidelity
from explainprune.analysis.metrics.quality.input_noise import max_sensitivity, mean_sensitivity
from explainprune.analysis.metrics.quality.localisation import (
    pointing_game,
    relevance_mass,
    relevance_rank,
)
from explainprune.analysis.metrics.quality.naopc import naopc
from explainprune.analysis.metrics.quality.randomisation import (
    cascading_randomisation,
    independent_randomisation,
)
from explainprune.analysis.metrics.quality.road import road
from explainprune.analysis.metrics.quality.spread import effective_features, gini

METRICS: dict[str, Callable[..., Any]] = {
    "moved_weight": moved_weight,
    "signed_top_k": signed_top_k,
    "signed_rank_correlation": signed_rank_correlation,
    "rank_correlation": rank_correlation,
    "feature_agreement": feature_agreement,
    "sign_agreement": sign_agreement,
    "rank_agreement": rank_agreement,
    "signed_rank_agreement": signed_rank_agreement,
    "pairwise_rank_agreement": pairwise_rank_agreement,
    "cosine": cosine,
    "jaccard": jaccard,
    "ssim": ssim,
    "gini": gini,
    "effective_features": effective_features,
    "additivity_residual": additivity_residual,
    "naopc": naopc,
    "infidelity": infidelity,
    "insertion": insertion,
    "deletion": deletion,
    "road": road,
    "max_sensitivity": max_sensitivity,
    "mean_sensitivity": mean_sensitivity,
    "cascading_randomisation": cascading_randomisation,
    "independent_randomisation": independent_randomisation,
    "pointing_game": pointing_game,
    "relevance_mass": relevance_mass,
    "relevance_rank": relevance_rank,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "precision": precision,
    "auc": auc,
    "log_loss": log_loss,
    "brier": brier,
    "ece": ece,
    "r2": r2,
    "churn": churn,
    "churn_where_right": churn_where_right,
    "negative_flips": negative_flips,
}
"""A metric returns one number for each row, NaN where it is undefined, unless it says otherwise.

Agreement is ``(a, b, *, k)``: two attributions (n, d) of the same rows; how many features lead.
Quality asks for ``values`` (n, d), and by name for what else it reads: see the subfolder.
Behaviour is ``(outputs_a, outputs_b, y)``: logits (n, K) of two networks, or (n, 1) where there is
one, whose probability is the sigmoid; for regression predictions; and labels (n,). One that reads a
single network ignores `outputs_b`. What is missing or does not fit raises a ValueError.
"""

__all__ = ["CHANCE", "METRICS", "chance", "kind_of"]


def kind_of(metric: Callable[..., Any]) -> str:
    """Say what a metric compares, by the names of its parameters.

    Parameters
    ----------
    metric : callable
        ``(a, b, *, k)`` compares two attributions; one that takes ``values`` (or ``explain``) rates
        a single one;
        ``(outputs_a, outputs_b, y)`` reads what networks output.

    Returns
    -------
    str
        ``"agreement"``, ``"quality"`` or ``"behaviour"``.

    Raises
    ------
    TypeError
        If the parameters are none of these.

    Examples
    --------
    >>> kind_of(cosine), kind_of(naopc), kind_of(churn)
    ('agreement', 'quality', 'behaviour')
    """
    names = set(signature(metric).parameters)
    for kind, needed in (
        ("agreement", {"a", "b"}),
        ("quality", {"values"}),
        ("quality", {"explain"}),
        ("behaviour", {"outputs_a"}),
    ):
        if needed <= names:
            return kind
    raise TypeError(
        "A metric takes (a, b, *, k), or values and what else it needs by name, or "
        f"(outputs_a, outputs_b, y). Received: a function of ({', '.join(sorted(names))})."
    )
