"""What the figures are that `compare` and a study derive: scales, ratios and falls."""

import math

from explainprune.types import Metric

DERIVED: dict[str, Metric] = {
    "log_attribution_scale": Metric(
        "number", "Size of attributions, log ratio", "other over dense: mostly the logits' scale"
    ),
    "log_output_scale": Metric("number", "Spread of logits, log ratio", "other over dense"),
    "rescaled_change": Metric(
        "share",
        "Change, scale set aside",
        "of the attribution: |φ − β φ dense| over |φ|",
        better="less",
        bounds=(0.0, None),
    ),
    "effective_features_ratio": Metric(
        "ratio",
        "Ratio of effective features",
        "geometric mean over explanations",
        better="less",
        bounds=(0.0, None),
    ),
    "circuit": Metric(
        "count",
        "Connections of a circuit",
        "smallest part found that tells one class from the rest, mean over classes",
        better="less",
        bounds=(0.0, None),
    ),
    "circuit_by_chance": Metric(
        "share",
        "Circuits as small by chance",
        "searches on shuffled labels, and on random weights",
        better="less",
        bounds=(0.0, 1.0),
    ),
    "naopc_drop": Metric(
        "number", "Fall of faithfulness", "NAOPC", better="less", bounds=(-1.0, 1.0)
    ),
    "placebo_to_retrained": Metric(
        "number",
        "Place on the scale",
        "0: as near as the placebo; 1: as far as a retrained model",
        better="less",
    ),
}


def log_ratio(players: int) -> Metric:
    """Return what the log ratio of effective features is: of `players` at most, one at least."""
    most = math.log(players)
    return Metric("number", "Ratio of effective features, log", bounds=(-most, most))


def on_scale(said: Metric) -> Metric:
    """Return what an agreement is once it is corrected for chance."""
    meaning = "0: as models with random weights, 1: as identical ones"
    return Metric("number", f"{said.label}, beyond chance", meaning, "more", (None, 1.0))
