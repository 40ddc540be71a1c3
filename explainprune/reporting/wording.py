"""What the page calls metrics, arms and pieces of evidence, and how it writes their numbers.

Names that are not listed appear as they are, with underscores turned into spaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from explainprune.reporting.formatting import name
from explainprune.types import Metric, said_of


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
    # Evidence of the verdicts.
    "floor": Term("The explainer's own noise", "share", "two runs on the dense model"),
    "stability": Term(
        "How stable an explanation is", "share", "the dense model, other background rows; for scale"
    ),
    "worst_class": Term("Worst class", "share", "its interval allows for all classes"),
    "worst_group": Term("Worst group", "share", "its interval allows for all groups"),
    "validation_moved_weight": Term(
        "Moved weight, validation rows", "share", "by which a level is chosen"
    ),
    "signed_top_k_settled": Term(
        "Signed top-k, settled rows", "score", "rows whose k-th place the backgrounds settle"
    ),
    "accuracy_drop": Term("Fall of accuracy", "share"),
    "balanced_accuracy_drop": Term("Fall of balanced accuracy", "share"),
    "log_loss_rise": Term(
        "Rise of log loss", "share", "of what always predicting the class shares costs"
    ),
    "naopc_drop": Term(
        "Fall of faithfulness", "score", "how well explanations tell what matters (NAOPC)"
    ),
    "r2_drop": Term("Fall of R²", "score"),
    "balanced_churn": Term(
        "Balanced churn", "share", "predictions that differ, mean over the classes predicted"
    ),
    "variance_lost": Term("Variance lost", "share", "of the dense model's output"),
    "sparsity": Term("Sparsity", "share"),
    # Sizes.
    "params": Term("Parameters", "count"),
    "nonzero": Term("Parameters that are not zero", "count"),
    "flops": Term("FLOPs per row", "count", "multiply-adds × 2"),
    "units": Term("Hidden units alive", "count"),
    "live_inputs": Term("Inputs with a path to an output", "count"),
    "live_connections": Term("Live connections", "count", "weights on a path from input to output"),
    "exact_cost": Term(
        "Cost of exact Shapley values", "count", "steps per sample and background row"
    ),
}

ARMS = {
    "dense": Term("Dense model"),
    "pruned": Term("Pruned model"),
    "redrawn_background": Term("Other background rows", meaning="the dense model against itself"),
    "placebo": Term("Placebo", meaning="further training without pruning"),
    "retrained": Term("Retrained", meaning="training from another start"),
    "random_pruned": Term("Pruned at random", meaning="as much, by no criterion"),
    "repruned": Term("Pruned again", meaning="the same dense model, another seed of pruning"),
    "preserving": Term(
        "Pruned, reasons held", meaning="the same, attributions held in fine-tuning"
    ),
    "shuffled_samples": Term("Rows shuffled", meaning="another row's explanation: chance"),
    "random_weights": Term("Random weights", meaning="copies that learned nothing: chance"),
    "small_dense": Term("Small from scratch", meaning="the shrunk architecture, trained anew"),
    "distilled": Term("Distilled", meaning="the small one, taught by the dense model"),
    "l1": Term("L1 penalty", meaning="further training under the penalty, nothing removed"),
    "dropout": Term("Dropout alone", meaning="further training with dropout, nothing removed"),
    "matched_churn": Term(
        "Noise of equal churn", meaning="dense weights plus noise that changes as many predictions"
    ),
    "shrunk": Term("Shrunk model"),
}


SOURCES = {
    "seed": Term("Training and pruning seed", meaning="told apart by the arm “repruned”"),
    "training": Term("Training seed", meaning="first weights and order of rows"),
    "pruning": Term("Pruning seed", meaning="the same dense model, pruned again"),
    "rows": Term("Rows", meaning="which rows are scored"),
    "background": Term("Background", meaning="which background rows are drawn"),
    "explainer": Term("Explainer", meaning="its own random draws"),
}
"""Where the variance of a seed's moved weight comes from."""


WRITTEN = {
    "share": "share",
    "correlation": "score",
    "ratio": "score",
    "count": "amount",
    "number": "plain",
}
"""How numbers of each kind of metric are written."""


def term(key: str, metrics: Mapping[str, Metric]) -> Term:
    """Return what to call the metric, size or evidence `key`.

    `metrics` is what the results' figures say of themselves.

    >>> term("params", {}).label, term("my_metric", {}).label
    ('Parameters', 'my metric')
    >>> term("cosine@deep_shap", {"cosine": Metric("correlation", "Cosine")}).label
    'Cosine, by deep_shap'
    """
    stem, at, method = key.partition("@")
    known = TERMS.get(stem) or _said(stem, metrics)
    return replace(known, label=f"{known.label}, by {name(method)}") if at else known


def _said(key: str, metrics: Mapping[str, Metric]) -> Term:
    said = said_of(key, metrics)
    return Term(name(said.label), WRITTEN[said.kind], name(said.meaning))


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


def source(key: str) -> Term:
    """Return what to call a source of variance.

    >>> source("rows").label
    'Rows'
    """
    return SOURCES.get(key, Term(name(key)))


def arm(key: str) -> Term:
    """Return what to call the arm `key`.

    >>> arm("placebo").label, arm("my arm").label
    ('Placebo', 'my arm')
    """
    return ARMS.get(key, Term(name(key).replace("_", " ")))
