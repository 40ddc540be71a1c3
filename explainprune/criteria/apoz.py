"""APoZ: units that are most often exactly zero go first."""

from __future__ import annotations

from explainprune.types import Array


def apoz(zero_share: Array) -> Array:
    """``1 − share of zeros`` of each unit, so that higher means keep.

    Hu, Peng, Tai & Tang, "Network trimming", 2016, arXiv:1607.03250.
    """
    return 1 - zero_share
