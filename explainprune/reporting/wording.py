"""What the page calls metrics, arms and pieces of evidence, and how it writes their numbers.

Names that are not listed appear as they are, with underscores turned into spaces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from explainprune.reporting.formatting import name


@dataclass(frozen=True)
class Term:
    """A figure's name for readers.

    Attributes
    ----------
    label : str
    kind : str
        How its numbers are written: see `formatting.KINDS`.
    meaning : str
        One line, shown beside the figure; "" where the label says it all.
    """

    label: str
    kind: str = "score"
    meaning: str = ""


TERMS = {
    # Agreement of two attributions.
    "signed_top_k": Term(
        "Signed top-k agreement", "score", "share of the leading reasons that agree, sign included"
    ),
    "signed_rank_correlation": Term("Signed rank correlation", "score", "order of signed values"),
    "rank_correlation": Term("Rank correlation of |φ|", "score", "high even by chance"),
    "feature_agreement": Term("Feature agreement", "score", "leading features shared"),
    "sign_agreement": Term("Sign agreement", "score", "leading features shared, same sign"),
    "rank_agreement": Term("Rank agreement", "score", "leading features at the same place"),
    "signed_rank_agreement": Term("Signed rank agreement", "score", "same place and sign"),
    "pairwise_rank_agreement": Term("Pairwise rank agreement", "score", "pairs in the same order"),
    "jaccard": Term("Jaccard index", "score", "leading features shared, of all that lead"),
    "cosine": Term("Cosine", "score", "angle between the two explanations"),
    # Quality of one attribution.
    "effective_features": Term(
        "Effective features", "amount", "how many features carry an explanation: exp(entropy)"
    ),
    "gini": Term("Gini index of |φ|", "score", "1: one feature carries everything"),
    "naopc": Term("NAOPC", "score", "faithfulness on centred logits, normalised per model"),
    "additivity_residual": Term("Additivity residual", "plain", "what the values fail to sum to"),
    "log_attribution_scale": Term(
        "Size of attributions, log ratio", "score", "other over dense: mostly the logits' scale"
    ),
    "log_output_scale": Term("Spread of logits, log ratio", "score", "other over dense"),
    "rescaled_change": Term(
        "Change, scale set aside", "share", "of the attribution: |φ − β φ dense| over |φ|"
    ),
    "placebo_to_retrained": Term(
        "Place on the scale", "score", "0: as near as the placebo; 1: as far as a retrained model"
    ),
    "position": Term(
        "Place on the scale", "score", "0: as near as the placebo; 1: as far as a retrained model"
    ),
    "infidelity": Term("Normalised infidelity", "score", "lower is more faithful"),
    "sensitivity": Term("Sensitivity", "score", "to noise on the input; lower is steadier"),
    # Behaviour.
    "accuracy": Term("Accuracy", "share"),
    "r2": Term("R²", "score"),
    "auc": Term("AUC", "score"),
    "log_loss": Term("Log loss", "score", "lower is better"),
    "brier": Term("Brier score", "score", "lower is better"),
    "ece": Term("Calibration error", "score", "expected; lower is better"),
    "churn": Term("Churn", "share", "predictions that changed"),
    "churn_where_right": Term("Churn where dense was right", "share"),
    # Sizes.
    "params": Term("Parameters", "count"),
    "nonzero": Term("Parameters that are not zero", "count"),
    "flops": Term("FLOPs per row", "count", "multiply-adds × 2"),
    "units": Term("Hidden units alive", "count"),
    "live_inputs": Term("Inputs with a path to an output", "count"),
    "live_connections": Term("Live connections", "count", "weights on a path from input to output"),
    "exact_cost": Term(
        "Cost of exact Shapley values", "count", "coalitions per sample and background row"
    ),
    # Evidence of the verdicts.
    "agreement": Term("Agreement", "score", "signed, of the leading reasons"),
    "disagreement": Term("Disagreement", "share", "between the two models"),
    "excess": Term("Excess", "share", "beyond a redrawn background"),
    "noise": Term("Background redrawn", "share", "dense against itself"),
    "effective_features_ratio": Term(
        "Ratio of effective features", "score", "geometric mean over explanations"
    ),
    "accuracy_drop": Term("Fall of accuracy", "share"),
    "r2_drop": Term("Fall of R²", "score"),
    "variance_lost": Term("Variance lost", "share", "of the dense model's output"),
    "naopc_drop": Term("Fall of faithfulness", "score", "NAOPC"),
    "sparsity": Term("Sparsity", "share"),
}

ARMS = {
    "dense": Term("Dense model"),
    "pruned": Term("Pruned model"),
    "redrawn_background": Term("Background redrawn", meaning="the dense model against itself"),
    "placebo": Term("Placebo", meaning="same further training, nothing pruned"),
    "retrained": Term("Retrained", meaning="dense model, other seed"),
    "random_pruned": Term("Pruned at random", meaning="same size, no criterion"),
    "shuffled_samples": Term("Samples shuffled", meaning="explanations of other rows: chance"),
    "random_weights": Term("Random weights", meaning="untrained copies: chance"),
    "l1": Term("L1 penalty"),
    "dropout": Term("Dropout alone"),
    "small": Term("Small network from scratch"),
    "shrunk": Term("Shrunk model"),
}


def term(key: str) -> Term:
    """Return what to call the metric, size or evidence `key`.

    >>> term("churn").label, term("my_metric").label, term("cosine@deep_shap").label
    ('Churn', 'my metric', 'Cosine, by deep_shap')
    """
    stem, at, method = key.partition("@")
    known = TERMS.get(stem) or Term(name(stem).replace("_", " "), _guess(stem))
    return replace(known, label=f"{known.label}, by {name(method)}") if at else known


def split_role(key: str) -> tuple[str, str]:
    """Split a piece of evidence into its quantity and the model it belongs to.

    >>> split_role("effective_features_other"), split_role("accuracy_drop")
    (('effective_features', 'other'), ('accuracy_drop', ''))
    >>> split_role("effective_features_random_weights")
    ('effective_features', 'random_weights')
    """
    for role in sorted({"dense", "other", *ARMS}, key=lambda role: (-len(role), role)):
        stem = key.removesuffix(f"_{role}")
        if stem != key and key not in TERMS:
            return stem, role
    return key, ""


def arm(key: str) -> Term:
    """Return what to call the arm `key`.

    >>> arm("placebo").label, arm("my arm").label
    ('Placebo', 'my arm')
    """
    return ARMS.get(key, Term(name(key).replace("_", " ")))


def _guess(key: str) -> str:
    """Guess how the numbers of an unlisted figure are written."""
    if any(word in key for word in ("disagreement", "accuracy", "churn", "share")):
        return "share"
    return "amount" if "features" in key else "plain"
