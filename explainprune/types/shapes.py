"""What each feature of an additive network adds to its outputs: curves, and surfaces of pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.types.arrays import Array


@dataclass(frozen=True, eq=False, repr=False)
class Curve:
    """What one feature adds to the outputs, beyond what it adds in the mean over the background.

    Attributes
    ----------
    feature : int
    name : str
    points : ndarray (points,)
        Ascending; they span the rows that were given.
    values : ndarray (points, outputs)
        Mean output with the feature at a point and the others as in the background rows, less the
        mean output of these rows.
    low, high : ndarray (points, outputs)
        What the background spreads: 5th and 95th percentile over its rows, each row's curve laid
        to its own mean. Equal to `values` where the others don't change what the feature adds.
    rows : ndarray (background,)
        The feature in the background rows.
    weight : ndarray (outputs,)
        Mean absolute value over the background rows.
    everywhere : bool
        Whether straight lines between the points are the function itself. Otherwise it is exact at
        the points, and between them nothing is said.
    """

    feature: int
    name: str
    points: Array
    values: Array
    low: Array
    high: Array
    rows: Array
    weight: Array
    everywhere: bool = False

    def __call__(self, x: Array) -> Array:
        """Return what the feature adds at any values within its range: (n,) → (n, outputs).

        Raises
        ------
        ValueError
            If the function isn't known between its points, or a value lies outside.
        """
        x = np.asarray(x, np.float64)
        if not self.everywhere:
            raise ValueError(f"The curve of {self.name!r} is known at its points alone.")
        ends = self.points[0], self.points[-1]
        rounded = 1e-6 * max(np.abs(ends))  # of rows in float32
        if len(x) and not (ends[0] - rounded <= x.min() and x.max() <= ends[1] + rounded):
            raise ValueError(
                f"The curve of {self.name!r} is known from {ends[0]:g} to {ends[1]:g}. Received: "
                f"{x.min():g} to {x.max():g}."
            )
        return np.stack([np.interp(x, self.points, each) for each in self.values.T], axis=1)


@dataclass(frozen=True, eq=False, repr=False)
class Surface:
    """What two features add together, beyond what each adds in the mean over the background.

    Attributes
    ----------
    features : (int, int)
    names : (str, str)
    points : (ndarray (p,), ndarray (q,))
    values : ndarray (p, q, outputs)
        Exact at the points; halved, they are the pair's share in each feature's Shapley value.
    weight : ndarray (outputs,)
        Mean absolute value over the background rows.
    """

    features: tuple[int, int]
    names: tuple[str, str]
    points: tuple[Array, Array]
    values: Array
    weight: Array


@dataclass(frozen=True, eq=False, repr=False)
class Shapes:
    """A network as a sum: a base, a curve for each feature, a surface for each pair.

    Attributes
    ----------
    base : ndarray (outputs,)
        Mean output over the background.
    curves : tuple of Curve
        Of the features that reach an output, the weightiest first.
    surfaces : tuple of Surface
    before : tuple of Curve
        Of the same features in the model before, where it was given: means over the background,
        which are no functions of one feature if `low` and `high` lie apart.
    outputs : tuple of str
    output_kind : str
    notes : tuple of str
    """

    base: Array
    curves: tuple[Curve, ...]
    surfaces: tuple[Surface, ...]
    before: tuple[Curve, ...]
    outputs: tuple[str, ...]
    output_kind: str
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        pairs = f", {len(self.surfaces)} pairs" if self.surfaces else ""
        return f"Shapes({len(self.curves)} features{pairs}, {len(self.outputs)} outputs)"

    def curve(self, name: str) -> Curve:
        """Return a feature's curve by its name."""
        from explainprune.lookup import unknown

        for curve in self.curves:
            if curve.name == name:
                return curve
        raise unknown("feature", name, [curve.name for curve in self.curves])

    def __call__(self, x: Array) -> Array:
        """Add the curves up, which is the network itself: (n, features) → (n, outputs).

        Raises
        ------
        ValueError
            If there are pairs, or a curve isn't known between its points.
        """
        if self.surfaces:
            raise ValueError("Surfaces are known at their points alone.")
        total = np.tile(self.base, (len(x), 1))
        for curve in self.curves:
            total += curve(x[:, curve.feature])
        return total

    def frame(self) -> Any:
        """Return the curves as a table: a line for each feature, point and output."""
        import pandas as pd

        parts = [
            pd.DataFrame(
                {
                    "feature": curve.name,
                    "x": curve.points,
                    "output": name,
                    "value": curve.values[:, k],
                    "low": curve.low[:, k],
                    "high": curve.high[:, k],
                }
            )
            for curve in self.curves
            for k, name in enumerate(self.outputs)
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
