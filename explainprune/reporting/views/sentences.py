"""One sentence for each figure, from its numbers: what a reader would tell another of it."""

from __future__ import annotations

from explainprune.reporting.formatting import begin, listed, name, number
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.cut_offs import EVEN
from explainprune.reporting.views.metrics import ALL_ROWS
from explainprune.types import FeatureRow, Measure

LEADING, FIRST = 10, 5
LONGEST = 40
COUNTED = {"nonzero": "weights", "units": "neurons", "live_connections": "connections"}


def sentences(subject: Subject) -> dict[str, str]:
    """Return the sentence of each figure that has none in its results; "" where there is none."""
    return {
        "features": _features(subject),
        "sizes": _sizes(subject),
        "units": _units(subject),
        "reliability": _reliability(subject),
        "cut_offs": _cut_offs(subject),
        "levels": _levels(subject),
    }


def _both(subject: Subject) -> tuple[str, str]:
    return subject.called(subject.dense), subject.called(subject.other)


def _features(subject: Subject) -> str:
    """Say what each model rests on most, how many leaders they share, and what changed most."""
    rows = subject.pair.detail.features
    if not rows:
        return ""
    (dense, other), top = _both(subject), min(LEADING, len(rows))
    orders = [sorted(rows, key=lambda row: -row.dense), sorted(rows, key=lambda row: -row.other)]
    shared = len({row.name for row in orders[0][:top]} & {row.name for row in orders[1][:top]})
    a, b = (order[0] for order in orders)
    first = f"{begin(dense)} rests most on {_called(a)} ({number(a.dense, 'share')} of all "
    first += f"attribution), {other} on {_called(b)} ({number(b.other, 'share')})"
    if len(rows) > top:
        first += f"; they share {shared} of the {top} features that lead in each"
    if all(row.dense == row.other for row in rows):
        return f"{first}. No feature's share changed."
    down = min(rows, key=lambda row: row.other - row.dense)
    up = max(rows, key=lambda row: row.other - row.dense)
    return f"{first}. The share of {_moves(down, 'falls')}; that of {_moves(up, 'rises')}."


def _called(row: FeatureRow) -> str:
    return name(row.name, LONGEST)


def _moves(row: FeatureRow, verb: str) -> str:
    before, after = (number(share, "share") for share in (row.dense, row.other))
    return f"{_called(row)} {verb} most, from {before} to {after}"


def _sizes(subject: Subject) -> str:
    """Say what share of weights, neurons and connections is left."""
    before, after = subject.models.values()
    kept = [
        f"{number(getattr(after, key) / getattr(before, key), 'share')} of the {what}"
        for key, what in COUNTED.items()
        if getattr(before, key) and getattr(after, key) is not None
    ]
    if not kept:
        return ""
    dense, other = _both(subject)
    return f"{begin(other)} has {listed(kept)} of {dense}."


def _units(subject: Subject) -> str:
    """Say how many neurons are kept, and how many of the leading ones lead still."""
    units = subject.pair.detail.units
    if not units:
        return ""
    kept = number(sum(unit.kept for unit in units), "count")
    said = f"{kept} of {number(len(units), 'count')} neurons stay"
    led = [unit for unit in units if unit.rank_before is not None and unit.rank_before <= FIRST]
    if not led or all(unit.rank_after is None for unit in units):
        return f"{said}."
    lead = sum(u.kept and u.rank_after is not None and u.rank_after <= FIRST for u in led)
    return f"{said}; of the first five of each layer, {lead} of {len(led)} still are among them."


def _reliability(subject: Subject) -> str:
    """Say where each model's confidence is furthest from what it gets right."""
    said = []
    for key in (subject.dense, subject.other):
        bins = [
            (each.confidence, each.right.value)
            for each in subject.pair.answers.reliability.get(key, ())
            if each.right.value is not None
        ]
        if bins:
            sure, right = max(bins, key=lambda pair: abs(pair[0] - pair[1]))
            told = f"where {subject.called(key)} is {number(sure, 'share')} sure, "
            said.append(told + f"{number(right, 'share')} of its answers are right")
    return f"Furthest from the line: {'; '.join(said)}." if said else ""


def _cut_offs(subject: Subject) -> str:
    """Say what the cut-off makes of both models."""
    found = subject.pair.answers.cut_offs
    whole = {} if found is None else found.within.get(ALL_ROWS, {})
    if found is None or not {subject.dense, subject.other} <= whole.keys():
        return ""
    at = number(EVEN if found.stated is None else found.stated, "stated")
    dense, other = (whole[key] for key in (subject.dense, subject.other))
    parts = [
        f"{what} {_change(getattr(dense, key), getattr(other, key))}"
        for key, what in (("recall", "recall"), ("false_alarms", "the share of false alarms"))
    ]
    share = f"the share of rows decided as {name(found.of, LONGEST)}"
    share += f" {_change(dense.decided, other.decided)}"
    return f"At a cut-off of {at}, {share}; {'; '.join(parts)}."


def _change(before: Measure, after: Measure) -> str:
    a, b = _value(before), _value(after)
    return f"stays at {a}" if a == b else f"goes from {a} to {b}"


def _value(measure: Measure) -> str:
    return "undefined" if measure.value is None else number(measure.value, "share")


def _levels(subject: Subject) -> str:
    """Say how far the endpoint goes from the mildest level to the sparsest."""
    study = subject.study
    own = [level for level in study.levels if level.arm == subject.other] if study else []
    known = [
        (level.achieved, measure.value)
        for level in sorted(own, key=lambda level: level.achieved)
        if study and (measure := level.measures.get(study.primary)) and measure.value is not None
    ]
    if study is None or len(known) < 2:
        return ""
    (mild, first), (sparse, last) = known[0], known[-1]
    label = subject.term(study.primary).label.lower()
    ends = [number(value, "share") for value in (mild, sparse, first, last)]
    return f"From {ends[0]} to {ends[1]} sparsity, {label} goes from {ends[2]} to {ends[3]}."
