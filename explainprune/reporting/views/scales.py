"""Tables whose rows are dots on a common axis: a figure and its numbers in one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting import wording
from explainprune.reporting.formatting import why_none
from explainprune.reporting.svg.axis import Axis, axis_for
from explainprune.reporting.svg.track import Dot, Zone, dots, ruler, track
from explainprune.types import Measure


@dataclass(frozen=True)
class ScaleRow:
    """One row to be drawn.

    Attributes
    ----------
    label, meaning : str
    measures : tuple of (str, Measure)
        Role (``"dense"``, ``"other"``, ``"mark"``) and figure of each dot in the row.
    strong : bool
        Drawn heavier.
    beside : tuple of Measure or None
        Further figures of the row, one for each of the scale's further columns: not drawn.
    """

    label: str
    measures: tuple[tuple[str, Measure], ...]
    meaning: str = ""
    strong: bool = False
    beside: tuple[Measure | None, ...] = ()

    @property
    def common(self) -> Measure | None:
        """A figure whose n holds for the whole row, if there is one: n is then said once."""
        figures = [measure for _, measure in self.measures]
        return shared_count(figures or self.beside)


@dataclass(frozen=True)
class Scale:
    """A figure: rows on one axis.

    Attributes
    ----------
    title, meaning : str
        What the axis measures.
    kind : str
        How its numbers are written.
    axis : Axis
    zone : Zone or None
    ruler : Markup
    rows : tuple of (ScaleRow, Markup)
        Each with its drawing; the drawing is empty where nothing can be drawn.
    columns : tuple of Term
        What the further figures of each row are.
    """

    title: str
    meaning: str
    kind: str
    axis: Axis
    zone: Zone | None
    ruler: Markup
    rows: tuple[tuple[ScaleRow, Markup], ...]
    columns: tuple[wording.Term, ...] = ()

    @property
    def common(self) -> Measure | None:
        """A figure whose n holds for every row, if there is one: n is then said once."""
        return shared_count(m for line, _ in self.rows for _, m in line.measures)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why several figures have no interval, or no value: said once, below the table."""
        figures = (
            m for line, _ in self.rows for m in (*(m for _, m in line.measures), *line.beside)
        )
        return why_none(figures, most_once=1)


def scale(
    title: str,
    lines: Sequence[ScaleRow],
    *,
    kind: str,
    meaning: str = "",
    axis: Axis | None = None,
    include: tuple[float, ...] = (),
    zone: Zone | None = None,
    columns: tuple[wording.Term, ...] = (),
) -> Scale:
    """Lay lines out on a common axis, by default the smallest with round ends that holds them."""
    reach = ends(lines)
    axis = axis or axis_for(reach, kind=kind, include=include, most=4)
    rows = tuple((line, track(axis, *dots(axis, *_dots(line)), zone=zone)) for line in lines)
    head = ruler(axis, zone)
    if not reach:
        rows, head = tuple((line, Markup("")) for line in lines), Markup("")
    return Scale(title, meaning, kind, axis, zone, head, rows, columns)


def shared_count(measures: Iterable[Measure | None]) -> Measure | None:
    """Return one of the measures if n is the same for all that have a value.

    >>> shared_count([Measure(0.5, (0.4, 0.6), 9), Measure(0.1, (0.0, 0.2), 8)]) is None
    True
    """
    present = [m for m in measures if m is not None and m.value is not None]
    return present[0] if len({(m.n, m.unit) for m in present}) == 1 else None


def ends(lines: Iterable[ScaleRow]) -> list[float]:
    """Return every number that is drawn: values and ends of intervals."""
    measures = [measure for line in lines for _, measure in line.measures]
    drawn = [m for m in measures if m.value is not None]
    return [v for m in drawn for v in (m.value, *(m.interval or ())) if v is not None]


def _dots(line: ScaleRow) -> list[Dot]:
    return [
        Dot(measure.value, measure.interval, role, line.strong)
        for role, measure in line.measures
        if measure.value is not None
    ]
