"""The gallery: input, both attributions and their difference, on one scale for each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.reporting.figures.style import COLOURS, colormap, new_figure
from explainprune.reporting.formatting import name, number
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.features import picture
from explainprune.reporting.views.samples import MOST_BARS, image_shape, largest_of, leading
from explainprune.types import Sample

MOST = 12
_STEP = 1.12


def samples_figure(subject: Subject) -> Any:
    """Draw the first samples: pictures for images, bars for tables."""
    samples = subject.pair.detail.samples[:MOST]
    if not samples:
        return None
    shape = image_shape(subject, samples[0])
    if shape is None:
        return _tables(subject, samples)
    figure = new_figure(5.6, 1.3 * len(samples) + 0.3)
    axes = figure.subplots()
    for place, sample in enumerate(samples):
        _pictures(axes, place, sample, shape)
    names = [name(subject.arm_term(key).label, 16) for key in (subject.dense, subject.other)]
    for column, title in enumerate(("input", *names, "difference")):
        axes.text(_STEP * column + 0.5, 0.12, title, ha="center", weight="bold")
    axes.set(xlim=(-0.9, _STEP * 4), ylim=(-_STEP * len(samples), 0.3), aspect="equal")
    axes.set_axis_off()
    return figure


def _pictures(axes: Any, place: int, sample: Sample, shape: tuple[int, ...]) -> None:
    """Lay one sample's pictures out in a row; all samples share one pair of axes."""
    dense, other = (picture(np.asarray(v), shape) for v in (sample.dense, sample.other))
    largest, top = largest_of(sample), -_STEP * place
    looks = [(values, colormap(), -largest, largest) for values in (dense, other, other - dense)]
    x = picture(np.asarray(sample.x), shape) if len(sample.x) == np.prod(shape) else None
    columns = [None if x is None else (x, "gray_r", x.min(), x.max()), *looks]
    for column, look in enumerate(columns):
        if look is not None:
            values, cmap, low, high = look
            left = _STEP * column
            axes.imshow(values, cmap=cmap, vmin=low, vmax=high, interpolation="nearest",
                        extent=(left, left + 1, top - 1, top))  # fmt: skip
            frame = ([left, left + 1, left + 1, left, left], [top, top, top - 1, top - 1, top])
            axes.plot(*frame, color=COLOURS["mark"], lw=0.6)
    said = f"{name(sample.dense_says, 10)} → {name(sample.other_says, 10)}"
    told = f"row {sample.row}\n{said}\n± {number(largest)}"
    axes.text(-0.1, top - 0.5, told, ha="right", va="center", fontsize=6)


def _tables(subject: Subject, samples: tuple[Sample, ...]) -> Any:
    names = subject.pair.detail.feature_names
    figure = new_figure(6.5, (0.34 * MOST_BARS + 0.5) * len(samples))
    grid = figure.subplots(len(samples), 1, squeeze=False)[:, 0]
    for axes, sample in zip(grid, samples, strict=True):
        chosen = leading(sample)
        places = np.arange(len(chosen))
        dense, other = np.asarray(sample.dense)[chosen], np.asarray(sample.other)[chosen]
        parts = (("dense", dense), ("other", other), ("mark", other - dense))
        for offset, (role, values) in zip((-0.27, 0, 0.27), parts, strict=True):
            axes.barh(places + offset, values, 0.25, color=COLOURS[role])
        known = len(names) == len(sample.dense)
        axes.set_yticks(places, [name(names[i], 32) if known else f"x{i}" for i in chosen])
        axes.invert_yaxis()
        axes.axvline(0, color=COLOURS["mark"], lw=0.8)
        axes.set_xlim(-largest_of(sample), largest_of(sample))
        says = f"{name(sample.dense_says, 20)} → {name(sample.other_says, 20)}"
        axes.set_title(f"row {sample.row}: {says}")
        axes.tick_params(length=0)
    return figure
