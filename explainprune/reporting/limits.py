"""Limits that results are held to: figures of the whole, of a class, of a group, or the worst."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from explainprune.lookup import nearest
from explainprune.reporting.subject import Subject, subject_of
from explainprune.reporting.views.metrics import ALL_ROWS
from explainprune.reporting.views.performance import measure_of
from explainprune.types import Comparison, Measure, ModelRow, Study
from explainprune.types.comparison import SCORES

WORST = {"class": ("class ", "predicted "), "group": ("group ",)}
"""Where a limit may hold besides one slice: in each of those whose names begin so."""
CHANGES = {"_drop": 1, "_rise": -1}
"""Endings of a score's name: by how much it fell, or rose, from the first model to the second."""
ROUNDING = 1e-12
"""A figure of exactly the limit passes, whatever its last bit."""


@dataclass(frozen=True)
class Limit:
    """The most, or least, that a figure may be.

    Attributes
    ----------
    name : str
        A score of the second model (``"accuracy"``; ``"recall"`` within a class), a figure of the
        pair (``"churn"``), or a score with ``_drop`` or ``_rise``.
    where : str
        ``""`` for all rows, ``"class"`` or ``"group"`` for the worst, or a slice's own name.
    value : float
    most : bool
        Whether the figure may be at most `value`, rather than at least.
    """

    name: str
    where: str
    value: float
    most: bool


@dataclass(frozen=True)
class _Found:
    """One figure, and how to say it."""

    measure: Measure
    sentence: str


def limit(text: str, *, most: bool) -> Limit:
    """Read ``[WHERE:]NAME=VALUE``.

    >>> limit("class:churn=0.1", most=True)
    Limit(name='churn', where='class', value=0.1, most=True)

    Raises
    ------
    ValueError
        If it isn't of that form.
    """
    place, equals, value = text.rpartition("=")
    where, _, name = place.rpartition(":")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not (equals and name.strip()) or number != number:
        raise ValueError(
            "A limit is [WHERE:]NAME=VALUE, such as churn=0.05, class:recall=0.8 or "
            f"'group women:accuracy_drop=0.02'. Received: {text!r}."
        )
    return Limit(name.strip(), where.strip(), number, most)


def held(results: Comparison | Study, asked: Limit) -> dict[str, Any]:
    """Hold results to one limit: what was required, what was found, and whether it passed.

    Raises
    ------
    ValueError
        If the results have no such figure, with those they have.
    """
    subject = subject_of(results)
    places = _places(subject, asked.where)
    found = {place: each for place in places if (each := _figure(subject, asked.name, place))}
    if not found:
        raise ValueError(_missing(subject, asked, places))
    place, worst = max(found.items(), key=lambda item: _badness(item[1].measure, asked))
    value = worst.measure.value
    side = "most" if asked.most else "least"
    return {
        "check": asked.name,
        "where": place,
        "required": asked.value,
        "found": value,
        "passed": value is not None and _badness(worst.measure, asked) <= ROUNDING,
        "sentence": f"{worst.sentence}{_among(asked, place, len(found))}, "
        f"at {side} {asked.value:g} allowed.",
    }


def _badness(measure: Measure, asked: Limit) -> float:
    """Say by how much a figure is beyond its limit; what isn't known is worst."""
    if measure.value is None:
        return float("inf")
    return (measure.value - asked.value) * (1 if asked.most else -1)


def _among(asked: Limit, place: str, count: int) -> str:
    if place == ALL_ROWS:
        return ""
    return f" in {place}" + (f" (the worst of {count})" if asked.where in WORST else "")


def _places(subject: Subject, where: str) -> list[str]:
    """Return the slices that a limit is about."""
    if not where:
        return [ALL_ROWS]
    known = list(_slices(subject))
    if where in WORST:
        return [place for place in known if place.startswith(WORST[where])]
    return [where] if where in known else []


def _slices(subject: Subject) -> Iterator[str]:
    tables = [row.slices for row in subject.models.values()]
    tables.append(subject.results.slices.get(subject.main, {}))
    yield from dict.fromkeys(place for table in tables for place in table if place != ALL_ROWS)


def _figure(subject: Subject, name: str, place: str) -> _Found | None:
    """Find a figure of the pair, a score of the second model, or the change of one."""
    pair = _of_pair(subject, place).get(name)
    if pair is not None:
        return _Found(pair, f"{name} {_written(pair)}")
    dense, other = (_score(row, name, place) for row in subject.models.values())
    if other is not None:
        return _Found(other, f"{name} {_written(other)} ({subject.other})")
    for ending, sign in CHANGES.items():
        stem = name.removesuffix(ending)
        dense, other = (_score(row, stem, place) for row in subject.models.values())
        if stem != name and dense is not None and other is not None:
            return _change(subject, stem, dense, other, sign)
    return None


def _change(subject: Subject, stem: str, dense: Measure, other: Measure, sign: int) -> _Found:
    """Subtract the second model's score from the first's, or the other way round."""
    if dense.value is None or other.value is None:
        note = dense.note if dense.value is None else other.note
        return _Found(Measure(None, None, other.n, other.unit, note), f"{stem} isn't known: {note}")
    change = sign * (dense.value - other.value)
    return _Found(
        Measure(change, None, other.n, other.unit, "no interval: of two models"),
        f"{stem} {dense.value:.4f} ({subject.dense}) → {other.value:.4f} ({subject.other}): "
        f"a {'drop' if sign > 0 else 'rise'} of {change:.4f}",
    )


def _of_pair(subject: Subject, place: str) -> dict[str, Measure]:
    if place == ALL_ROWS:
        return subject.results.comparisons[subject.main]
    return subject.results.slices.get(subject.main, {}).get(place, {})


def _score(row: ModelRow, name: str, place: str) -> Measure | None:
    """Return a model's score in one place; recall is accuracy within a class."""
    if name == "recall" and place.startswith(WORST["class"]):
        name = "accuracy"
    found = row.slices.get(place, {}).get(name)
    return found or (measure_of(row, name) if place == ALL_ROWS and name in SCORES else None)


def _written(measure: Measure) -> str:
    if measure.value is None:
        return f"isn't known: {measure.note}"
    ends = "" if measure.interval is None else f" ({measure.low:.4f} to {measure.high:.4f})"
    return f"{measure.value:.4f}{ends}"


def _missing(subject: Subject, asked: Limit, places: list[str]) -> str:
    """Say that results lack a figure, or a place, and what there is."""
    if not places:
        known = [*WORST, *_slices(subject)]
        return (
            f"These results have no rows of {asked.where!r}.{nearest(asked.where, known)} "
            f"Known: {', '.join(known)}."
        )
    place = places[0]
    names = dict.fromkeys(_of_pair(subject, place))
    for row in subject.models.values():
        names |= dict.fromkeys(row.slices.get(place, {}))
        if place == ALL_ROWS:
            names |= dict.fromkeys(s for s in SCORES if getattr(row, s) is not None)
    where = "" if place == ALL_ROWS else f" in {place}"
    stem = next((asked.name.removesuffix(e) for e in CHANGES if asked.name.endswith(e)), asked.name)
    return (
        f"There is no {stem} in these results{where} (were the data labelled?)."
        f"{nearest(asked.name, names)} Known: {', '.join(sorted(names))}."
    )
