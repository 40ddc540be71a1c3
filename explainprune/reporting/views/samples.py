"""The gallery: what both models say of a row, and why, on one symmetric scale for each sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.bars import Bar, bars
from explainprune.reporting.svg.heat import heat, legend
from explainprune.reporting.svg.track import track
from explainprune.reporting.views.features import picture
from explainprune.types import Array, Sample

MOST = 24
MOST_BARS = 8


@dataclass(frozen=True)
class Picture:
    """One panel of an image sample."""

    title: str
    role: str
    svg: Markup


@dataclass(frozen=True)
class SampleBar:
    """One feature of a table sample: its value, both attributions and their difference."""

    feature: str
    value: float | None
    dense: float
    other: float
    bars: Markup


@dataclass(frozen=True)
class Shown:
    """A sample, ready to be shown.

    Attributes
    ----------
    sample : Sample
    largest : float
        |φ| that gets the strongest colour or the longest bar: of both models and their difference.
    pictures : tuple of Picture
        Input, dense φ, other φ, difference; empty for tables.
    bars : tuple of SampleBar
        The features that lead in either model; empty for images.
    flipped : bool
        Whether the two predictions differ.
    """

    sample: Sample
    largest: float
    pictures: tuple[Picture, ...]
    bars: tuple[SampleBar, ...]

    @property
    def flipped(self) -> bool:
        """Whether the two predictions differ."""
        return self.sample.dense_says != self.sample.other_says


@dataclass(frozen=True)
class Gallery:
    """The section's content."""

    shown: tuple[Shown, ...]
    total: int
    legend: Markup
    images: bool


def gallery(subject: Subject) -> Gallery:
    """Draw the samples of the pair."""
    samples = subject.pair.detail.samples
    shown = tuple(_shown(subject, sample) for sample in samples[:MOST])
    return Gallery(shown, len(samples), legend(), any(part.pictures for part in shown))


def _shown(subject: Subject, sample: Sample) -> Shown:
    dense, other = np.asarray(sample.dense), np.asarray(sample.other)
    shape = subject.pair.detail.image_shape
    if shape is not None and len(shape) in (2, 3) and dense.size == other.size == np.prod(shape):
        return _as_image(subject, sample, shape)
    largest = _largest(dense, other, other - dense)
    return Shown(sample, largest, (), tuple(_bars(subject, sample, largest)))


def _as_image(subject: Subject, sample: Sample, shape: tuple[int, ...]) -> Shown:
    dense, other = (picture(np.asarray(v), shape) for v in (sample.dense, sample.other))
    change = other - dense
    largest = _largest(dense, other, change)
    names = [subject.arm_term(key).label for key in (subject.dense, subject.other)]
    panels = [
        Picture(title, role, heat(values, largest, label=f"Row {sample.row}: {title}"))
        for title, role, values in (
            (f"φ, {names[0]}", "dense", dense),
            (f"φ, {names[1]}", "other", other),
            ("difference", "mark", change),
        )
    ]
    if len(sample.x) == np.prod(shape):
        panels.insert(0, Picture("input", "mark", _ink(sample, shape)))
    return Shown(sample, largest, tuple(panels), ())


def _ink(sample: Sample, shape: tuple[int, ...]) -> Markup:
    """Draw the input from its lowest value (paper) to its highest (ink)."""
    x = picture(np.asarray(sample.x), shape)
    x = x - x.min()
    return heat(x, float(x.max()), label=f"Row {sample.row}: input", kind="ink")


def _bars(subject: Subject, sample: Sample, largest: float) -> list[SampleBar]:
    names = subject.pair.detail.feature_names
    dense, other = np.asarray(sample.dense), np.asarray(sample.other)
    leading = np.argsort(-np.maximum(np.abs(dense), np.abs(other)), kind="stable")[:MOST_BARS]
    axis = Axis(-largest, largest, (0.0,))
    return [
        SampleBar(
            name(names[i]) if len(names) == dense.size else f"x{i}",
            sample.x[i] if len(sample.x) == dense.size else None,
            float(dense[i]),
            float(other[i]),
            track(
                axis,
                *bars(
                    axis,
                    Bar(float(dense[i]), "dense"),
                    Bar(float(other[i]), "other"),
                    Bar(float(other[i] - dense[i]), "mark"),
                    thick=6,
                    gap=1,
                ),
            ),
        )
        for i in leading
    ]


def _largest(*values: Array) -> float:
    return max((float(np.abs(part).max()) for part in values if part.size), default=0.0) or 1.0
