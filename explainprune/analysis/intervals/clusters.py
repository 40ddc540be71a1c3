"""What rows count as: their weights, and the clusters that are independent of each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Units:
    """The units of inference among rows.

    Attributes
    ----------
    weights : ndarray (n,)
        Of each row, at least 0.
    clusters : ndarray of int (n,)
        Rows of one number belong together; rows by themselves have a number of their own.
    unit : str
        What the clusters are called in sentences: ``"rows"``, ``"clusters"`` or
        ``"distinct rows"``.
    weighted : bool
        Whether weights were given at all.
    """

    weights: Array
    clusters: Array
    unit: str = "rows"
    weighted: bool = False

    @classmethod
    def rows(cls, n: int) -> Units:
        """Take each of n rows for itself, all alike."""
        return cls(np.ones(n), np.arange(n))

    def __len__(self) -> int:
        return len(self.clusters)

    @property
    def count(self) -> int:
        """How many clusters there are; those that weigh nothing aren't there."""
        return len(np.unique(self.clusters[self.weights > 0]))

    @property
    def plain(self) -> bool:
        """Whether rows are their own units, all of one weight."""
        return not self.weighted and self.count == len(self)

    @property
    def apart(self) -> bool:
        """Whether every row that weighs anything is a unit by itself."""
        return self.count == int((self.weights > 0).sum())

    def take(self, index: Array) -> Units:
        """Return the units of some of the rows."""
        return replace(self, weights=self.weights[index], clusters=self.clusters[index])

    def mean(self, values: Array) -> Array:
        """Return the weighted mean over the last axis."""
        found: Array = values @ self.weights / self.weights.sum()
        return found

    def shares(self) -> Array:
        """Return each cluster's share of the whole weight."""
        _, place = np.unique(self.clusters, return_inverse=True)
        return np.asarray(np.bincount(place, weights=self.weights) / self.weights.sum())

    def influences(self, values: Array) -> Array:
        """Return each cluster's influence on the weighted mean: their mean is 0.

        u_g = G/W · Σ_{i ∈ g} w_i (v_i − v̄): the mean varies as the mean of G such numbers does.
        """
        parts = self.weights * (values - self.mean(values))
        _, place = np.unique(self.clusters, return_inverse=True)
        sums = np.bincount(place, weights=parts)
        return np.asarray(sums * len(sums) / self.weights.sum())
