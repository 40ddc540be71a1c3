"""What the rows at hand could have told apart, as a figure, a sentence and a table."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.formatting import number
from explainprune.reporting.svg.power import power_figure
from explainprune.types import Power, Verdict

LIKELY = 0.9
"""A chance that counts as likely."""


@dataclass(frozen=True)
class Reach:
    """The power curve of a verdict.

    Attributes
    ----------
    points : tuple of Power
        By rising truth.
    svg : Markup
    preserved : Power or None
        The largest truth that would most likely have been called preserved.
    changed : Power or None
        The smallest truth that would most likely have been called changed.
    """

    points: tuple[Power, ...]
    svg: Markup
    preserved: Power | None
    changed: Power | None


def reach(verdict: Verdict) -> Reach | None:
    """Draw a verdict's power curve; None where it has none."""
    points = tuple(sorted(verdict.power, key=lambda point: point.true))
    if len(points) < 2:
        return None
    held = [point for point in points if point.preserved >= LIKELY]
    moved = [point for point in points if point.changed >= LIKELY]
    name = f"margin {number(verdict.margin, 'stated')}"
    return Reach(
        points,
        power_figure(points, verdict.margin, margin_name=name),
        held[-1] if held else None,
        moved[0] if moved else None,
    )
