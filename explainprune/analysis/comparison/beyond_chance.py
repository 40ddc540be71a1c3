"""Agreement on a scale of its own: 0 as models that learned nothing agree, 1 as identical ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from explainprune.analysis.intervals.quotient import quotient
from explainprune.types import Measure, Metric, beyond_chance_of, perfect

NO_SCALE = "random weights can't be told from identical models here"


def beyond_chance(
    names: Iterable[str],
    said: Mapping[str, Metric],
    figures: Mapping[str, Measure],
    chance: Mapping[str, Measure],
) -> dict[str, Measure]:
    """Correct agreements for chance, which the copies with random weights measure.

    ``(A − R) / (I − R)`` with A the pair's figure, R that of the copies and I what identical
    explanations give. Its interval is that of a quotient; rows and copies are taken as independent
    (the rows that both share make it slightly wide).

    Parameters
    ----------
    names : iterable of str
        Agreement metrics; those that don't say what identical explanations give are left out.
    said : mapping of str to Metric
    figures, chance : mapping of str to Measure
        Of the pair, and of the dense model against copies with random weights.
    """
    found = {}
    for name in names:
        best = perfect(said[name])
        if best is not None and name in figures and name in chance:
            found[beyond_chance_of(name)] = _corrected(best, figures[name], chance[name])
    return found


def _corrected(best: float, ours: Measure, chance: Measure) -> Measure:
    """Put one figure on the scale."""
    for each in (ours, chance):
        if each.value is None:
            return Measure(None, None, ours.n, ours.unit, each.note)
    assert ours.value is not None
    assert chance.value is not None
    away, far = abs(best - ours.value), abs(best - chance.value)
    if far == 0:
        return Measure(None, None, ours.n, ours.unit, NO_SCALE)
    value = 1 - away / far
    if ours.interval is None or chance.interval is None:
        why = (ours if ours.interval is None else chance).note
        return Measure(value, None, ours.n, ours.unit, why)
    known = quotient(away, _away(best, ours.interval), far, _away(best, chance.interval))
    if known is None:
        return Measure(value, None, ours.n, ours.unit, NO_SCALE)
    low, high = known[1]
    note = "Fieller's interval over rows and copies with random weights"
    return Measure(value, (1 - high, min(1.0, 1 - low)), ours.n, ours.unit, note)


def _away(best: float, interval: tuple[float, float]) -> tuple[float, float]:
    """Return an interval as distances from what identical explanations give."""
    near, far = sorted(abs(best - end) for end in interval)
    return near, far
