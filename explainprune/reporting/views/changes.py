"""Which features changed their part once a mere change of scale is set aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from explainprune.reporting.formatting import number
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis, axis_for
from explainprune.reporting.svg.heat import legend
from explainprune.reporting.svg.track import Bar, bars, ruler, track
from explainprune.reporting.views.features import as_image, laid_out
from explainprune.reporting.views.maps import drawn as drawn_map
from explainprune.types import FeatureRow, Measure, Rescaling

MOST = 10


@dataclass(frozen=True)
class Change:
    """One feature's bar, and its figure."""

    bars: Markup
    measure: Measure


@dataclass(frozen=True)
class Changes:
    """What is left of the other model's attributions: in all, feature by feature, as an image."""

    scale: Rescaling
    whole: Measure | None
    redrawn: Measure | None
    rows: tuple[tuple[FeatureRow, Change], ...]
    ruler: Markup
    total: int
    heat: Markup | None
    largest: float
    legend: Markup
    said: str


def changes(subject: Subject) -> Changes | None:
    """Draw the features that changed most; None where no scale could be fitted."""
    detail = subject.pair.detail
    known = [row for row in detail.features if row.change is not None]
    if detail.rescaling is None or not known:
        return None
    first = sorted(known, key=_change, reverse=True)[:MOST]
    reach = [end for row in first for end in (_change(row), *(row.change_interval or ()))]
    axis = axis_for(reach, kind="share", include=(0.0,), most=4)
    drawn = tuple((row, _drawn(row, axis)) for row in first)
    image = as_image(detail, [_change(row) for row in detail.features])
    largest = 0.0 if image is None else float(np.max(image))
    whose = f"the attribution of {subject.called(subject.other)}"
    told = f"strongest colour {number(largest, 'share')} of {whose}"
    return Changes(
        detail.rescaling,
        _measured(subject, subject.other),
        _measured(subject, "redrawn_background"),
        drawn,
        ruler(axis),
        len(detail.features),
        None
        if image is None
        else drawn_map(detail, image, largest, label=f"Change, {told}", kind="ink"),
        largest,
        legend("ink"),
        laid_out(detail),
    )


def _drawn(row: FeatureRow, axis: Axis) -> Change:
    bar = bars(axis, Bar(_change(row), "mark", row.change_interval))
    note = "" if row.change_interval else "none was computed"
    return Change(track(axis, *bar), Measure(row.change, row.change_interval, note=note))


def _measured(subject: Subject, arm: str) -> Measure | None:
    pair = subject.pair.comparisons.get(f"{subject.dense}|{arm}", {})
    return pair.get("rescaled_change")


def _change(row: FeatureRow) -> float:
    return 0.0 if row.change is None else row.change
