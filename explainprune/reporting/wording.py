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
    "position": Term(
        "Place on the scale", "score", "0: as near as the placebo; 1: as far as a retrained model"
    ),
    "disagreement": Term("Disagreement", "share", "between the two models"),
    "excess": Term("Excess", "share", "beyond a redrawn background"),
    "noise": Term("Background redrawn", "share", "dense against itself"),
    "accuracy_drop": Term("Fall of accuracy", "share"),
    "r2_drop": Term("Fall of R²", "score"),
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
        "Cost of exact Shapley values", "count", "coalitions per sample and background row"
    ),
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


def arm(key: str) -> Term:
    """Return what to call the arm `key`.

    >>> arm("placebo").label, arm("my arm").label
    ('Placebo', 'my arm')
    """
    return ARMS.get(key, Term(name(key).replace("_", " ")))
