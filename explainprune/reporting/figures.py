"""The page's charts as files, for papers and slides: the same SVGs, laid out and named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from markupsafe import Markup

from explainprune.reporting.formatting import number
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.heat import legend
from explainprune.reporting.svg.sheet import Block, grid, key, sheet, swatch, table
from explainprune.reporting.views.changes import changes
from explainprune.reporting.views.codes import codes
from explainprune.reporting.views.drawings import drawings_of, filter_panels, networks
from explainprune.reporting.views.features import features
from explainprune.reporting.views.levels import sweep
from explainprune.reporting.views.performance import performance
from explainprune.reporting.views.samples import Shown, gallery
from explainprune.reporting.views.scales import Scale
from explainprune.reporting.views.sizes import sizes
from explainprune.reporting.views.sources import sources
from explainprune.reporting.views.units import units
from explainprune.reporting.views.verdicts import cards
from explainprune.reporting.views.where import whereabouts

PIXELS = 130
"""Width of an image."""


def reasons_figure(subject: Subject) -> list[Block]:
    """Draw what *same reasons?* follows from, and what such rows could have told apart."""
    card = cards(subject)[0]
    told = "Chance of preserved (from below), of changed (from above), of neither (between)"
    return scale_tables(card.figures) + (
        [grid(told, [("", card.power.svg)], 1)] if card.power else []
    )


def clarity_figure(subject: Subject) -> list[Block]:
    """Draw what *clearer?* follows from."""
    return scale_tables(cards(subject)[1].figures)


def sizes_figure(subject: Subject) -> list[Block]:
    """Draw what is left of each layer's units."""
    layers = sizes(subject).layers
    if not any(row.total for row in layers):
        return []
    rows = [(row.layer, row.bar, 22.0) for row in layers]
    return [table("Share of each layer's units kept", Markup(""), rows)]


def network_figure(subject: Subject) -> list[Block]:
    """Draw both networks on one scale of widths, then what changed between them."""
    found = networks(subject)
    if found is None:
        return []
    cells = [(f"{panel.title}: {panel.said}", panel.svg) for panel in found.panels]
    if found.changed is not None:
        told = (
            "changed most: dashed removed, thick another sign, grey weaker, green stronger or new"
        )
        cells.append((told, found.changed))
    return [grid("", cells, 3)]


def filters_figure(subject: Subject) -> list[Block]:
    """Draw filters of convolutions and what they read, before above after."""
    panels = filter_panels(drawings_of(subject) or ())
    if not panels:
        return []
    cells = [(panel.said, panel.svg) for panel in panels]
    return [
        grid("", [("negative (purple), positive (green)", legend())], 1, 2 * PIXELS),
        grid("", cells, 2),
    ]


def performance_figure(subject: Subject) -> list[Block]:
    """Draw the leading score of every arm, and of both models within slices."""
    found = performance(subject)
    drawn = scale_tables(part for part in (found.scores, found.slices) if part is not None)
    return [_models(subject), *drawn] if drawn else []


def reliability_figure(subject: Subject) -> list[Block]:
    """Draw the share that is right over confidence, both models."""
    found = performance(subject).answers
    if found is None or not found.curve:
        return []
    return [key(found.marks), grid("", [("Share right over confidence", found.curve)], 1)]


def cut_offs_figure(subject: Subject) -> list[Block]:
    """Draw what other cut-offs would make of both models."""
    found = performance(subject).cuts
    return [] if found is None else [key(found.marks), grid("", found.charts, 3)]


def features_figure(subject: Subject) -> list[Block]:
    """Draw the features that lead in either model, then all of them where they are an image."""
    found = features(subject)
    if not found.rows:
        return []
    rows = [(bar.row.name, bar.bars, 28.0) for bar in found.rows]
    drawn = [_models(subject), table("Share of all attribution", found.ruler, rows)]
    if found.heat:
        most = f"0 to {number(found.heat.largest, 'share')}"
        cells = [*zip(_names(subject), (found.heat.dense, found.heat.other), strict=True)]
        cells += [(most, found.heat.dense_legend), (most, found.heat.other_legend)]
        drawn.append(grid("", cells, 2, 2 * PIXELS))
    return drawn


def changes_figure(subject: Subject) -> list[Block]:
    """Draw what changed once a mere change of scale is set aside."""
    found = changes(subject)
    if found is None:
        return []
    title = f"Mean absolute change as a share of {subject.called(subject.other)}'s attribution"
    drawn = [table(title, found.ruler, [(row.name, drawn.bars, 22.0) for row, drawn in found.rows])]
    if found.heat:
        cells = [("", found.heat), (f"0 to {number(found.largest, 'share')}", found.legend)]
        drawn.append(grid("", cells, 1, 2 * PIXELS))
    return drawn


def where_figure(subject: Subject) -> list[Block]:
    """Draw what moved inside each rule that was tried, and elsewhere."""
    found = whereabouts(subject)
    if found is None:
        return []
    return [
        table(
            str(shown.rule),
            shown.scale.ruler,
            [(line.label, t, 26.0) for line, t in shown.scale.rows],
        )
        for shown in (*found.confirmed, *found.tried)
    ]


def codes_figure(subject: Subject) -> list[Block]:
    """Draw how many adverse rows get other reasons, and which ones."""
    found = codes(subject)
    if found is None or found.changed is None:
        return []
    rows = [(bar.use.feature, bar.bars, 28.0) for bar in found.used]
    drawn = scale_tables(part for part in (found.changed, found.slices) if part is not None)
    return [*drawn, _models(subject), table("Share of adverse rows", found.ruler, rows)]


def units_figure(subject: Subject) -> list[Block]:
    """Draw both models' score of each unit."""
    rows = [
        (f"{bar.row.layer}, unit {bar.row.unit}", bar.bars, 18.0) for bar in units(subject).rows
    ]
    title = "Score as a share of the model's largest in the layer"
    return [_models(subject), table(title, Markup(""), rows)] if rows else []


def samples_figure(subject: Subject) -> list[Block]:
    """Draw the gallery: both attributions of each row and their difference."""
    found = gallery(subject)
    if not found.shown:
        return []
    keyed = [_models(subject, (swatch("mark"), "difference"))]
    if found.images:
        keyed = [grid("", [("against (purple), for (green)", found.legend)], 1, 2 * PIXELS)]
    shown = [*(each for each, _ in found.exemplars), *found.shown]
    return keyed + [_sample(each) for each in shown]


def levels_figure(subject: Subject) -> list[Block]:
    """Draw a study's sweep: every measure over sparsity, then the endpoint against the score."""
    found = sweep(subject)
    if found is None or not found.charts:
        return []
    return [key(found.arms), grid("", [(chart.title, chart.svg) for chart in found.charts], 3)]


def sources_figure(subject: Subject) -> list[Block]:
    """Draw how far each source alone makes a seed's moved weight differ."""
    found = sources(subject)
    return [] if found is None else scale_tables([found.scale])


FIGURES: dict[str, tuple[str, Callable[[Subject], list[Block]]]] = {
    "reasons": ("Same reasons?", reasons_figure),
    "clarity": ("Clearer?", clarity_figure),
    "sizes": ("What was pruned", sizes_figure),
    "network": ("The network, before and after", network_figure),
    "filters": ("Filters, and what they read", filters_figure),
    "performance": ("Does it still work?", performance_figure),
    "reliability": ("Does confidence hold?", reliability_figure),
    "cut_offs": ("Decisions by a cut-off", cut_offs_figure),
    "features": ("Which features mattered", features_figure),
    "changes": ("What changed, scale set aside", changes_figure),
    "where": ("Where they differ", where_figure),
    "codes": ("Reasons for adverse decisions", codes_figure),
    "units": ("Which neurons mattered", units_figure),
    "samples": ("Row by row", samples_figure),
    "levels": ("Over sparsity and seeds", levels_figure),
    "sources": ("Where differences come from", sources_figure),
}
"""File name → title, and a function of a Subject that gives what is drawn: nothing, no file."""


def write_figures(subject: Subject, folder: Path) -> None:
    """Write every figure that has content; equal results give equal bytes."""
    dense, other = _names(subject)
    about = f"{other} against {dense}; dots and bars with 95 % intervals where there are any"
    save({name: (title, draw(subject)) for name, (title, draw) in FIGURES.items()}, about, folder)


def save(drawn: Mapping[str, tuple[str, list[Block]]], about: str, folder: Path) -> None:
    """Write figures by file name, those that hold anything."""
    for name, (title, blocks) in drawn.items():
        if blocks:
            text = sheet(blocks, title=title, about=about)
            (folder / f"{name}.svg").write_text(f"{text}\n", encoding="utf-8")


def scale_tables(scales: Iterable[Scale]) -> list[Block]:
    """Draw figures that are tables."""
    return [
        table(
            scale.title,
            scale.ruler,
            [
                (line.label, track, 30.0 if len(line.measures) > 1 else 26.0)
                for line, track in scale.rows
            ],
        )
        for scale in scales
        if scale.ruler
    ]


def _sample(shown: Shown) -> Block:
    sample = shown.sample
    title = f"row {sample.row}: {sample.dense_says} → {sample.other_says}"
    if not shown.panels:
        return table(title, shown.ruler, [(bar.feature, bar.bars, 28.0) for bar in shown.bars])
    panels = " · ".join(title for _, title in shown.panels)
    caption = f"{panels}; strongest ± {number(shown.largest)}"
    return grid(title, [(caption, shown.strip)], 1, PIXELS * len(shown.panels))


def _names(subject: Subject) -> list[str]:
    return [subject.arm_term(key).label for key in (subject.dense, subject.other)]


def _models(subject: Subject, *more: tuple[Markup, str]) -> Block:
    return key([*zip(map(swatch, ("dense", "other")), _names(subject), strict=True), *more])
