"""A seed's comparison with figures made by hand."""

from explainprune.analysis.metrics import METRICS
from explainprune.types import Comparison, Measure, ModelRow, Verdict, metric_of

NO = "made by hand"
SAID = {name: metric_of(function) for name, function in METRICS.items()}


def measure(value):
    return Measure(value, None, 10, "samples", NO)


def seed_of(
    moved,
    *,
    placebo=0.02,
    retrained=0.22,
    conditions=(),
    floor=0.01,
    ratio=0.5,
    loss=0.0,
    accuracy=0.9,
    connections=40,
):
    """One seed's comparison whose figures are what is given."""
    verdict = Verdict(
        "preserved", "", "endpoint", 0.1,
        evidence={
            "moved_weight": measure(moved),
            "floor": Measure(floor, (floor, floor), 10, "samples", NO),
            "stability": measure(0.03),
        },
        conditions=conditions,
    )  # fmt: skip
    clarity = Verdict(
        "clearer", "", "endpoint", 0.05,
        evidence={
            "effective_features_ratio": measure(ratio),
            "effective_features_dense": measure(20.0),
            "effective_features_other": measure(20.0 * ratio),
            "accuracy_drop": measure(loss),
            "naopc_drop": Measure(0.0, (-0.01, 0.01), 10, "samples", NO),
        },
    )  # fmt: skip
    return Comparison(
        verdict,
        clarity,
        models={
            "dense": ModelRow("dense", accuracy=accuracy, params=100, live_connections=100),
            "pruned": ModelRow("pruned", accuracy=accuracy - loss, live_connections=connections),
        },
        comparisons={
            "dense|pruned": {"moved_weight": measure(moved)},
            "dense|placebo": {"moved_weight": measure(placebo)},
            "dense|retrained": {"moved_weight": measure(retrained)},
            "dense|redrawn_background": {"moved_weight": measure(0.03)},
        },
        metrics=SAID,
    )
