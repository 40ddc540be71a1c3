"""Both verdicts as cards: the answer, the figures it follows from, and what to hold them to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explainprune.reporting import wording
from explainprune.reporting.formatting import number
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis, axis_for
from explainprune.reporting.svg.track import Zone
from explainprune.reporting.views.scales import Line, Scale, complement, ends, scale
from explainprune.types import Measure, Verdict

GLYPHS = {
    "preserved": "=",
    "changed": "≠",
    "inconclusive": "?",
    "clearer": "↗",
    "same": "=",
    "less clear": "↘",
}
_TONES = {"preserved": "good", "clearer": "good", "changed": "bad", "less clear": "bad"}
_RATIO = "effective_features_ratio"
_SHARES = ("disagreement", "excess", "noise")
_PLACES = ("position", "placebo_to_retrained")


@dataclass(frozen=True)
class Card:
    """One verdict, ready to be shown.

    Attributes
    ----------
    question : str
    verdict : Verdict
    figures : tuple of Scale
        What the label follows from, then where that lies among the reference arms.
    beside : tuple of (Term, dense, other)
        Plain counts that belong to the answer.
    place : Measure or None
        Where the pair lies between placebo (0) and retrained (1), if both arms ran.
    """

    question: str
    verdict: Verdict
    figures: tuple[Scale, ...]
    beside: tuple[tuple[wording.Term, float, float], ...] = ()
    place: Measure | None = None

    @property
    def glyph(self) -> str:
        """The label as a sign, so that it can be told without colour."""
        return GLYPHS[self.verdict.label]

    @property
    def tone(self) -> str:
        """``"good"``, ``"bad"`` or ``"open"``: the card's colour, beside its glyph."""
        return _TONES.get(self.verdict.label, "open")

    @property
    def decide(self) -> str:
        """What would settle an open verdict, else ""."""
        if self.verdict.label != "inconclusive":
            return ""
        unit = "rows" if self.verdict.scope == "pair" else "seeds"
        if self.verdict.more is None:
            return f"No number of further {unit} is known to decide this."
        more = number(self.verdict.more, "count")
        return f"What would decide: {more} more {unit}, if figures stay as they are."


def cards(subject: Subject) -> tuple[Card, Card]:
    """Build the cards of *same reasons?* and *clearer?*."""
    reasons, clarity = subject.results.verdict, subject.results.clarity
    known = (*_SHARES, *_PLACES, *wording.ARMS, *subject.primary)
    rest = {key: m for key, m in reasons.evidence.items() if key not in known}
    figures = (decision(subject), *evidence_scales(subject, rest), perspective(subject))
    return (
        Card("Same reasons?", reasons, figures, place=_place(subject)),
        Card(
            "Clearer?",
            clarity,
            tuple(_clarity_scales(subject, clarity)),
            tuple(_beside(subject)),
        ),
    )


def decision(subject: Subject) -> Scale:
    """Draw what *same reasons?* follows from: disagreement, excess and noise beside the margin."""
    verdict = subject.results.verdict
    lines = list(_reason_lines(subject, verdict))
    axis = axis_for(ends(lines), kind="share", include=(0.0, 2.5 * verdict.margin), most=4)
    title = "Share of the leading reasons that differ"
    return scale(title, lines, kind="share", axis=axis, zone=_zone(verdict))


def perspective(subject: Subject) -> Scale:
    """Lay the pair among all reference arms, from the most to the least alike."""
    verdict = subject.results.verdict
    shares = {key: complement(measure) for key, measure in subject.primary.items()}
    shares |= {key: m for key, m in verdict.evidence.items() if key in (*shares, *wording.ARMS)}
    lines = [
        Line(
            subject.arm_term(key).label,
            ((subject.role(key), measure),),
            "this pair" if key == subject.other else "",
            strong=key == subject.other,
            derived=key not in verdict.evidence,
        )
        for key, measure in sorted(shares.items(), key=lambda item: _order(item[1]))
    ]
    return scale(
        "The dense model against every reference arm",
        lines,
        kind="share",
        axis=Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), "share"),
        zone=_zone(verdict),
    )


def ratio_scale(subject: Subject, measure: Measure, margin: float) -> Scale:
    """Draw what *clearer?* follows from: the ratio of effective features beside its margin."""
    known = subject.term(_RATIO)
    zone = Zone(1 / (1 + margin), 1 + margin, f"as before ± {number(margin, 'stated')}")
    line = Line("Ratio", (("other", measure),), "other over dense", strong=True)
    axis = axis_for(ends([line]), kind=known.kind, include=(0.0, 1 + 2 * margin), most=4)
    return scale(known.label, [line], kind=known.kind, meaning=known.meaning, axis=axis, zone=zone)


def evidence_scales(subject: Subject, evidence: dict[str, Measure]) -> Iterator[Scale]:
    """Draw one figure for each quantity; what both models have of one shares an axis.

    ``effective_features_dense`` and ``effective_features_other`` are one figure of two rows.
    """
    figures: dict[str, list[tuple[str, Measure]]] = {}
    for key, measure in evidence.items():
        stem, role = wording.split_role(key)
        figures.setdefault(stem, []).append((role, measure))
    for stem, rows in figures.items():
        known = subject.term(stem)
        names = {"dense": subject.dense, "other": subject.other}
        lines = [
            Line(
                subject.arm_term(names[role]).label if role in names else wording.arm(role).label
                if role else known.label,
                (((role if role in names else "mark" if role else "other"), measure),),
                strong=True,
            )
            for role, measure in rows
        ]  # fmt: skip
        yield scale(known.label, lines, kind=known.kind, meaning=known.meaning, include=(0.0,))


def _clarity_scales(subject: Subject, verdict: Verdict) -> Iterator[Scale]:
    if _RATIO in verdict.evidence:
        yield ratio_scale(subject, verdict.evidence[_RATIO], verdict.margin)
    rest = {key: m for key, m in verdict.evidence.items() if key != _RATIO}
    yield from evidence_scales(subject, rest)


def _reason_lines(subject: Subject, verdict: Verdict) -> Iterator[Line]:
    measures = {key: m for key, m in verdict.evidence.items() if key in _SHARES}
    if subject.other in subject.primary:
        measures.setdefault("disagreement", complement(subject.primary[subject.other]))
    for key in _SHARES:
        if key in measures:
            known = subject.term(key)
            yield Line(
                known.label,
                (("mark" if key == "noise" else "other", measures[key]),),
                known.meaning,
                strong=key != "noise",
                derived=key not in verdict.evidence,
            )


def _place(subject: Subject) -> Measure | None:
    figures = subject.results.verdict.evidence | subject.results.comparisons[subject.main]
    return next((figures[key] for key in _PLACES if key in figures), None)


def _zone(verdict: Verdict) -> Zone:
    return Zone(0.0, verdict.margin, f"margin {number(verdict.margin, 'stated')}")


def _order(measure: Measure) -> float:
    return float("inf") if measure.value is None else measure.value


def _beside(subject: Subject) -> Iterator[tuple[wording.Term, float, float]]:
    dense, other = subject.models.values()
    for key in ("live_inputs", "live_connections", "units", "exact_cost"):
        before, after = getattr(dense, key), getattr(other, key)
        if before is not None and after is not None:
            yield subject.term(key), before, after
