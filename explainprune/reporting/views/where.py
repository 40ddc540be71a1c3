"""Where the two differ: what moved inside each rule and elsewhere, on one axis."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import axis_for
from explainprune.reporting.views.scales import Scale, ScaleRow, ends, scale
from explainprune.types import Rule, Where


@dataclass(frozen=True)
class ShownRule:
    """A rule, ready to be shown.

    Attributes
    ----------
    rule : Rule
    conditions : tuple of str
    scale : Scale
        Moved weight where it holds, and elsewhere.
    """

    rule: Rule
    conditions: tuple[str, ...]
    scale: Scale


@dataclass(frozen=True)
class Whereabouts:
    """The section's content: what was found, the rules that hold, and those that don't."""

    found: Where
    confirmed: tuple[ShownRule, ...]
    tried: tuple[ShownRule, ...]


def whereabouts(subject: Subject) -> Whereabouts | None:
    """Lay out the rules of the pair; None where none were looked for."""
    found = subject.pair.where
    if found is None:
        return None
    reach = [end for rule in found.rules for end in ends(_lines(rule))]
    axis = axis_for(reach, kind="share", include=(0.0,), most=4) if reach else None
    shown = [
        ShownRule(
            rule,
            tuple(str(condition) for condition in rule.conditions),
            scale("Moved weight", _lines(rule), kind="share", axis=axis),
        )
        for rule in found.rules
    ]
    confirmed = tuple(each for each in shown if each.rule.confirmed)
    return Whereabouts(found, confirmed, tuple(each for each in shown if not each.rule.confirmed))


def _lines(rule: Rule) -> list[ScaleRow]:
    return [
        ScaleRow("where it holds", (("other", rule.inside),), strong=True),
        ScaleRow("elsewhere", (("mark", rule.outside),)),
    ]
