"""Figures of one attribution: a dot for each row, and maps of images and series."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.reporting.plots.axes import axes_of, down
from explainprune.reporting.svg.sheet import COLOURS
from explainprune.types import Array, Attribution
from explainprune.types.frames import named, named_inputs

MOST = 12
LEVELS = 30
"""Stretches along the axis in which dots are kept apart."""


def beeswarm(attribution: Attribution, *, top: int = MOST, ax: Any = None) -> Any:
    """Draw each feature's values as a swarm of dots, one for each row; the largest on top.

    Parameters
    ----------
    attribution : Attribution
        Of one output.
    top : int
        Features with the largest mean |value|.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Dots are coloured from a feature's least input (purple) to its largest (green), where there
        is one input for each value.

    Raises
    ------
    ValueError
        If the attribution is of all outputs.
    """
    values, labels, inputs = _flat(attribution)
    order = np.argsort(-np.abs(values).mean(axis=0), kind="stable")[:top]
    with axes_of(ax, 6.4, 0.9 + 0.32 * len(order)) as axes:
        axes.axvline(0, color=COLOURS["muted"], linewidth=0.8)
        for place, feature in enumerate(order):
            x = values[:, feature]
            kept = None if inputs is None else _shares(inputs[:, feature])
            axes.scatter(
                x, place - 0.38 * _swarm(x), s=9, linewidths=0, **_coloured(kept)
            )  # fmt: skip
        down(axes, [labels[feature] for feature in order])
        axes.set_xlabel(f"attribution of the {attribution.output_kind}")
        if len(order) < len(labels):
            axes.set_title(f"the {len(order)} leading of {len(labels):,} features")
    return axes


def maps(attribution: Attribution, *, row: int = 0, ax: Any = None) -> Any:
    """Draw one row's values where they lie: an image summed over channels, or time × channel.

    Parameters
    ----------
    attribution : Attribution
        Of one output and of one input, whose rows are images or series.
    row : int
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Green speaks for the output, purple against it.

    Raises
    ------
    ValueError
        If values don't lie so.
    """
    values = attribution.values
    shape: tuple[int, ...] = () if isinstance(values, dict) else values.shape
    if isinstance(values, dict) or attribution.base.ndim > 1 or len(shape) not in (3, 4):
        raise ValueError(
            "A map is of one output, and of rows of (height, width), (height, width, channels) or "
            f"(steps, channels). Received: {attribution!r}."
        )
    series = len(shape) == 3 and shape[2] < shape[1] // 2
    picture = values[row].sum(axis=-1) if len(shape) == 4 else values[row]
    picture = picture.T if series else picture
    most = float(np.abs(picture).max()) or 1.0
    with axes_of(ax, 6.4 if series else 3.4, 2.4 if series else 3.4) as axes:
        axes.imshow(
            picture, cmap=two_hues(), vmin=-most, vmax=most, aspect="auto" if series else "equal",
            interpolation="nearest",
        )  # fmt: skip
        if series:
            axes.set_xlabel("step")
            axes.set_ylabel("channel")
        axes.set_title(f"row {row}: ± {most:.3g}")
    return axes


def two_hues() -> Any:
    """Return the colours of values around 0: purple below, green above."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = [COLOURS["negative"], "#ffffff", COLOURS["positive"]]
    return LinearSegmentedColormap.from_list("explainprune", ends)


def _coloured(shares: Array | None) -> dict[str, Any]:
    if shares is None:
        return {"color": COLOURS["dense"]}
    return {"c": shares, "cmap": _two_hues_dark(), "vmin": 0.0, "vmax": 1.0}


def _two_hues_dark() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    ends = [COLOURS["negative"], COLOURS["mark"], COLOURS["positive"]]
    return LinearSegmentedColormap.from_list("explainprune dots", ends)


def _flat(attribution: Attribution) -> tuple[Array, tuple[str, ...], Array | None]:
    """Lay values flat, with the features' names and, where there is one for each, the inputs."""
    if attribution.base.ndim > 1:
        raise ValueError(f"A swarm is of one output. Received: {attribution!r}.")
    values, x = attribution.values, attribution.x
    parts = values if isinstance(values, dict) else {"": values}
    flat = [part.reshape(len(part), -1) for part in parts.values()]
    whole = np.concatenate(flat, axis=1)
    labels = (
        named_inputs({key: part.shape[1] for key, part in zip(parts, flat, strict=True)})
        if isinstance(values, dict)
        else named(attribution.feature_names, whole.shape[1])
    )
    given = [part for part in (x.values() if isinstance(x, dict) else [x]) if part is not None]
    if not given or any(part.dtype.kind not in "biuf" for part in given):
        return whole, labels, None
    inputs = np.concatenate([part.reshape(len(part), -1) for part in given], axis=1)
    return whole, labels, inputs if inputs.shape == whole.shape else None


def _shares(values: Array) -> Array:
    """Return where values lie between their 5th and their 95th percentile, 0 to 1."""
    low, high = np.percentile(values, [5, 95])
    return np.asarray(np.clip((values - low) / (high - low or 1.0), 0, 1))


def _swarm(values: Array) -> Array:
    """Return how far each dot lies from the middle, −1 to 1, so that neighbours don't overlap.

    Dots of one stretch of the axis take turns above and below, the first in the middle.

    >>> _swarm(np.array([0.0, 0.0, 0.0, 1.0])).tolist()
    [0.0, 1.0, -1.0, 0.0]
    >>> _swarm(np.array([10.0, 10.04, 11.0])).tolist()
    [0.0, 0.0, 0.0]
    """
    low, high = float(values.min()), float(values.max())
    bins = np.floor((values - low) / (high - low or 1.0) * LEVELS).astype(int)
    order = np.argsort(bins, kind="stable")
    starts = np.searchsorted(bins[order], bins[order])
    turn = np.empty(len(values), dtype=int)
    turn[order] = np.arange(len(values)) - starts
    steps = (turn + 1) // 2 * np.where(turn % 2 == 1, 1, -1)
    return np.asarray(steps / max(1, int(np.abs(steps).max())) + 0.0)
