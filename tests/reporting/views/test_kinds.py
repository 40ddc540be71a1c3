"""Images, series and texts on the page, drawn as they lie."""

from dataclasses import replace

import numpy as np
import pytest

from explainprune.data.layout import by_place
from explainprune.reporting import render
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.features import features
from explainprune.reporting.views.samples import gallery
from explainprune.types import Detail, FeatureRow


def rows_of(names, values):
    return tuple(FeatureRow(n, v, (v, v), v, (v, v)) for n, v in zip(names, values, strict=True))


def with_rows(comparison, shape_of, shape, players=None):
    """Return results whose rows lie so, each player's value its number."""
    width = int(np.prod(shape))
    owners, names = np.arange(width), tuple(f"x{i}" for i in range(width))
    if players is not None:
        owners, names = by_place(players, shape)
    count = int(owners.max()) + 1
    x = np.random.default_rng(0).random(width)
    values = tuple(float(v) for v in range(1, count + 1))
    first = replace(
        comparison.detail.samples[0],
        x=tuple(x[:count]),
        dense=values,
        other=values[::-1],
        whole=tuple(x) if players else (),
    )
    detail = Detail(
        features=rows_of(names, np.array(values) / sum(values)),
        samples=(first,),
        feature_names=names,
        owners=tuple(owners.tolist()) if players else (),
    )
    return replace(comparison, detail=replace(detail, **{shape_of: shape}), exemplars=None)


@pytest.mark.parametrize(("players", "largest"), [("patch:2", 1.0), (None, 46 + 47 + 48)])
def test_colour_images_stand_beside_their_maps(comparison, players, largest):
    results = with_rows(comparison, "image_shape", (4, 4, 3), players)
    (shown,) = gallery(subject_of(results)).shown
    assert [title for _, title in shown.panels] == ["input", "φ, dense", "φ, pruned", "difference"]
    assert shown.strip.count("data:image/png") == 1 and not shown.bars
    assert shown.largest == pytest.approx(largest)  # of patches a quarter of 4; of a pixel its sum
    heat = features(subject_of(results)).heat
    assert heat is not None and ("equal parts" in heat.said) == bool(players)
    page = render(results)
    assert page.count("data:image/png") == 1 and "4 × 4 pixels" in page


def test_players_that_split_pixels_are_bars(comparison):
    results = with_rows(comparison, "image_shape", (2, 2, 3), "channel")
    (shown,) = gallery(subject_of(results)).shown
    assert not shown.panels
    assert {bar.feature for bar in shown.bars} == {"channel 0", "channel 1", "channel 2"}
    assert {bar.value for bar in shown.bars} == set(shown.sample.x)


@pytest.mark.parametrize("players", [None, "time:3", "channel"])
def test_series_are_maps_with_their_signal(comparison, players):
    results = with_rows(comparison, "series_shape", (6, 2), players)
    (shown,) = gallery(subject_of(results)).shown
    assert [title for _, title in shown.panels] == ["φ, dense", "φ, pruned", "difference"]
    assert shown.strip.count('class="signal"') == 3
    assert shown.caption.startswith("From left to right: steps 0 to 5; from the top: channels 0 to")
    page = render(results)
    assert shown.caption in page and "steps 0 to 5" in features(subject_of(results)).heat.said


def test_texts_are_coloured_tokens(comparison):
    said = ("not", "<b>bad</b>", "at all", "pad")
    sample = replace(
        comparison.detail.samples[0],
        x=(5.0, 6.0, 7.0, 0.0),
        dense=(-1.0, 0.5, 0.05, 0.0),
        other=(0.25, 0.0, -0.7, 0.0),
        said=said,
    )
    names = ("a", "b", "c", "d")
    detail = Detail(
        features=rows_of(names, (0.5, 0.3, 0.2, 0.0)),
        samples=(sample,),
        feature_names=names,
        tokens=True,
    )
    page = render(replace(comparison, detail=detail, exemplars=None))
    assert '<bdi class="down3">not</bdi>' in page  # on one scale with the difference
    assert "&lt;b&gt;bad" in page and "<b>bad" not in page


def test_results_keep_how_rows_lie(comparison):
    results = with_rows(comparison, "series_shape", (6, 2), "time:3")
    again = type(results).from_json(results.to_json())
    assert again.detail.series_shape == (6, 2) and again.detail.owners == results.detail.owners
    assert again.detail.samples[0].whole == results.detail.samples[0].whole
