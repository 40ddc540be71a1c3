"""The network before and after, side by side, on one scale of widths."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.formatting import name, number
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.network import drawable, largest_weight, network
from explainprune.types import Drawing


@dataclass(frozen=True)
class EdgeCount:
    """How many of the live connections between two layers are drawn."""

    start: str
    end: str
    drawn: int
    total: int


@dataclass(frozen=True)
class Panel:
    """One network: its drawing and what is said of it."""

    title: str
    role: str
    svg: Markup
    counts: tuple[EdgeCount, ...]
    note: str

    @property
    def drawn(self) -> int:
        """Connections drawn, over all layers."""
        return sum(count.drawn for count in self.counts)

    @property
    def total(self) -> int:
        """Live connections, over all layers."""
        return sum(count.total for count in self.counts)


def drawings_of(subject: Subject) -> tuple[Drawing, Drawing] | None:
    """Return the drawings of the dense and the other model, if there are both."""
    drawings = subject.pair.detail.drawings
    if len(drawings) < 2:
        return None
    names = list(subject.pair.models)[:2]
    keys = names if all(key in drawings for key in names) else list(drawings)[:2]
    return drawings[keys[0]], drawings[keys[1]]


def panels(subject: Subject) -> tuple[Panel, ...]:
    """Draw both networks; their widths mean the same."""
    both = drawings_of(subject)
    if both is None or not all(drawing.layers for drawing in both):
        return ()
    largest = largest_weight(*both)
    return tuple(
        _panel(subject, key, role, drawing, largest)
        for key, role, drawing in zip(
            (subject.dense, subject.other), ("dense", "other"), drawable(*both), strict=True
        )
    )


def _panel(subject: Subject, key: str, role: str, drawing: Drawing, largest: float) -> Panel:
    title = subject.arm_term(key).label
    layers = [layer.name for layer in drawing.layers]
    counts = tuple(
        EdgeCount(layers[edges.start], layers[edges.end], len(edges.weight), edges.total)
        for edges in drawing.edges
    )
    drawn, total = (sum(getattr(c, part) for c in counts) for part in ("drawn", "total"))
    label = (
        f"{title}: {len(layers)} layers from {name(layers[0])} to {name(layers[-1])}, "
        f"{number(drawn, 'count')} of {number(total, 'count')} connections drawn"
    )
    svg = network(drawing, largest=largest, label=label, role=role)
    return Panel(title, role, svg, counts, drawing.note)
