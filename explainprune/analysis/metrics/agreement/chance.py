"""What each agreement metric gives for two unrelated rankings of d features."""

from __future__ import annotations

from collections.abc import Callable

from explainprune.lookup import look_up


def _jaccard(k: int, d: int) -> float:
    from scipy.stats import hypergeom

    shared = range(k + 1)
    return float(sum(hypergeom.pmf(j, d, k, k) * j / (2 * k - j) for j in shared))


CHANCE: dict[str, Callable[[int, int], float]] = {
    "signed_top_k": lambda k, d: k / (2 * d),
    "signed_rank_correlation": lambda k, d: 0.0,
    "rank_correlation": lambda k, d: 0.0,
    "feature_agreement": lambda k, d: k / d,
    "sign_agreement": lambda k, d: k / (2 * d),
    "rank_agreement": lambda k, d: 1 / d,
    "signed_rank_agreement": lambda k, d: 1 / (2 * d),
    "pairwise_rank_agreement": lambda k, d: 0.5,
    "cosine": lambda k, d: 0.0,
    "jaccard": _jaccard,
}


def chance(metric: str, *, k: int, d: int) -> float:
    """Return the mean agreement of two unrelated attributions without ties or zeros.

    Their absolute values rank the features at random and independently, and signs are even. Real
    explanations of unrelated models share the input's own pattern and agree more than this: the
    random-weights and shuffled-samples arms of `compare` measure by how much.

    Parameters
    ----------
    metric : str
        Name of an agreement metric.
    k, d : int
        Leading features; all features.

    Raises
    ------
    ValueError
        If no chance value is known for `metric`.

    Examples
    --------
    >>> chance("feature_agreement", k=4, d=30).__round__(3)
    0.133
    """
    return float(look_up(metric, CHANCE, "agreement metric")(k, d))
