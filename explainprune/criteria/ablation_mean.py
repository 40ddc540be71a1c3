"""Ablation to the mean: what the loss gains when a unit says the same to every row."""

from __future__ import annotations

import numpy as np

from explainprune.network.statistics.probed import Probed
from explainprune.types import Array


def ablation_mean(probe: Probed) -> Array:
    """``L(a := E a) − L``: as `ablation`, with the unit's mean over rows and positions for zero.

    What is lost beyond what the consumers' biases could make up for.
    """
    whole = np.ones((1, probe.units))
    silenced = probe.losses(whole - np.eye(probe.units), fill="mean")
    return silenced - probe.losses(whole, fill="mean")
