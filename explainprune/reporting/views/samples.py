"""The gallery: what both models say of a row, and why, on one symmetric scale for each sample."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.heat import legend
from explainprune.reporting.svg.track import Bar, bars, ruler, track
from explainprune.reporting.views.maps import caption, laid, strip
from explainprune.reporting.views.tokens import Line, token_lines
from explainprune.types import Array, Exemplar, Exemplars, Sample

MOST_ROWS, MOST_IMAGES = 6, 9
"""A row of a table takes more room than four small images."""
_PROBABILITY = re.compile(r" \(\d+%\)$")
MOST_BARS = 5


@dataclass(frozen=True)
class SampleBar:
    """One feature of a table sample: its value, both attributions and their difference."""

    feature: str
    value: float | None
    said: str
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
    strip : Markup
        Input, dense φ, other φ and difference side by side; empty for tables.
    panels : tuple of (role, title)
        What each of them is.
    bars : tuple of SampleBar
        The features that lead in either model; empty for images.
    ruler : Markup
        From −largest to largest.
    flipped : bool
        Whether the two models name different classes.
    lines : tuple of Line
        Of texts: the tokens under both models.
    caption : str
        How a series lies.
    """

    sample: Sample
    largest: float
    strip: Markup
    panels: tuple[tuple[str, str], ...]
    bars: tuple[SampleBar, ...]
    ruler: Markup
    flipped: bool
    lines: tuple[Line, ...] = ()
    caption: str = ""


@dataclass(frozen=True)
class Gallery:
    """The section's content: rows of each kind, and what is said of equal predictions."""

    shown: tuple[Shown, ...]
    total: int
    legend: Markup
    images: bool
    sentence: str = ""
    exemplars: tuple[tuple[Shown, Exemplar], ...] = ()

    @property
    def twins(self) -> bool:
        """Whether rows were held against twins of the dense model, too."""
        return any(exemplar.twins for _, exemplar in self.exemplars)


def named(prediction: str) -> str:
    """Return the class of a prediction, without its probability.

    >>> named("cat (98%)"), named("cat (house)")
    ('cat', 'cat (house)')
    """
    return _PROBABILITY.sub("", prediction)


def gallery(subject: Subject) -> Gallery:
    """Draw the samples of the pair."""
    samples = subject.pair.detail.samples
    pictured = any(laid(subject.pair.detail, each.dense) is not None for each in samples)
    most = MOST_IMAGES if pictured else MOST_ROWS
    shown = tuple(_shown(subject, sample) for sample in of_each_kind(samples, most))
    found = subject.pair.exemplars or Exemplars("")
    beyond = tuple((_shown(subject, each.sample), each) for each in found.shown)
    images = any(part.panels or part.lines for part in (*shown, *(each for each, _ in beyond)))
    return Gallery(shown, len(samples), legend(), images, found.sentence, beyond)


def of_each_kind(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Return `most` of them in their order: of each kind alike, the first ones."""
    place = Counter[str]()
    turns = []
    for index, sample in enumerate(samples):
        turns.append((place[sample.why], index))
        place[sample.why] += 1
    return [samples[index] for index in sorted(index for _, index in sorted(turns)[:most])]


def largest_of(sample: Sample) -> float:
    """Return the largest |φ| of both models and their difference; 1 where all are zero."""
    dense, other = np.asarray(sample.dense), np.asarray(sample.other)
    parts = (dense, other, other - dense)
    return max(float(np.abs(part).max(initial=0.0)) for part in parts) or 1.0


def _leading(sample: Sample) -> list[int]:
    """Return the features that lead in either attribution, largest first."""
    sizes = np.maximum(np.abs(sample.dense), np.abs(sample.other))
    return [int(i) for i in np.argsort(-sizes, kind="stable")[:MOST_BARS]]


def _shown(subject: Subject, sample: Sample) -> Shown:
    detail = subject.pair.detail
    dense, other = (laid(detail, values) for values in (sample.dense, sample.other))
    if dense is not None and other is not None:
        return _as_maps(subject, sample, dense, other)
    largest = largest_of(sample)
    axis = Axis(-largest, largest, (-largest, 0.0, largest))
    drawn = tuple(_bars(subject, sample, Axis(-largest, largest, ())))
    flipped = _flipped(subject, sample)
    both = zip(_labels(subject), ("dense", "other"), (sample.dense, sample.other), strict=True)
    lines = token_lines(sample, [*both], largest) if detail.tokens else ()
    return Shown(sample, largest, Markup(""), (), drawn, ruler(axis), flipped, lines)


def _flipped(subject: Subject, sample: Sample) -> bool:
    return not subject.regression and named(sample.dense_says) != named(sample.other_says)


def _labels(subject: Subject) -> tuple[str, str]:
    return subject.arm_term(subject.dense).label, subject.arm_term(subject.other).label


def _as_maps(subject: Subject, sample: Sample, dense: Array, other: Array) -> Shown:
    """Draw both attributions and their difference as the row lies, and the row itself."""
    detail, maps = subject.pair.detail, (dense, other, other - dense)
    largest = max(float(np.abs(part).max(initial=0.0)) for part in maps) or 1.0
    titles = [f"φ, {label}" for label in _labels(subject)]
    panels = (("dense", titles[0]), ("other", titles[1]), ("mark", "difference"))
    named_maps = [title for _, title in panels]
    told = f"Row {sample.row}: {', '.join(named_maps)}"
    row = sample.whole or sample.x
    drawn, first = strip(detail, row, maps, largest, named_maps, told)
    return Shown(
        sample,
        largest,
        drawn,
        (("mark", "input"), *panels) if first else panels,
        (),
        Markup(""),
        _flipped(subject, sample),
        caption=caption(detail),
    )


def _bars(subject: Subject, sample: Sample, axis: Axis) -> list[SampleBar]:
    names, count = subject.pair.detail.feature_names, len(sample.dense)
    return [
        SampleBar(
            name(names[i]) if len(names) == count else f"x{i}",
            sample.x[i] if len(sample.x) == count else None,
            sample.said[i] if len(sample.said) == count else "",
            sample.dense[i],
            sample.other[i],
            track(axis, *_bar(axis, sample.dense[i], sample.other[i])),
        )
        for i in _leading(sample)
    ]


def _bar(axis: Axis, dense: float, other: float) -> list[Markup]:
    drawn = (Bar(dense, "dense"), Bar(other, "other"), Bar(other - dense, "mark"))
    return bars(axis, *drawn, thick=6, step=23)
