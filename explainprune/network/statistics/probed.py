"""What a criterion may ask of a layer that it probes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from explainprune.types import Array


class Probed(Protocol):
    """One hidden layer, whose units can be silenced, and followed while the input changes.

    A criterion that names a parameter ``probe`` is given one for each layer, and returns scores of
    its units (with standard errors, if it draws). A test can pass a formula.

    Attributes
    ----------
    path : str
    units, rows : int
        How many units the layer has, and how many rows it is probed on.
    cuts : bool
        Whether all that reaches the output comes through the layer.
    """

    path: str
    units: int
    rows: int
    cuts: bool

    def losses(self, gates: Array, *, fill: str = "zero") -> Array:
        """Return the mean loss with some units silenced: gates (m, units) of 0 and 1 → (m,).

        A silenced unit is 0 or, with ``fill="mean"``, its mean over rows and positions.
        """
        ...

    def along(self, steps: int) -> Iterator[tuple[Array, Array]]:
        """Follow the units from the mean input to each row, in a straight line.

        Yields activations and slopes (n, steps + 1, positions, units) for some rows at a time, both
        ends included. Slopes are gradients of the logit of the class the row is predicted as, or
        of the class that was asked for.
        """
        ...

    def moved(self) -> Array:
        """Return that logit less the one of the mean input, for each row: (rows,)."""
        ...

    def between(self, draws: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Mix the layer's activations on each row x with those on other rows b.

        Yields ``a(x) − a(b)`` and the slopes at ``a(b) + t (a(x) − a(b))``, each (n, draws,
        positions, units), for some rows at a time; t is uniform in [0, 1].
        """
        ...
