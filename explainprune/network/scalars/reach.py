"""Which players reach which groups of a network of elements, through weights that aren't zero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from explainprune.network.scalars.affine import INPUTS, Affine, Sparse
from explainprune.network.scalars.elements import UnitLayer, Unrolled
from explainprune.types import Array

Reach = Any
"""A ``scipy.sparse.csr_array`` (groups, players) of ones, players in order."""


def players_reaching(network: Unrolled, players: Array) -> tuple[Reach, ...]:
    """Find who reaches each group of each layer.

    Parameters
    ----------
    network : Unrolled
    players : ndarray of int (n_inputs,)
    """
    ones = np.ones(len(players))
    found: dict[int, Reach] = {INPUTS: sparse.csr_array((ones, (np.arange(len(players)), players)))}
    layers = []
    for number, layer in enumerate(network.layers, start=1):
        groups = _pattern(in_groups(layer).T @ reaching(layer.reads, found))
        layers.append(groups)
        found[number] = groups[np.repeat(np.arange(groups.shape[0]), layer.made)]
    return tuple(layers)


def reaching(affine: Affine, found: Mapping[int, Reach]) -> Reach:
    """Find who reaches each column of an affine function: (width, players)."""
    total = sparse.csr_array((affine.width, found[INPUTS].shape[1]))
    for source, part in affine.parts.items():
        total = total + pattern(part).T @ found[source]
    return total


def in_groups(layer: UnitLayer) -> Sparse:
    """Mark which columns each group reads: (columns, groups)."""
    groups, size = layer.groups.shape
    entries = np.ones(layer.groups.size), (layer.groups.ravel(), np.repeat(np.arange(groups), size))
    return pattern(sparse.csc_array(entries, shape=(layer.reads.width, groups)))


def pattern(matrix: Sparse) -> Sparse:
    """Put ones where entries are stored."""
    ones = matrix.copy()
    ones.data = np.ones_like(ones.data)
    return ones


def _pattern(matrix: Any) -> Reach:
    found = pattern(sparse.csr_array(matrix))
    found.sort_indices()
    return found
