"""A model that only runs forward, in a file of its own or as a function of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.network.functions.artefacts.running import Running, parts_of
from explainprune.network.functions.inputs import InputSpec
from explainprune.types import Array, Inputs


@dataclass(frozen=True)
class OutputSpec:
    """One output of an artefact.

    Attributes
    ----------
    name : str
    end : str
        ``"softmax"`` or ``"sigmoid"`` where the file's last operation is one; ``""`` where that
        can't be read, or is another.
    step : float
        How far apart the numbers are that it can output; 0 where it isn't quantised.
    """

    name: str
    end: str = ""
    step: float = 0.0


@dataclass(frozen=True, eq=False)
class Artefact:
    """What ships: it can be run on rows, and not looked into.

    Attributes
    ----------
    name : str
        The file's, or the function's.
    run : callable
        From rows (an array, or one for each input by its name) to the arrays that are output.
    parts : tuple of InputSpec or None
        What it reads; None for a function, which is given rows as they come.
    outputs : tuple of OutputSpec or None
        None for a function.
    ranges : mapping of str to (float, float)
        Least and largest number that each quantised input can hold.
    rows_per_call : int
        Most rows that `run` is called with.
    sha256 : str
        Of the file; "" for a function.
    bytes : int or None
        Of the file.
    notes : tuple of str
        What a reader of results must know.
    path : Path, optional
        Of the file; another process opens it anew.

    Examples
    --------
    >>> double = Artefact("double", lambda x: 2 * x)
    >>> double(np.ones((1, 2)))
    array([[2., 2.]])
    """

    name: str
    run: Callable[[Inputs], Any] = field(repr=False)
    parts: tuple[InputSpec, ...] | None = None
    outputs: tuple[OutputSpec, ...] | None = None
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rows_per_call: int = 1024
    sha256: str = ""
    bytes: int | None = None
    notes: tuple[str, ...] = ()
    path: Path | None = field(default=None, repr=False)
    forward_only = True

    def __call__(self, x: Any) -> Array | list[Array]:
        """Run it on rows as its user has them; a list of arrays where there are several outputs.

        Raises
        ------
        ValueError
            If the rows don't fit.
        """
        running = self.on(x)
        found = running.arrays(running.pack(x))
        return found[0] if len(found) == 1 else found

    def on(self, like: Any) -> Running:
        """Return what runs it on rows like these; several inputs in their order.

        Raises
        ------
        ValueError
            If it leaves sizes open, and there are no rows.
        """
        parts = parts_of(self.name, self.parts, like)
        named = isinstance(like, Mapping) and self.parts is None
        return Running(self.name, self.run, parts, named, self.rows_per_call)


def are_shares(outputs: Array) -> bool:
    """Say whether outputs (n, K) are shares that sum to 1, or one share for each row.

    >>> are_shares(np.array([[0.2, 0.8]])), are_shares(np.array([[0.5, 0.8]]))
    (True, False)
    """
    if (outputs < 0).any() or (outputs > 1 + 1e-5).any():
        return False
    return outputs.shape[1] == 1 or bool(np.allclose(outputs.sum(axis=1), 1, atol=1e-3))
