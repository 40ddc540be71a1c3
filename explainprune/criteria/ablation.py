"""Ablation: what the loss gains when a unit is silenced."""

from __future__ import annotations

import numpy as np

from explainprune.network.statistics.probed import Probed
from explainprune.types import Array


def ablation(probe: Probed) -> Array:
    """``L(a := 0) − L``: the mean loss without a unit, less the mean loss with all.

    Negative where the network does better without. Morcos, Barrett, Rabinowitz & Botvinick, "On
    the importance of single directions for generalization", 2018, arXiv:1803.06959.
    """
    whole = np.ones((1, probe.units))
    return probe.losses(whole - np.eye(probe.units)) - probe.losses(whole)
