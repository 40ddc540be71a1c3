"""Several models beside one: their verdicts, scores and sizes, the smallest first."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.reporting import wording
from explainprune.reporting.formatting import name, number
from explainprune.reporting.svg.track import Zone
from explainprune.reporting.views.performance import measure_of
from explainprune.reporting.views.scales import Scale, ScaleRow, scale
from explainprune.types import Measure, Overview

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Line:
    """One model: its verdicts and sizes, where its own report is, and whether none beats it."""

    name: str
    same: str
    clearer: str
    sizes: tuple[str, ...]
    link: str
    leads: bool


def lines(overview: Overview) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    """Return what the sizes are called, and a line for each model, the smallest first."""
    keys = [
        key
        for key in ("params", "nonzero", "flops", "live_connections", "exact_cost")
        if any(getattr(row, key) is not None for row in overview.models.values())
    ]
    frontier = overview.frontier()
    found = tuple(
        Line(
            each,
            overview.verdicts[each].label,
            overview.clarities[each].label,
            tuple(number(getattr(overview.models[each], key), "count") for key in keys),
            f"{folder_of(each)}/report.html",
            each in frontier,
        )
        for each in by_size(overview)
    )
    return tuple(wording.term(key, {}).label for key in keys), found


def folder_of(model: str) -> str:
    """Return the folder of a model's own report: its name, without what paths can't hold.

    >>> folder_of("pruned 90%"), folder_of("../a")
    ('pruned_90_', '___a')
    """
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in model)


def by_size(overview: Overview) -> list[str]:
    """Order the models by the parameters that aren't zero; those of unknown size come last."""

    def size(each: str) -> float:
        row = overview.models[each]
        return float(row.nonzero or row.params or float("inf"))

    return sorted(overview.verdicts, key=size)


def moved(overview: Overview) -> Scale:
    """Draw every model's moved weight, with the margin."""
    margin = next(iter(overview.verdicts.values())).margin
    rows = [_row(overview, each, overview.moved.get(each)) for each in by_size(overview)]
    zone = Zone(0.0, margin, "margin")
    return scale("Moved weight", rows, kind="share", include=(0.0, margin), zone=zone)


def scores(overview: Overview) -> Scale | None:
    """Draw every model's leading score, the dense one's first; None without labels."""
    if overview.score is None:
        return None
    known = wording.term(overview.score, overview.metrics)
    rows = [
        _row(overview, each, measure_of(overview.models[each], overview.score))
        for each in (overview.dense, *by_size(overview))
    ]
    return scale(known.label, rows, kind=known.kind)


def _row(overview: Overview, each: str, found: Measure | None) -> ScaleRow:
    absent = Measure(None, None, 0, "samples", "not measured")
    role = "dense" if each == overview.dense else "other"
    return ScaleRow(name(each), ((role, found or absent),))


def sentence(overview: Overview) -> str:
    """Say how many models preserve the reasons, and which of these is the smallest."""
    order = by_size(overview)
    kept = [each for each in order if overview.verdicts[each].label == "preserved"]
    total = f"{_count(len(order))} model{'' if len(order) == 1 else 's'}"
    if not kept:
        return f"Of {total} none is shown to decide for the same reasons as {overview.dense}."
    verb = "decides" if len(kept) == 1 else "decide"
    said = f"Of {total} {_count(len(kept))} {verb} for the same reasons as {overview.dense}"
    row, whole = overview.models[kept[0]], overview.models[overview.dense]
    sizes = (row.nonzero or row.params, whole.nonzero or whole.params)
    if sizes[0] is None or sizes[1] is None:
        return f"{said}: {', '.join(kept)}."
    share = number(sizes[0] / sizes[1], "share")
    return f"{said}; the smallest of these is {kept[0]}, with {share} of the parameters."


def _count(n: int) -> str:
    return WORDS[n] if n < len(WORDS) else str(n)
