"""Which entries of a model are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explainprune.types.arrays import Array, frozen


@dataclass(frozen=True, eq=False, repr=False)
class Masks(Mapping[str, Array]):
    """Boolean arrays by variable path; True = keep.

    Attributes
    ----------
    arrays : dict of str to ndarray of bool
        Keyed by variable path (``"block/conv/kernel"``), shaped like the variable. Variables that
        are not named are kept whole. Biases and normalisation parameters may be named too.
    prunable : tuple of str
        The paths whose entries were candidates for removal: sparsity is counted over these.

    Raises
    ------
    TypeError
        If an array is not boolean.
    ValueError
        If a prunable path has no array.
    """

    arrays: dict[str, Array]
    prunable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for path, mask in self.arrays.items():
            if np.asarray(mask).dtype != np.bool_:
                raise TypeError(
                    f"A mask is boolean, True = keep. Received: {path!r} with "
                    f"dtype={np.asarray(mask).dtype}."
                )
        object.__setattr__(self, "arrays", {p: frozen(m) for p, m in self.arrays.items()})
        object.__setattr__(self, "prunable", tuple(self.prunable or self.arrays))
        missing = [path for path in self.prunable if path not in self.arrays]
        if missing:
            raise ValueError(f"Prunable paths without a mask: {missing}.")

    def __getitem__(self, path: str) -> Array:
        return self.arrays[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    @property
    def removed(self) -> int:
        """Number of prunable entries that are not kept."""
        return sum(int((~self.arrays[path]).sum()) for path in self.prunable)

    @property
    def total(self) -> int:
        """Number of prunable entries."""
        return sum(self.arrays[path].size for path in self.prunable)

    @property
    def sparsity(self) -> float:
        """Share of prunable entries that are removed; 0 where there are none."""
        return self.removed / self.total if self.total else 0.0

    def save(self, path: str | Path) -> None:
        """Write to `path` as ``.npz``, without pickle."""
        with Path(path).open("wb") as file:
            prunable = np.array(self.prunable, dtype=np.str_)
            np.savez_compressed(file, __prunable__=prunable, **self.arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | Path) -> Masks:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name != "__prunable__"}
            return cls(arrays, tuple(str(p) for p in file["__prunable__"]))

    def __repr__(self) -> str:
        return f"Masks({self.removed:,} of {self.total:,} entries removed, {self.sparsity:.1%})"
