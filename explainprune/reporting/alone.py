"""Figures and tables beside the pages of one model, and of several."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from explainprune.reporting.figures import PIXELS, save, scale_tables
from explainprune.reporting.svg.heat import legend
from explainprune.reporting.svg.sheet import Block, grid, table
from explainprune.reporting.tables import (
    FIGURE,
    MODELS,
    figure_cells,
    model_lines,
    write_attributions,
    write_network,
    write_table,
    write_units,
)
from explainprune.reporting.views import overview as several
from explainprune.reporting.views import profile as views
from explainprune.types import Measure, Overview, Profile


def write_profile(profile: Profile, folder: Path) -> None:
    """Write what the page of one model shows: each figure, and each table at full precision."""
    detail, row = profile.detail, profile.models[profile.name]
    write_units(detail, folder / "units.csv")
    write_attributions(detail, folder / "attributions.csv")
    write_network(detail, folder)
    shares = ([each.name, each.dense, *each.dense_interval] for each in detail.features)
    write_table(folder / "features.csv", ("feature", "share", "low", "high"), shares)
    write_table(folder / "models.csv", MODELS, model_lines(profile.models))
    _figures("trust", ("moved by",), (((by,), m) for by, m in profile.marks.items()), folder)
    within = (((part, key), m) for part, own in row.slices.items() for key, m in own.items())
    _figures("slices", ("slice", "metric"), within, folder)
    save(_drawn(profile), f"{profile.name}; bars with 95 % intervals", folder / "figures")


def write_overview(overview: Overview, folder: Path) -> None:
    """Write what the page over several models shows."""
    write_table(folder / "models.csv", MODELS, model_lines(overview.models))
    _figures("moved", ("model",), (((name,), m) for name, m in overview.moved.items()), folder)
    scores = several.scores(overview)
    drawn = {
        "moved": ("How much of the reasons moved", scale_tables([several.moved(overview)])),
        "scores": ("Do they still work?", scale_tables([scores] if scores else [])),
    }
    save(drawn, f"Models beside {overview.dense}; dots with 95 % intervals", folder / "figures")


def _figures(
    file: str,
    columns: tuple[str, ...],
    found: Iterable[tuple[tuple[str, ...], Measure]],
    folder: Path,
) -> None:
    """Write figures, each by what stands in `columns`; nothing is no file."""
    lines = [[*names, *figure_cells(measure)] for names, measure in found]
    if lines:
        write_table(folder / f"{file}.csv", (*columns, *FIGURE), lines)


def _drawn(profile: Profile) -> dict[str, tuple[str, list[Block]]]:
    """Return the figures of one model: file name → title, and what is drawn."""
    network = views.drawing(profile)
    rows = [block for row in views.rows(profile) for block in _row(row)]
    trust, within = views.trust(profile), views.within(profile)
    features = views.features(profile)
    drawn = [_bars("Share of all attribution", features)] if features.rows else []
    if features.map:
        drawn.append(grid("", [(features.caption, features.map)], 1, 2 * PIXELS))
    return {
        "features": ("What its answers rest on", drawn),
        "rows": ("Row by row", rows),
        "trust": ("Can these explanations be trusted?", scale_tables([trust] if trust else [])),
        "works": ("Does it work?", scale_tables([within] if within else [])),
        "network": (
            "The network",
            [grid("", [(network.panel.said, network.panel.svg)], 1)] if network else [],
        ),
        "filters": (
            "Filters, and what they read",
            [
                grid("", [("negative (purple), positive (green)", legend())], 1, 2 * PIXELS),
                grid("", [(panel.said, panel.svg) for panel in network.filters], 2),
            ]
            if network and network.filters
            else [],
        ),
        "units": (
            "Which neurons matter",
            [_bars("Share of the layer's largest score", views.units(profile))]
            if profile.detail.units
            else [],
        ),
    }


def _bars(title: str, found: views.Bars) -> Block:
    return table(title, found.ruler, [(bar.label, bar.bars, 22.0) for bar in found.rows])


def _row(row: views.Row) -> list[Block]:
    title = f"row {row.sample.row}: {row.sample.dense_says}"
    if row.map:
        cells: list[tuple[str, Markup]] = [(f"strongest ± {row.largest}", row.map)]
        return [grid(title, cells if not row.input else [("input", row.input), *cells], 2, PIXELS)]
    return [_bars(title, row.bars)] if row.bars else []
