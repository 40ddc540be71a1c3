"""Which unit each position of a tensor belongs to, and which units stand or fall together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explainprune.types import Array


class LeaveWhole(Exception):
    """A layer that cannot be followed; the message says why."""


@dataclass(frozen=True, eq=False)
class Units:
    """The units of one tensor.

    Attributes
    ----------
    axis : int
        The axis along which units lie, batch axis 0; -1 where there is none. 0 where each entry
        is a unit's, by itself (pixels): `atoms` then has all entries of a row, laid flat.
    atoms : ndarray of int
        For each position along that axis, the number of the unit it belongs to. Flattening repeats
        numbers, concatenating joins them.
    """

    axis: int
    atoms: Array


NO_UNITS = Units(-1, np.zeros(0, dtype=np.int64))


def unit_axis(numbers: Array) -> tuple[int, Array]:
    """Find the axis along which alone the unit changes (last first), and the units along it.

    Parameters
    ----------
    numbers : ndarray of int
        The unit of each entry of a row. If none of its axes will do, all are returned, with axis 0.
    """
    for axis in reversed(range(numbers.ndim)):
        lines = np.moveaxis(numbers, axis, -1).reshape(-1, numbers.shape[axis])
        if (lines == lines[0]).all():
            return axis + 1, lines[0]
    return 0, numbers.ravel()


class Ledger:
    """Hands out units, and notes which are coupled and which must stay.

    Parameters
    ----------
    couples : bool
        Whether units that meet in a sum or a product stand or fall together. If not, units end
        there, and at what is left whole: each can be made silent alone, but only if it arrives
        there as exactly zero.
    cuts : bool
        Whether layers are to do with fewer units. If not, units also pass where that can't be.

    Attributes
    ----------
    stops : list of (str, int, ndarray of int)
        Where units end: the layer's path, the number of the tensor, and the positions in it.
    """

    def __init__(self, *, couples: bool = True, cuts: bool = True) -> None:
        self.count = 0
        self.couples = couples
        self.cuts = cuts
        self.stops: list[tuple[str, int, Array]] = []
        self._pairs: list[tuple[Array, Array]] = []
        self._fixed: list[tuple[Array, str]] = []
        self._noted: list[tuple[str, Array, str]] = []

    def fresh(self, size: int) -> Array:
        """Return `size` new units."""
        self.count += size
        return np.arange(self.count - size, self.count)

    def couple(self, a: Array, b: Array) -> None:
        """Note that the units of `a` and `b` can only be removed together, pair by pair."""
        self._pairs.append((a, b))

    def stop(self, path: str, tensor: int, at: Array) -> None:
        """Note that the units at some positions of a tensor end at the layer at `path`."""
        self.stops.append((path, tensor, at))

    def fix(self, atoms: Array, reason: str) -> None:
        """Note that these units stay."""
        self._fixed.append((atoms, reason))

    def note(self, path: str, atoms: Array, reason: str) -> None:
        """Note that the layer at `path` is left whole, and with it these units."""
        self._noted.append((path, atoms, reason))
        self.fix(atoms, f"its units touch {path!r}, which is left whole")

    def groups(self) -> Array:
        """Return, for each unit, the number of its coupled group."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        if not self._pairs:
            return np.arange(self.count)
        a = np.concatenate([pair[0] for pair in self._pairs])
        b = np.concatenate([pair[1] for pair in self._pairs])
        links = coo_array((np.ones(len(a), dtype=bool), (a, b)), shape=(self.count, self.count))
        labels: Array = connected_components(links, directed=False)[1]
        return labels

    def reasons(self, groups: Array) -> dict[int, str]:
        """Return the groups that must stay, each with the first reason given."""
        found: dict[int, str] = {}
        for atoms, reason in self._fixed:
            for group in np.unique(groups[atoms]):
                found.setdefault(int(group), reason)
        return found

    def noted(self) -> dict[str, str]:
        """Return all layers that are left whole, with the reason."""
        return {path: reason for path, _, reason in self._noted}

    def left_whole(self, groups: Array, ends: Array) -> dict[str, str]:
        """Return the layers left whole, but for those that touch only the units in `ends`.

        `ends` are the model's inputs and outputs: they stay in any case.
        """
        outer = set(groups[ends].tolist())
        return {
            path: reason
            for path, atoms, reason in self._noted
            if not len(atoms) or not outer.issuperset(groups[atoms].tolist())
        }
