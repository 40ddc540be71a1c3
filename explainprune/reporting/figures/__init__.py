"""The page's figures as SVG files for papers and slides, drawn with matplotlib."""

from __future__ import annotations

from pathlib import Path

from explainprune.reporting.figures.features import features_figure
from explainprune.reporting.figures.levels import levels_figure
from explainprune.reporting.figures.network import network_figure
from explainprune.reporting.figures.samples import samples_figure
from explainprune.reporting.figures.scales import (
    clarity_figure,
    performance_figure,
    reasons_figure,
)
from explainprune.reporting.figures.style import save, styled
from explainprune.reporting.subject import Subject

FIGURES = {
    "reasons": reasons_figure,
    "clarity": clarity_figure,
    "network": network_figure,
    "performance": performance_figure,
    "features": features_figure,
    "samples": samples_figure,
    "levels": levels_figure,
}
"""File name → function of a Subject that returns a matplotlib figure, or None without content."""


def write_figures(subject: Subject, folder: Path) -> None:
    """Write every figure that has content; equal results give equal bytes."""
    for name, draw in FIGURES.items():
        with styled():
            figure = draw(subject)
            if figure is not None:
                save(figure, folder / f"{name}.svg")


__all__ = ["FIGURES", "write_figures"]
