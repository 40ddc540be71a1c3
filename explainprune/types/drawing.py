"""What a page shows of two networks: their drawing, their units, features and some samples."""

from __future__ import annotations

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
    two whole layers, of which the strongest are drawn.
    """

    start: int
    end: int
    source: tuple[int, ...]
    target: tuple[int, ...]
    weight: tuple[float, ...]
    total: int


@dataclass(frozen=True)
class Drawing:
    """A network as layers and connections."""

    layers: tuple[DrawnLayer, ...]
    edges: tuple[DrawnEdges, ...]
    note: str = ""


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
    tokens : bool
        Whether rows are texts, a value for each token.
    owners : tuple of int
        The player of each feature of an image or series, where players join several.
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
