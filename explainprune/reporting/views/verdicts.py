"""Both verdicts as cards: the answer, the figures it follows from, and what to hold them to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from explainprune.reporting import wording
from explainprune.reporting.formatting import begin, name, number
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis, axis_for
from explainprune.reporting.svg.power import power_figure
from explainprune.reporting.svg.track import Zone
from explainprune.reporting.views.answering import (
    RATIO,
    READING,
    Step,
    clarity_in_words,
    decide,
    moved_in_words,
    next_step,
)
from explainprune.reporting.views.scales import Scale, ScaleRow, ends, scale
from explainprune.types import Measure, Power, Verdict

GLYPHS = {
    "preserved": "=",
    "changed": "≠",
    "inconclusive": "?",
    "clearer": "↗",
    "same": "=",
    "less clear": "↘",
}
_TONES = {"preserved": "good", "clearer": "good", "changed": "bad", "less clear": "bad"}
_SHARES = ("moved_weight", "worst_class", "worst_group", "floor", "stability")
_STRONG = ("moved_weight", "worst_class", "worst_group")
_PLACE = "placebo_to_retrained"
_CIRCUITS, _ROLES = ("circuit", "circuit_by_chance"), ("dense", "other")

LIKELY = 0.9
"""A chance that counts as likely."""


@dataclass(frozen=True)
class PowerCurve:
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
        Where the pair lies between placebo (0) and retrained (1), if both arms ran and differ.
    gloss : str
        What the question asks, for somebody who knows neither SHAP nor this tool.
    power : PowerCurve or None
        What the rows or seeds at hand could have told apart.
    stated : str
        When the margin was stated.
    said : (str, str)
        The answer in two sentences, of one figure each.
    step : Step
        What to do next.
    reading : tuple of str
        How the first figure is read, then the others.
    """

    question: str
    verdict: Verdict
    figures: tuple[Scale, ...]
    beside: tuple[tuple[wording.Term, float, float], ...] = ()
    place: Measure | None = None
    gloss: str = ""
    power: PowerCurve | None = None
    stated: str = ""
    said: tuple[str, str] = ("", "")
    step: Step = field(default_factory=lambda: Step(""))
    reading: tuple[str, ...] = ()

    @property
    def glyph(self) -> str:
        """The label as a sign, so that it can be told without colour."""
        return GLYPHS[self.verdict.label]

    @property
    def tone(self) -> str:
        """``"good"``, ``"bad"`` or ``"open"``: the card's colour, beside its glyph."""
        return _TONES.get(self.verdict.label, "open")

    @property
    def conditions(self) -> tuple[str, ...]:
        """What else had to hold, as far as the sentence doesn't say it."""
        sentence = self.verdict.sentence
        return tuple(why for why in self.verdict.conditions if why not in sentence)

    @property
    def decide(self) -> str:
        """What would settle an open verdict, else ""."""
        return decide(self.verdict)


def cards(subject: Subject) -> tuple[Card, Card]:
    """Build the cards of *same reasons?* and *clearer?*."""
    reasons, clarity = subject.results.verdict, subject.results.clarity
    known = (*_SHARES, *wording.ARMS, *subject.primary)
    rest = {key: m for key, m in reasons.evidence.items() if key not in known}
    figures = (decision(subject), *evidence_scales(subject, rest), perspective(subject))
    stated, other = stated_when(subject), subject.called(subject.other)
    return (
        Card(
            "Same reasons?",
            reasons,
            figures,
            place=_place(subject),
            gloss=f"How much of what each answer rests on lies elsewhere in {other}?",
            power=power_of(reasons),
            stated=stated,
            said=moved_in_words(reasons),
            step=next_step(subject, reasons),
            reading=READING["reasons"],
        ),
        Card(
            "Clearer?",
            clarity,
            tuple(_clarity_scales(subject, clarity)),
            tuple(_beside(subject)),
            gloss=f"Does an explanation of {other} rest on fewer features?",
            stated=stated,
            said=clarity_in_words(clarity),
            step=next_step(subject, clarity),
            reading=READING["clarity"],
        ),
    )


def power_of(verdict: Verdict) -> PowerCurve | None:
    """Draw a verdict's power curve; None where it has none."""
    points = tuple(sorted(verdict.power, key=lambda point: point.true))
    if len(points) < 2:
        return None
    held = [point for point in points if point.preserved >= LIKELY]
    moved = [point for point in points if point.changed >= LIKELY]
    return PowerCurve(
        points,
        power_figure(points, verdict.margin, margin_name=_zone(verdict).label),
        held[-1] if held else None,
        moved[0] if moved else None,
    )


def stated_when(subject: Subject) -> str:
    """Say when margins were stated: before the results only where a protocol proves it."""
    found = subject.pair.provenance.get("protocol")
    known = found.get("hash") if isinstance(found, dict) else found
    return f"stated before (hash {name(known, 24)})" if known else "stated with the results"


def decision(subject: Subject) -> Scale:
    """Draw what *same reasons?* follows from: the moved weight beside the margin."""
    verdict = subject.results.verdict
    lines = list(_reason_lines(subject, verdict))
    axis = axis_for(ends(lines), kind="share", include=(0.0, 2.5 * verdict.margin), most=4)
    title = "Share of the reasons' weight that moved"
    return scale(title, lines, kind="share", axis=axis, zone=_zone(verdict))


def perspective(subject: Subject) -> Scale:
    """Lay the pair among all reference arms, from the most to the least alike."""
    verdict = subject.results.verdict
    shares = dict(subject.primary)
    if "stability" in verdict.evidence:  # the same figure, drawn above beside the margin
        shares.pop("redrawn_background", None)
    shares |= {key: m for key, m in verdict.evidence.items() if key in (*shares, *wording.ARMS)}
    lines = [
        ScaleRow(
            subject.arm_term(key).label,
            ((subject.role(key), measure),),
            "this pair" if key == subject.other else subject.arm_term(key).meaning,
            strong=key == subject.other,
        )
        for key, measure in sorted(shares.items(), key=lambda item: _order(item[1]))
    ]
    return scale(
        f"{begin(subject.called(subject.dense))} against every reference arm",
        lines,
        kind="share",
        axis=Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), "share"),
        zone=_zone(verdict),
    )


def ratio_scale(subject: Subject, measure: Measure, margin: float) -> Scale:
    """Draw what *clearer?* follows from: the ratio of effective features beside its margin."""
    known = subject.term(RATIO)
    zone = Zone(1 / (1 + margin), 1 + margin, f"as before ± {number(margin, 'stated')}")
    line = ScaleRow("Ratio", (("other", measure),), "other over dense", strong=True)
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
            ScaleRow(
                subject.arm_term(names[role]).label if role in names else wording.arm(role).label
                if role else known.label,
                (((role if role in names else "mark" if role else "other"), measure),),
                strong=True,
            )
            for role, measure in rows
        ]  # fmt: skip
        yield scale(known.label, lines, kind=known.kind, meaning=known.meaning, include=(0.0,))


def _clarity_scales(subject: Subject, verdict: Verdict) -> Iterator[Scale]:
    if RATIO in verdict.evidence:
        yield ratio_scale(subject, verdict.evidence[RATIO], verdict.margin)
    aside = (RATIO, *(f"{key}_{role}" for key in _CIRCUITS for role in _ROLES))
    rest = {key: m for key, m in verdict.evidence.items() if key not in aside}
    yield from evidence_scales(subject, rest)


def _reason_lines(subject: Subject, verdict: Verdict) -> Iterator[ScaleRow]:
    measures = {key: m for key, m in verdict.evidence.items() if key in _SHARES}
    if subject.other in subject.primary:
        measures.setdefault(subject.results.primary, subject.primary[subject.other])
    for key in _SHARES:
        if key in measures:
            known, strong = subject.term(key), key in _STRONG
            where = verdict.worst.get(key.removeprefix("worst_"), "")
            yield ScaleRow(
                f"{known.label}: {where}" if where else known.label,
                (("other" if strong else "mark", measures[key]),),
                known.meaning,
                strong=strong,
            )


def _place(subject: Subject) -> Measure | None:
    """Find the place between placebo and retrained, where their intervals don't overlap."""
    near, far = (subject.primary.get(arm) for arm in ("placebo", "retrained"))
    if near is None or far is None or near.high is None or far.low is None or near.high >= far.low:
        return None
    return subject.results.comparisons[subject.main].get(_PLACE)


def _zone(verdict: Verdict) -> Zone:
    return Zone(0.0, verdict.margin, f"margin {number(verdict.margin, 'stated')}")


def _order(measure: Measure) -> float:
    return float("inf") if measure.value is None else measure.value


def _beside(subject: Subject) -> Iterator[tuple[wording.Term, float, float]]:
    keys = ("live_inputs", "live_connections", "units", "exact_cost")
    pairs = {key: [getattr(row, key) for row in subject.models.values()] for key in keys}
    evidence = subject.results.clarity.evidence  # the table of metrics has its intervals
    for key in _CIRCUITS:
        pairs[key] = [getattr(evidence.get(f"{key}_{role}"), "value", None) for role in _ROLES]
    for key, (before, after) in pairs.items():
        if before is not None and after is not None:
            yield subject.term(key), before, after
