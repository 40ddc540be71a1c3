"""Values laid out as their rows lie: images summed over channels, series as time × channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from explainprune.reporting.formatting import name
from explainprune.reporting.svg.element import coordinate, element, size_of
from explainprune.reporting.svg.heat import APART, heat, heats
from explainprune.reporting.svg.raster import raster
from explainprune.reporting.svg.series import MOST, series
from explainprune.types import Array, Detail


def by_feature(detail: Detail, values: Sequence[float] | Array) -> Array:
    """Give each feature its player's value, in equal parts, so that sums stay what they were."""
    each, owners = np.asarray(values, dtype=np.float64), np.asarray(detail.owners, dtype=int)
    if not len(owners) or len(each) != owners.max() + 1:
        return each
    return np.asarray((each / np.bincount(owners))[owners])


def laid(detail: Detail, values: Sequence[float] | Array) -> Array | None:
    """Lay one number for each feature or player out: (height, width), or (steps, channels).

    None where rows are no image or series, or the channels of a pixel belong to several players.
    """
    each, shape = by_feature(detail, values), detail.image_shape or detail.series_shape
    if shape is None or len(shape) not in (2, 3) or len(each) != np.prod(shape):
        return None
    if detail.image_shape is None:
        return each.reshape(shape)
    if len(shape) == 3 and len(detail.owners) == len(each):
        owners = np.reshape(detail.owners, shape)
        if (owners != owners[..., :1]).any():
            return None
    return picture(each, shape)


def picture(values: Array, shape: tuple[int, ...]) -> Array:
    """Lay flat values out as an image; several channels are added up.

    >>> picture(np.array([1.0, 2.0, 3.0, 4.0]), (1, 2, 2))
    array([[3., 7.]])
    """
    found = np.asarray(values, dtype=np.float64).reshape(shape)
    return found if found.ndim == 2 else found.sum(axis=-1)


def drawn(
    detail: Detail,
    values: Array,
    largest: float,
    *,
    label: str,
    kind: str = "signed",
    signal: Array | None = None,
) -> Markup:
    """Draw what `laid` returned; of a series the first channels, with its signal."""
    if detail.image_shape is not None:
        return heat(values, largest, label=label, kind=kind)
    line = None if signal is None else signal[:, :MOST]
    return series(values[:, :MOST], largest, label=label, kind=kind, signal=line)


def shown_input(detail: Detail, row: Sequence[float], label: str) -> Markup:
    """Draw an image as the model reads it: in colour where it has three channels, else as ink."""
    shape, x = detail.image_shape, np.asarray(row, dtype=np.float64)
    assert shape is not None
    if len(shape) == 3 and shape[2] == 3:
        return raster(x.reshape(shape), label=label)
    grey = picture(x, shape)
    grey = grey - grey.min()  # from its lowest value (paper) to its highest (ink)
    return heat(grey, float(grey.max()), label=label, kind="ink")


def caption(detail: Detail, *, signal: bool = True) -> str:
    """Say how a series lies; nothing for images."""
    if detail.image_shape is not None or detail.series_shape is None:
        return ""
    steps, channels = detail.series_shape
    last = min(channels, MOST) - 1
    cut = f" of {channels}" if channels > MOST else ""
    which = ", ".join(map(name, detail.channels[:MOST])) or f"channels 0 to {last}{cut}"
    lanes = f"; from the top: {which}" if channels > 1 else ""
    line = " A line is the signal, from its least to its largest value." if signal else ""
    return f"From left to right: steps 0 to {steps - 1}{lanes}.{line}"


def strip(
    detail: Detail,
    row: Sequence[float],
    maps: Sequence[Array],
    largest: float,
    titles: Sequence[str],
    told: str,
) -> tuple[Markup, bool]:
    """Draw maps of one row side by side, the input before them where it is an image.

    Returns
    -------
    Markup
    bool
        Whether the input is among them; a series' is drawn on each map.
    """
    whole = len(row) == np.prod(detail.image_shape or detail.series_shape or ())
    if detail.image_shape is None:
        signal = np.reshape(row, maps[0].shape) if whole else None
        drawings = [
            drawn(detail, part, largest, label=f"{told}: {title}", signal=signal)
            for part, title in zip(maps, titles, strict=True)
        ]
        return side_by_side(drawings, label=told), False
    images: list[tuple[Array, float, str]] = [(part, largest, "signed") for part in maps]
    if not whole:
        return heats(images, label=told), False
    if len(detail.image_shape) == 3 and detail.image_shape[2] == 3:
        shown = shown_input(detail, row, f"{told}: input")
        return side_by_side([shown, heats(images, label=told)], label=told), True
    ink = picture(np.asarray(row), detail.image_shape)
    ink = ink - ink.min()  # from its lowest value (paper) to its highest (ink)
    return heats([(ink, float(ink.max()), "ink"), *images], label=told), True


def side_by_side(charts: Sequence[Markup], *, label: str) -> Markup:
    """Put charts of one height beside each other, as far apart as `heats` puts images."""
    sizes = [size_of(chart) for chart in charts]
    gap = max(1, round(sizes[0][0] / APART))
    placed, x = [], 0.0
    for chart, (width, height) in zip(charts, sizes, strict=True):
        placed.append(element("svg", chart, x=x, width=width, height=height))
        x += width + gap
    return element(
        "svg",
        *placed,
        viewBox=f"0 0 {coordinate(x - gap)} {coordinate(sizes[0][1])}",
        class_="heat",
        role="img",
        aria_label=label,
    )
