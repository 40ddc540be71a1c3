"""Affine functions of a network's scalar elements, with sparse matrices in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from explainprune.types import Array

Sparse = Any
"""A ``scipy.sparse.csc_array``."""

INPUTS = 0
"""The source that stands for the network's inputs; source k ≥ 1 is its k-th layer of units."""


@dataclass(frozen=True, eq=False)
class Affine:
    """``bias + Σ_k source_k · parts[k]`` for rows of elements.

    Attributes
    ----------
    parts : mapping of int to csc_array (elements of source k, width)
        Without stored zeros, so that what is stored is what is read.
    bias : ndarray (width,)
    """

    parts: Mapping[int, Sparse]
    bias: Array

    @property
    def width(self) -> int:
        """How many numbers it outputs."""
        return len(self.bias)

    def __call__(self, sources: Mapping[int, Array]) -> Array:
        """Evaluate rows: sources (n, elements) → (n, width)."""
        rows = len(next(iter(sources.values())))
        total = np.tile(self.bias, (rows, 1))
        for source, matrix in self.parts.items():
            total += sources[source] @ matrix
        return total

    def through(self, matrix: Sparse, bias: Array | float = 0.0) -> Affine:
        """Apply ``· @ matrix + bias`` after it."""
        parts = {source: cleaned(part @ matrix) for source, part in self.parts.items()}
        return Affine(_live(parts), self.bias @ matrix + bias)

    def picked(self, columns: Array) -> Affine:
        """Put out some of its columns, in this order; −1 stands for a zero."""
        picked = np.maximum(columns, 0)
        bias = np.where(columns < 0, 0.0, self.bias[picked])
        if (columns < 0).any():
            keep = np.flatnonzero(columns >= 0)
            entries = (np.ones(len(keep)), (columns[keep], keep))
            return self.through(_csc(sparse.coo_array(entries, (self.width, len(columns)))))
        return Affine(_live({s: part[:, picked] for s, part in self.parts.items()}), bias)

    def scaled(self, factor: Array | float, shift: Array | float = 0.0) -> Affine:
        """Multiply each column by a factor and add a shift."""
        factors = np.broadcast_to(np.asarray(factor, np.float64), (self.width,))
        parts = {s: cleaned(part * factors[None, :]) for s, part in self.parts.items()}
        return Affine(_live(parts), self.bias * factors + shift)

    def plus(self, other: Affine) -> Affine:
        """Add another one of the same width."""
        parts = dict(self.parts)
        for source, part in other.parts.items():
            parts[source] = cleaned(parts[source] + part) if source in parts else part
        return Affine(_live(parts), self.bias + other.bias)


def of_inputs(*affines: Affine) -> bool:
    """Tell whether nothing but the network's inputs is read."""
    return all(set(affine.parts) <= {INPUTS} for affine in affines)


def identity(source: int, width: int) -> Affine:
    """Put out a source's own elements."""
    return Affine({source: _csc(sparse.eye_array(width))}, np.zeros(width))


def joined(affines: Sequence[Affine]) -> Affine:
    """Put several next to each other."""
    if len(affines) == 1:
        return affines[0]
    sources = dict.fromkeys(source for each in affines for source in each.parts)
    parts = {}
    for source in sources:
        size = next(each.parts[source].shape[0] for each in affines if source in each.parts)
        blocks = [each.parts.get(source, sparse.csc_array((size, each.width))) for each in affines]
        parts[source] = _csc(sparse.hstack(blocks))
    return Affine(parts, np.concatenate([each.bias for each in affines]))


def from_entries(rows: Array, columns: Array, values: Array, shape: tuple[int, int]) -> Sparse:
    """Return a matrix from its entries; those that are zero are left out."""
    live = values != 0
    return _csc(sparse.coo_array((values[live], (rows[live], columns[live])), shape))


def cleaned(matrix: Sparse) -> Sparse:
    """Drop stored zeros."""
    matrix = _csc(matrix)
    matrix.eliminate_zeros()
    return matrix


def _csc(matrix: Any) -> Sparse:
    found = sparse.csc_array(matrix, dtype=np.float64)
    found.sort_indices()
    return found


def _live(parts: Mapping[int, Sparse]) -> dict[int, Sparse]:
    return {source: part for source, part in parts.items() if part.nnz}
