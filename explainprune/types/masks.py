"""Which entries of a model are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from explainprune.types.archives import read_arrays, readable
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
    entries : dict of str to ndarray of bool
        What was decided on, where that is not single weights: the units kept, by layer path, the
        features kept, by input name, or the blocks kept, by kernel path. Sparsity is counted over
        these where there are any.

    Raises
    ------
    TypeError
        If an array is not boolean.
    ValueError
        If a prunable path has no array.
    """

    arrays: dict[str, Array]
    prunable: tuple[str, ...] = ()
    entries: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, mask in [*self.arrays.items(), *self.entries.items()]:
            if np.asarray(mask).dtype != np.bool_:
                raise TypeError(
                    f"A mask is boolean, True = keep. Received: {path!r} with "
                    f"dtype={np.asarray(mask).dtype}."
                )
        for name in ("arrays", "entries"):
            copies = {p: frozen(m) for p, m in getattr(self, name).items()}
            object.__setattr__(self, name, copies)
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
        return sum(int((~mask).sum()) for mask in self._counted())

    @property
    def total(self) -> int:
        """Number of prunable entries."""
        return sum(mask.size for mask in self._counted())

    def _counted(self) -> list[Array]:
        """List what sparsity is counted over."""
        return list(self.entries.values()) or [self.arrays[path] for path in self.prunable]

    @property
    def sparsity(self) -> float:
        """Share of prunable entries that are removed; 0 where there are none."""
        return self.removed / self.total if self.total else 0.0

    def save(self, path: str | Path) -> None:
        """Write to `path` as ``.npz``, without pickle."""
        with Path(path).open("wb") as file:
            prunable = np.array(self.prunable, dtype=np.str_)
            entries = {f"__entries__/{name}": mask for name, mask in self.entries.items()}
            np.savez_compressed(file, __prunable__=prunable, **self.arrays, **entries)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | Path) -> Masks:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            In one sentence, if it is no file of masks or is damaged.
        """
        found = read_arrays(Path(path))
        with readable(Path(path), Exception, "file of masks"):
            prunable = tuple(str(name) for name in found.pop("__prunable__"))
            start = "__entries__/"
            entries = {k.removeprefix(start): v for k, v in found.items() if k.startswith(start)}
            arrays = {name: mask for name, mask in found.items() if not name.startswith("__")}
            return cls(arrays, prunable, entries)

    def __repr__(self) -> str:
        return f"Masks({self.removed:,} of {self.total:,} entries removed, {self.sparsity:.1%})"
