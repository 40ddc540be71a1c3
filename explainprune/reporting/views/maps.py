"""Values laid out as their rows lie: images summed over channels, series as time × channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from explainprune.reporting.svg.heat import heat
from explainprune.reporting.svg.raster import raster
from explainprune.reporting.svg.series import MOST, series
from explainprune.reporting.views.features import picture
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
    lanes = f"; from the top: channels 0 to {last}{cut}" if channels > 1 else ""
    line = " A line is the signal, from its least to its largest value." if signal else ""
    return f"From left to right: steps 0 to {steps - 1}{lanes}.{line}"


def parts(detail: Detail) -> str:
    """Say what a map has a value for."""
    if detail.owners:
        return "players"
    return "pixels" if detail.image_shape is not None else "steps and channels"
