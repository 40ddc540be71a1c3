"""Where the variance of a seed's moved weight comes from: one row for each source."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.reporting import wording
from explainprune.reporting.formatting import number
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.scales import Scale, ScaleRow, scale
from explainprune.types import Source

MOST = 0.5
"""A source of at least this share is named as the one that matters most."""


@dataclass(frozen=True)
class Sources:
    """The section's content.

    Attributes
    ----------
    sentence : str
    scale : Scale
        Standard deviations, with each one's share of the variance beside it.
    """

    sentence: str
    scale: Scale


def sources(subject: Subject) -> Sources | None:
    """Lay a study's sources out; None for a single pair, and where nothing was split."""
    study = subject.study
    if study is None or not study.sources:
        return None
    lines = [
        ScaleRow(
            wording.source(each.name).label,
            (("mark", each.deviation),),
            wording.source(each.name).meaning,
            beside=(each.share,),
        )
        for each in study.sources
    ]
    title = "Standard deviation of one seed's moved weight"
    share = wording.Term("Share of the variance", "share")
    drawn = scale(title, lines, kind="share", include=(0.0,), columns=(share,))
    return Sources(_sentence(study.sources), drawn)


def _sentence(found: tuple[Source, ...]) -> str:
    """Say which source matters most, and how much."""
    shares = {each.name: each.share.value for each in found if each.share.value is not None}
    if not shares:
        return "Nothing varies that could be split."
    first = max(shares, key=lambda key: shares[key])
    said = f"{number(shares[first], 'share')} of the variance"
    label = wording.source(first).label.lower()
    if shares[first] >= MOST:
        return f"Most of it comes from the {label}: {said}."
    return f"No source has half of it; the {label} has the largest part, {said}."
