"""The first screen: each answer in two sentences of one figure each, and what to do next."""

from __future__ import annotations

import re
from dataclasses import dataclass

from explainprune.reporting.formatting import begin, number
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.performance import measure_of
from explainprune.types import Measure, Verdict
from explainprune.types.answers import Fall
from explainprune.types.comparison import SCORES

RATIO = "effective_features_ratio"
MOST_ROWS, MOST_SEEDS = 1_000_000, 100
"""Nobody would score more rows, or train more seeds: no advice then."""
_BECAUSE = re.compile(r" are not called ([\w ]+), because ([^:]+):")
HELD, COST = 'preserve="attributions"', "1.5 to 4"
"""What keeps reasons, and what it costs: as measured in docs/preserving.md."""
_OPEN = "Whether that counts can't be told from these figures."


READING = {
    "reasons": (
        "The dot is the part of the reasons' weight that lies elsewhere, its bar the 95 % "
        "interval. Preserved: the whole bar lies within the shading; changed: beyond it.",
        "An explanation shares out what an answer for one row rests on. Moved weight is the part "
        "of these shares that lies elsewhere in the other model: 0 % if both give every feature "
        "the same share, 100 % if they have no reason in common. The explainer's own noise only "
        "makes models look less alike, and is never taken off in favour of preserved.",
    ),
    "clarity": (
        "The dot is how many times as many features an explanation rests on, its bar the 95 % "
        "interval. Clearer: the whole bar lies left of the shading; the same: within it.",
        "Effective features count how many features carry an explanation: ten equal ones count as "
        "ten. A model that no longer works is never called clearer.",
    ),
}
"""How the figure of an answer is read, then what stands beside it."""


@dataclass(frozen=True)
class Step:
    """What to do next: words, and the section of the page that they lead to."""

    text: str
    anchor: str = ""
    heading: str = ""


@dataclass(frozen=True)
class Works:
    """Whether the other model still works, in one line.

    Attributes
    ----------
    label, kind : str
        Of the leading score, and how its numbers are written.
    before, after : Measure
    fall : Fall or None
        The class or group that falls most.
    sure : bool
        Whether that is beyond chance, with all counted that were looked at.
    of_first_seed : bool
        Whether the fall is that of a study's first seed alone.
    """

    label: str
    kind: str
    before: Measure
    after: Measure
    fall: Fall | None
    sure: bool
    of_first_seed: bool


def moved_in_words(verdict: Verdict) -> tuple[str, str]:
    """Say how much of the reasons' weight moved, then what follows."""
    moved, margin = verdict.evidence.get("moved_weight"), number(verdict.margin, "stated")
    if moved is None or moved.value is None:
        return "How much of the reasons' weight moved isn't known.", _first_reason(verdict)
    first = f"{number(moved.value, 'share')} of the reasons' weight moved."
    if moved.low is None or moved.high is None:
        return first, _first_reason(verdict)
    low, high = (number(end, "share") for end in (moved.low, moved.high))
    if verdict.label == "preserved":
        return first, f"Even if it were {high}, it would lie within the margin of {margin}."
    if verdict.label == "changed":
        return first, f"Even if it were {low}, it would lie beyond the margin of {margin}."
    if moved.low <= verdict.margin < moved.high:
        return first, f"Whether that is within the margin of {margin} can't be told yet."
    return first, _first_reason(verdict)


def clarity_in_words(verdict: Verdict) -> tuple[str, str]:
    """Say how many features an explanation rests on, then what follows."""
    ratio, margin = verdict.evidence.get(RATIO), number(verdict.margin, "stated")
    if ratio is None or ratio.value is None:
        return "How many features an explanation rests on isn't known.", _OPEN
    first = f"An explanation rests on {number(ratio.value)} times as many features as before."
    because = _BECAUSE.search(verdict.sentence)
    if because:
        return first, f"It isn't called {because[1]}, because {because[2]}."
    if verdict.label == "inconclusive":
        low, high = ratio.interval or (0.0, float("inf"))
        edges = (1 / (1 + verdict.margin), 1 + verdict.margin)
        if any(low <= edge <= high for edge in edges):
            return first, f"Whether that is beyond the margin of {margin} can't be told yet."
        return first, "What else has to hold isn't settled yet."
    said = {"clearer": "fewer, by more than", "less clear": "more, by more than"}
    return first, f"That is {said.get(verdict.label, 'as many, within')} the margin of {margin}."


def decide(verdict: Verdict) -> str:
    """Say what would settle an open verdict, else ""."""
    more, backgrounds = verdict.more, verdict.more_backgrounds
    if verdict.label != "inconclusive" or more is None:
        return ""
    unit, most = ("row", MOST_ROWS) if verdict.scope == "pair" else ("seed", MOST_SEEDS)
    if more > most:
        return ""
    step = 10 ** max(0, len(str(more)) - 2)
    about = -(-more // step) * step  # as the sentence has it: two digits
    said = f"{'' if about == more else 'about '}{number(about, 'count')} more {unit}"
    parts = [f"{said}{'s' * (more != 1)}"] if more else []
    parts += [f"{backgrounds} more background{'s' * (backgrounds != 1)}"] if backgrounds else []
    return begin(
        f"{' and '.join(parts)} would decide with a chance of nine in ten." if parts else ""
    )


def _first_reason(verdict: Verdict) -> str:
    """Return the first of what stands in the way, else that it can't be told."""
    stands = verdict.conditions if verdict.label == "inconclusive" else ()
    return stands[0] if stands else _OPEN


def next_step(subject: Subject, verdict: Verdict) -> Step:
    """Say what to do about an answer."""
    other, dense = subject.called(subject.other), subject.called(subject.dense)
    below, wanted = ("evidence", "What the verdicts rest on"), decide(verdict)
    if verdict.label == "inconclusive":
        return Step(wanted) if wanted else Step("See what stands in the way", *below)
    if verdict.label == "changed" and subject.pair.where is not None:
        return Step(f"See for which rows, then {_kept(subject)}", "where", "Where they differ")
    if verdict.label == "changed":
        return Step(begin(_kept(subject)))
    if verdict.label == "preserved" and (where := _beyond(verdict)):
        return Step(f"Look at {where}, where more may have moved", *below)
    if verdict.label == "preserved":
        return Step("See whether it works for every class", "performance", "Does it still work?")
    if verdict.label == "clearer":
        return Step(f"Where people read explanations, take {other}", "samples", "Row by row")
    if verdict.label == "less clear":
        return Step(f"Where people read explanations, stay with {dense}")
    return Step("See what got smaller instead", "sizes", "What was pruned")


def _kept(subject: Subject) -> str:
    """Say how to prune so that reasons are kept, and what that costs."""
    arm = subject.primary.get("preserving")
    if arm is not None and arm.value is not None:
        moved = number(arm.value, "share")
        return f"prune less, or hold the reasons in fine-tuning, as the arm of which {moved} moved"
    if subject.study is not None and subject.study.config.get("prune", {}).get("preserve"):
        return "prune less or train longer, and compare again"
    return (
        f"prune again with {HELD}, which holds the reasons in fine-tuning and makes that take "
        f"{COST} times as long, or prune less"
    )


def _beyond(verdict: Verdict) -> str:
    """Return the class or group whose interval reaches beyond the margin, if one does."""
    figures = {
        where: verdict.evidence.get(f"worst_{what}") for what, where in verdict.worst.items()
    }
    reach = {where: m.high for where, m in figures.items() if m is not None and m.high is not None}
    return next((where for where, high in reach.items() if high > verdict.margin), "")


def works(subject: Subject) -> Works | None:
    """Pick the leading score of both models, and the slice that falls most; None without labels."""
    dense, other = subject.models.values()
    for score in SCORES:
        before, after = measure_of(dense, score), measure_of(other, score)
        if before is not None and after is not None:
            break
    else:
        return None
    known, fall = subject.term(score), subject.pair.answers.fall
    sure = fall is not None and fall.fall.low is not None and fall.fall.low > 0
    first = subject.study is not None
    return Works(known.label, known.kind, before, after, fall, sure, first)
