"""A Keras tensor as an affine function of elements, while a graph is being read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.network.scalars.affine import Affine, identity
from explainprune.network.scalars.elements import Function, UnitLayer
from explainprune.types import Array

MOST_ENTRIES = 3e7
"""Matrix entries beyond which a layer isn't unrolled: a network so wide has no small games."""


@dataclass(frozen=True, eq=False)
class Head:
    """What a softmax or sigmoid was given: looked through where it ends an output.

    Attributes
    ----------
    kind : str
        ``"softmax"`` or ``"sigmoid"``.
    logits, centred : Affine
        The latter minus the mean over the last axis, behind a softmax.
    """

    kind: str
    logits: Affine
    centred: Affine


@dataclass(frozen=True, eq=False)
class Tensor:
    """One row of a symbolic tensor, laid flat.

    Attributes
    ----------
    affine : Affine
    shape : tuple of int
        Without the row axis.
    name : str
        The layer whose units these are: what made them last, or the kernel before an activation.
    head : Head or None
        Where it was made by a softmax or sigmoid.
    """

    affine: Affine
    shape: tuple[int, ...]
    name: str = ""
    head: Head | None = None

    @property
    def indices(self) -> Array:
        """The number of each entry, in the tensor's shape."""
        return np.arange(self.affine.width).reshape(self.shape)

    def moved(self, columns: Array, name: str | None = None) -> Tensor:
        """Put out entries by number, in the shape of `columns`; −1 stands for a zero."""
        flat = columns.ravel()
        head = self.head
        if head is not None:
            head = Head(head.kind, head.logits.picked(flat), head.centred.picked(flat))
        affine = self.affine.picked(flat)
        return Tensor(affine, columns.shape, self.name if name is None else name, head)

    def made(self, affine: Affine, shape: tuple[int, ...] | None = None, name: str = "") -> Tensor:
        """Return what a layer made of this one."""
        shape = self.shape if shape is None else shape
        assert affine.width == math.prod(shape)
        return Tensor(affine, shape, name or self.name)


@dataclass
class Reading:
    """What has been read of a graph so far.

    Attributes
    ----------
    layers : list of UnitLayer
    masks : mapping of int to ndarray of bool
        By id of the variable: entries to be read as zero where False.
    """

    layers: list[UnitLayer] = field(default_factory=list)
    masks: Mapping[int, Array] = field(default_factory=dict)

    def weight(self, variable: Any) -> Array:
        """Return a variable's values in float64, masked."""
        values = np.asarray(variable, np.float64)
        mask = self.masks.get(id(variable))
        return values if mask is None else np.where(mask, values, 0.0)

    def units(
        self,
        name: str,
        shape: tuple[int, ...],
        reads: Affine,
        groups: Array,
        function: Function,
        made: int = 1,
    ) -> Affine:
        """Add a layer of units; return what it outputs, group by group."""
        self.layers.append(UnitLayer(name, shape, reads, groups, function, made))
        return identity(len(self.layers), len(groups) * made)

    def elementwise(self, tensor: Tensor, function: Function, name: str) -> Tensor:
        """Put each entry of a tensor through a function of its own."""
        groups = np.arange(tensor.affine.width)[:, None]
        affine = self.units(tensor.name or name, tensor.shape, tensor.affine, groups, function)
        return tensor.made(affine, name=tensor.name or name)

    def along(self, tensor: Tensor, axes: tuple[int, ...], function: Function, name: str) -> Tensor:
        """Put all entries along some axes through a function together, shape kept."""
        rank = len(tensor.shape)
        axes = tuple(axis % rank for axis in axes)
        others = [axis for axis in range(rank) if axis not in axes]
        size = math.prod(tensor.shape[axis] for axis in axes)
        groups = tensor.indices.transpose(*others, *axes).reshape(-1, size)
        shape = tuple(tensor.shape[axis] for axis in others) or (1,)
        affine = self.units(name, shape, tensor.affine, groups, function, made=size)
        return tensor.made(affine.picked(np.argsort(groups.ravel())), name=name)


def check_size(entries: float) -> None:
    """Raise for a matrix that would be too large."""
    if entries > MOST_ENTRIES:
        raise ValueError(
            f"unrolled it would have {entries:,.0f} weights, more than {MOST_ENTRIES:,.0f}"
        )


def channels_last(
    apply: Callable[[Tensor], Tensor], tensor: Tensor, data_format: str | None
) -> Tensor:
    """Apply a layer that has its channels first as if they came last."""
    if data_format != "channels_first":
        return apply(tensor)
    last = tensor.moved(np.moveaxis(tensor.indices, 0, -1))
    found = apply(last)
    if not found.shape or len(found.shape) == 1:
        return found
    return found.moved(np.moveaxis(found.indices, -1, 0))
