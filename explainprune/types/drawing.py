"""What a page shows of two networks: drawings, filters, units, features and some samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DrawnLayer:
    """One column of a network drawing.

    Attributes
    ----------
    name, kind : str
        Layer path and class (``"inputs"``, ``"Dense"``, ``"Conv2D"``).
    units : int
        Units the layer has in the dense model.
    shown : tuple of int
        Original indices of the units that are drawn.
    size : tuple of float
        Importance of each drawn unit over the layer's largest, in [0, 1].
    alive : tuple of bool
        Whether each drawn unit is connected in this model.
    labels : tuple of str
        What to call each drawn unit (feature or class names at the ends).
    """

    name: str
    kind: str
    units: int
    shown: tuple[int, ...]
    size: tuple[float, ...]
    alive: tuple[bool, ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrawnEdges:
    """Connections between two drawn layers (positions in `Drawing.layers`).

    `source` and `target` index the *drawn* units; `total` counts the live connections between the
    two whole layers, and `among` those between drawn units, of which the strongest are listed.
    """

    start: int
    end: int
    source: tuple[int, ...]
    target: tuple[int, ...]
    weight: tuple[float, ...]
    total: int
    among: int | None = None

    @property
    def complete(self) -> bool:
        """Whether all connections between drawn units are listed: one that isn't, is none."""
        return len(self.weight) == (self.total if self.among is None else self.among)


@dataclass(frozen=True)
class DrawnFilters:
    """Filters of one convolution, as images of what each weighs in the inputs it reads most.

    Attributes
    ----------
    layer : str
    shape : (int, int)
        Height and width of an image; a filter over steps has height 1.
    filters, inputs : int
        How many the layer has in the dense model.
    unit : tuple of int
        Original index of each image's filter.
    source : tuple of str
        What to call the input of each image.
    values : tuple of tuple of float
        Each image, flat; empty where this model lacks the filter or its input, or all are 0.
    """

    layer: str
    shape: tuple[int, int]
    filters: int
    inputs: int
    unit: tuple[int, ...]
    source: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Drawing:
    """A network as layers and connections, and the filters of its convolutions."""

    layers: tuple[DrawnLayer, ...]
    edges: tuple[DrawnEdges, ...]
    note: str = ""
    filters: tuple[DrawnFilters, ...] = ()


TWICE = 2.0
"""Within this factor weights of one sign count as alike: any further training moves them so far."""


@dataclass(frozen=True)
class Rewired:
    """What became of the live connections between two layers, counted over all of them.

    Attributes
    ----------
    start, end : str
        Layer paths.
    removed, added : int
        Live in the dense model alone, and in the other alone.
    turned : int
        Live in both, with another sign.
    weaker, stronger : int
        Of the same sign, but less than half as large, and more than twice (`TWICE`) as large.
    alike : int
        The rest of those that are live in both.
    """

    start: str
    end: str
    removed: int
    turned: int
    weaker: int
    alike: int
    stronger: int
    added: int

    @property
    def before(self) -> int:
        """Live connections of the dense model."""
        return self.removed + self.turned + self.weaker + self.alike + self.stronger

    @property
    def after(self) -> int:
        """Live connections of the other model."""
        return self.before - self.removed + self.added


@dataclass(frozen=True)
class UnitRow:
    """One neuron before and after. None: the unit is gone, or was never scored."""

    layer: str
    unit: int
    before: float | None
    after: float | None
    rank_before: float | None
    rank_after: float | None
    kept: bool


@dataclass(frozen=True)
class FeatureRow:
    """Mean |attribution| of one feature in the dense and the other model, with 95 % intervals.

    Both are shares of their model's total, so that the scale of the logits plays no part.
    `change` is the feature's mean |φ_other − β φ_dense| as a share of the other model's total;
    None where no β could be fitted.
    """

    name: str
    dense: float
    dense_interval: tuple[float, float]
    other: float
    other_interval: tuple[float, float]
    change: float | None = None
    change_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Rescaling:
    """By what the dense model is rescaled before asking what changed.

    Attributes
    ----------
    beta : float
        The factor by which the other model's outputs are the dense model's, by least squares over
        the scored rows: a mere change of temperature is no change.
    r2 : float or None
        Share of the variance of the other model's outputs that it explains.
    """

    beta: float
    r2: float | None


@dataclass(frozen=True)
class Sample:
    """One row of the gallery.

    Attributes
    ----------
    row : int
        Which scored row it is.
    x, dense, other : tuple of float
        Inputs and both attributions, flat; one entry per feature or player.
    label : str
        The true class, or "" without labels.
    dense_says, other_says : str
        Both predictions.
    moved : float or None
        Share of the reasons' weight that moved; None where neither model has any.
    why : str
        Why this row is shown: "typical", "most changed", "prediction flipped".
    said : tuple of str
        The inputs as the user knows them, where that is more than the numbers of `x`.
    whole : tuple of float
        The row as the model reads it, flat, where it is drawn and players join its features.
    """

    row: int
    x: tuple[float, ...]
    dense: tuple[float, ...]
    other: tuple[float, ...]
    label: str
    dense_says: str
    other_says: str
    moved: float | None
    why: str
    said: tuple[str, ...] = ()
    whole: tuple[float, ...] = ()


@dataclass(frozen=True)
class Detail:
    """Everything a page shows of one pair beyond its figures, so that it can be drawn again.

    Attributes
    ----------
    image_shape : tuple of int, optional
        ``(height, width)`` or ``(height, width, channels)`` of a row.
    series_shape : tuple of int, optional
        ``(steps, channels)`` of a row.
    channels : tuple of str
        Names of a series' channels, where they have any.
    tokens : bool
        Whether rows are texts, a value for each token.
    owners : tuple of int
        The player of each feature of an image or series, where players join several.
    rewired : tuple of Rewired
        What became of the connections, where the layers of both models can be joined.
    """

    drawings: dict[str, Drawing] = field(default_factory=dict)
    units: tuple[UnitRow, ...] = ()
    criterion: str = ""
    features: tuple[FeatureRow, ...] = ()
    samples: tuple[Sample, ...] = ()
    feature_names: tuple[str, ...] = ()
    image_shape: tuple[int, ...] | None = None
    rescaling: Rescaling | None = None
    series_shape: tuple[int, int] | None = None
    tokens: bool = False
    owners: tuple[int, ...] = ()
    rewired: tuple[Rewired, ...] = ()
    channels: tuple[str, ...] = ()


def fair_shares(counts: Sequence[int], most: int) -> list[int]:
    """Share `most` evenly; what one doesn't use goes to the others.

    >>> fair_shares([10, 500, 1000], 900)
    [10, 445, 445]
    """
    granted = [0] * len(counts)
    for done, i in enumerate(sorted(range(len(counts)), key=lambda j: counts[j])):
        granted[i] = min(counts[i], (most - sum(granted)) // (len(counts) - done))
    return granted
