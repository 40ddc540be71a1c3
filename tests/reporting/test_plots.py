"""Figures of results on matplotlib axes: what lies where, on whose axes, and what is refused."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import explainprune as xp
from explainprune.reporting import plot
from explainprune.reporting.svg.wires import wired
from explainprune.types import Attribution, Detail


def attribution(values, **fields):
    values = np.asarray(values, dtype=float)
    axes = tuple(range(1, values.ndim))
    return Attribution(values, np.zeros(len(values)), values.sum(axis=axes), "exact", **fields)


def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 4))
    return attribution(x * [1, 3, 0.1, 2], x=x, feature_names=("a", "$b$", "c", "d"))


DRAWN = {
    "beeswarm": lambda c, s, **to: plot.beeswarm(table(), **to),
    "maps": lambda c, s, **to: plot.maps(attribution(np.ones((2, 4, 4, 3))), **to),
    "paired_bars": lambda c, s, **to: plot.paired_bars(c, **to),
    "slopegraph": lambda c, s, **to: plot.slopegraph(c, **to),
    "frontier": lambda c, s, **to: plot.frontier(s, **to),
    "network": lambda c, s, **to: plot.network(c, **to),
    "reliability": lambda c, s, **to: plot.reliability(c, **to),
}


@pytest.mark.parametrize("name", DRAWN)
def test_axes_that_are_given_are_drawn_into_and_returned(name, comparison, study, tmp_path):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    before = dict(mpl.rcParams)
    assert DRAWN[name](comparison, study, ax=right) is right
    assert right.has_data() and not left.has_data() and dict(mpl.rcParams) == before
    own = DRAWN[name](comparison, study)
    assert own.figure is not figure and own.has_data()
    for file in ("a.svg", "b.svg"):
        plot.save(DRAWN[name](comparison, study).figure, tmp_path / file)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert name in plot.__all__ and getattr(xp.plot, name) is getattr(plot, name)


def test_a_swarm_holds_every_value_of_the_features_that_lead():
    found = table()
    axes = plot.beeswarm(found, top=2)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["$b$", "d"]
    dots = [np.asarray(c.get_offsets()) for c in axes.collections]
    for place, feature in enumerate((1, 3)):
        np.testing.assert_allclose(dots[place][:, 0], found.values[:, feature])
        assert (np.abs(dots[place][:, 1] - place) <= 0.38 + 1e-9).all()
        shares = axes.collections[place].get_array()
        x = found.x[:, feature]
        low, high = np.percentile(x, [5, 95])
        np.testing.assert_allclose(shares, np.clip((x - low) / (high - low), 0, 1))
    assert axes.get_title(loc="left") == "the 2 leading of 4 features"


def test_dots_of_one_place_lie_side_by_side():
    axes = plot.beeswarm(attribution(np.ones((5, 1))))
    heights = np.asarray(axes.collections[0].get_offsets())[:, 1]
    assert len(set(heights.tolist())) == 5 and sorted(heights) == pytest.approx(
        [-0.38, -0.19, 0, 0.19, 0.38]
    )


def test_maps_add_channels_up_or_lay_them_out():
    values = np.arange(2 * 3 * 4 * 3, dtype=float).reshape(2, 3, 4, 3)
    axes = plot.maps(attribution(values), row=1)
    np.testing.assert_allclose(axes.images[0].get_array(), values[1].sum(axis=-1))
    assert axes.images[0].get_clim() == (
        -values[1].sum(axis=-1).max(),
        values[1].sum(axis=-1).max(),
    )
    series = np.arange(20.0).reshape(1, 10, 2)
    axes = plot.maps(attribution(series))
    np.testing.assert_allclose(axes.images[0].get_array(), series[0].T)
    assert axes.get_xlabel() == "step"


def test_bars_stand_for_both_models(comparison):
    axes = plot.paired_bars(comparison, top=3)
    rows = sorted(comparison.detail.features, key=lambda r: -max(r.dense, r.other))[:3]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([100 * r.dense for r in rows] + [100 * r.other for r in rows])
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["dense", "pruned"]


def test_slopes_join_ranks_and_end_where_a_neuron_is_gone(comparison):
    axes = plot.slopegraph(comparison, layer="hidden_2", top=30)
    units = {u.unit: u for u in comparison.detail.units if u.layer == "hidden_2"}
    texts = [t.get_text() for t in axes.texts]
    for line, text in zip(axes.lines, texts, strict=True):
        unit = units[int(text.removeprefix("unit "))]
        after = unit.rank_after if unit.kept and unit.rank_after is not None else unit.rank_before
        assert list(line.get_ydata()) == [unit.rank_before, after]
        assert line.get_xdata()[1] == (1 if unit.kept and unit.rank_after is not None else 0.5)
    with pytest.raises(ValueError, match=r"Unknown layer 'hiden'\. Did you mean 'hidden'"):
        plot.slopegraph(comparison, layer="hiden")


def test_a_frontier_has_every_level(study):
    axes = plot.frontier(study)
    points = {(round(float(c.lines[0].get_xdata()[0]), 6)) for c in axes.containers}
    assert points == {round(100 * lv.measures["accuracy"].value, 6) for lv in study.levels}
    assert axes.get_ylabel() == "moved weight, %"


def test_a_network_has_a_dot_for_each_unit_and_a_line_for_each_connection(small, comparison):
    axes = plot.network(small, model="dense")
    drawing = small.detail.drawings["dense"]
    lines, *dots = axes.collections
    assert len(lines.get_segments()) == sum(len(e.weight) for e in drawing.edges)
    assert [len(c.get_offsets()) for c in dots] == [len(layer.shown) for layer in drawing.layers]
    with pytest.raises(ValueError, match=r"Unknown model 'dens'\. Did you mean 'dense'"):
        plot.network(small, model="dens")
    both = wired(*comparison.detail.drawings.values())
    for model, shown in zip(("dense", "pruned"), both, strict=True):
        axes = plot.network(comparison, model=model)
        bundles, lines = (
            axes.collections[: len(shown.bundles)],
            axes.collections[len(shown.bundles)],
        )
        assert len(lines.get_segments()) == len(shown.lines)
        for drawn, bundle in zip(bundles, shown.bundles, strict=True):
            y = drawn.get_paths()[0].vertices[:, 1]
            x = drawn.get_paths()[0].vertices[:, 0]
            middle = np.abs(x - (bundle.start + bundle.end) / 2) < 1e-9
            assert np.abs(y[middle]).max() == pytest.approx(0.35 * bundle.share)
        counts = [f"{b.total:,}" for b in shown.bundles]
        called = shown.drawing.layers[-1].labels  # the few that have names
        assert [t.get_text() for t in axes.texts] == [*counts, *called]


def test_confidence_is_held_against_the_share_that_is_right(comparison):
    axes = plot.reliability(comparison)
    bins = comparison.answers.reliability["dense"]
    line = axes.containers[0].lines[0]
    assert list(line.get_xdata()) == pytest.approx([100 * b.confidence for b in bins])
    assert list(line.get_ydata()) == pytest.approx([100 * b.right.value for b in bins])


def test_what_is_not_there_is_said(comparison):
    bare = replace(comparison, detail=Detail())
    for draw in (plot.paired_bars, plot.slopegraph, plot.network, plot.frontier):
        with pytest.raises(ValueError, match="These results hold no"):
            draw(bare)
    both = Attribution(np.ones((2, 3, 2)), np.zeros((2, 2)), np.ones((2, 2)), "exact")
    with pytest.raises(ValueError, match="A swarm is of one output"):
        plot.beeswarm(both)
    with pytest.raises(ValueError, match="A map is of one output"):
        plot.maps(table())
