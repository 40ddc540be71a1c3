"""The leading features as paired bars with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.reporting.figures.style import COLOURS, listed, new_figure
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.features import leading


def features_figure(subject: Subject) -> Any:
    """Draw the features that lead in either model: share of all attribution."""
    rows = leading(subject)
    if not rows:
        return None
    figure = new_figure(6.5, 0.3 * len(rows) + 1.0)
    axes = figure.subplots()
    places = np.arange(len(rows))
    for offset, role, key in ((-0.19, "dense", subject.dense), (0.19, "other", subject.other)):
        values = np.array([getattr(row, role) for row in rows])
        low, high = np.array([getattr(row, f"{role}_interval") for row in rows]).T
        label = listed(name(subject.arm_term(key).label, 40))
        axes.barh(places + offset, values, 0.36, color=COLOURS[role], label=label)
        axes.hlines(places + offset, low, high, color=COLOURS["ink"], lw=0.9)
    axes.set_yticks(places, [name(row.name, 36) for row in rows])
    axes.invert_yaxis()
    axes.set_title("Share of all attribution")
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.grid(axis="x")
    axes.tick_params(length=0)
    axes.legend(loc="lower right")
    return figure
