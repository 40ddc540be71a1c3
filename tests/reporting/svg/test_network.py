import json
import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from explainprune.reporting.svg.network import (
    BUCKETS,
    LEVELS,
    MOST_EDGES,
    bucket,
    drawable,
    largest_weight,
    layout,
    network,
)
from explainprune.types import Drawing, DrawnEdges, DrawnLayer


def tree_of(drawing, largest=None):
    largest = largest_weight(drawing) if largest is None else largest
    return ElementTree.fromstring(str(network(drawing, largest=largest, label="n", role="dense")))


def segments(tree):
    paths = tree.find("g[@class='edges']").iter("path")
    return [(path.get("class"), part) for path in paths for part in path.get("d").split("M")[1:]]


@pytest.fixture(scope="module")
def drawing(factory):
    rng = np.random.default_rng(0)
    return factory.drawing_of((64, 48, 24, 10), ("a", "b", "c", "d"), rng)


def test_at_most_eight_paths_hold_every_edge_once(drawing):
    tree = tree_of(drawing)
    classes = [path.get("class") for path in tree.find("g[@class='edges']").iter("path")]
    assert len(classes) == len(set(classes)) <= 2 * BUCKETS == 8
    assert len(segments(tree)) == sum(len(edges.weight) for edges in drawing.edges)


def test_edges_run_from_unit_to_unit_with_their_sign_and_width(drawing):
    plan, largest = layout(drawing), largest_weight(drawing)
    expected = sorted(
        (
            f"{'positive' if weight > 0 else 'negative'} w{bucket(weight, largest)}",
            round(plan.x[edges.start], 1),
            round(plan.y[edges.start][source], 1),
            round(plan.x[edges.end], 1),
            round(plan.y[edges.end][target], 1),
        )
        for edges in drawing.edges
        for source, target, weight in zip(edges.source, edges.target, edges.weight, strict=True)
    )
    drawn = sorted((kind, *map(float, part.split())) for kind, part in segments(tree_of(drawing)))
    assert [d[0] for d in drawn] == [e[0] for e in expected]
    np.testing.assert_allclose([d[1:] for d in drawn], [e[1:] for e in expected], atol=0.051)


def test_every_edge_ends_in_units_exactly_as_written(drawing):
    tree = tree_of(drawing)
    centres = {
        (layer.get("data-x"), y)
        for layer in tree.findall("g[@class='layer']")
        for y, _ in json.loads(layer.get("data-units"))
    }
    ends = {pair for _, part in segments(tree) for pair in re.findall(r"(\S+) (\S+)", part)}
    assert ends <= centres


def test_widths_follow_quarters_of_the_largest_weight():
    weights = np.linspace(0.01, 1, 100)
    assert [bucket(w, 1.0) for w in weights] == [int(np.ceil(4 * w - 1e-12)) - 1 for w in weights]


def points_of(layer):
    """Return the width of every unit's point, by where it lies."""
    return {
        tuple(place): (path.get("class"), float(path.get("stroke-width")))
        for path in layer.iter("path")
        for place in re.findall(r"M(\S+) (\S+)h0", path.get("d"))
    }


def test_the_area_of_a_unit_grows_with_importance():
    layer = DrawnLayer("a", "Dense", 3, (0, 4, 2), (1.0, 1.5 / LEVELS, 0.0), (True, True, False))
    drawing = Drawing((layer, layer), (DrawnEdges(0, 1, (0,), (0,), (1.0,), 1),))
    first = tree_of(drawing).find("g[@class='layer']")
    points, told = points_of(first), json.loads(first.get("data-units"))
    (kind, large), (_, small), (dead, _) = (points[first.get("data-x"), y] for y, _ in told)
    assert (small / large) ** 2 == pytest.approx(2 / LEVELS, abs=0.002)
    assert (kind, dead) == ("points", "points dead")
    assert [text for _, text in told] == [
        "unit 0: importance 1.000", "unit 4: importance 0.250", "unit 2: not connected",
    ]  # fmt: skip


def test_a_drawing_with_too_many_edges_keeps_the_strongest_and_its_totals():
    rng = np.random.default_rng(1)
    units = tuple(range(100))
    layer = DrawnLayer("a", "Dense", 100, units, (1.0,) * 100, (True,) * 100)
    weights = rng.normal(size=10_000)
    source, target = (part.ravel() for part in np.meshgrid(units, units))
    edges = DrawnEdges(0, 1, tuple(source), tuple(target), tuple(weights), 123_456)
    (drawn,) = drawable(Drawing((layer, layer), (edges,)))
    (thinned,) = drawn.edges
    assert len(thinned.weight) == len(thinned.source) == MOST_EDGES
    assert thinned.total == 123_456
    assert min(np.abs(thinned.weight)) == np.sort(np.abs(weights))[-MOST_EDGES]
    kept = dict(zip(zip(thinned.source, thinned.target, strict=True), thinned.weight, strict=True))
    full = dict(zip(zip(source, target, strict=True), weights, strict=True))
    assert all(full[key] == weight for key, weight in kept.items())


def test_both_drawings_are_thinned_by_the_same_share():
    layer = DrawnLayer("a", "Dense", 1, (0,), (1.0,), (True,))

    def with_edges(count):
        edges = DrawnEdges(0, 1, (0,) * count, (0,) * count, (1.0,) * count, count)
        return Drawing((layer, layer), (edges,))

    dense, pruned = drawable(with_edges(2 * MOST_EDGES), with_edges(1000))
    share = MOST_EDGES / (2 * MOST_EDGES + 1000)
    assert len(dense.edges[0].weight) == int(2 * MOST_EDGES * share)
    assert len(pruned.edges[0].weight) == int(1000 * share)
    assert drawable(with_edges(10)) == (with_edges(10),)


@pytest.mark.parametrize("count", [2, 4, 9, 25])
def test_captions_stay_inside_and_apart(count):
    layer = DrawnLayer("a_long_layer_name", "Dense", 300, (0, 1), (1.0, 0.5), (True, False))
    tree = tree_of(Drawing((layer,) * count, ()), largest=1.0)
    spans = {}
    for text in tree.iter("text"):
        width, x = 6.2 * len(text.text), float(text.get("x"))
        left = {"start": x, "middle": x - width / 2, "end": x - width}[text.get("text-anchor")]
        assert left > -12
        assert left + width < 492
        spans.setdefault(text.get("y"), []).append((left, left + width))
    for row in spans.values() if count <= 9 else ():
        row.sort()
        assert all(a[1] < b[0] + 8 for a, b in pairwise(row))
    assert [t.text for t in tree.iter("text")][1] == "2 of 300 drawn"


def test_a_column_is_a_few_paths_of_points_whatever_its_size():
    count = 300
    rng = np.random.default_rng(3)
    alive = tuple(bool(v) for v in rng.random(count) > 0.3)
    size = tuple(float(v) for v in rng.random(count))
    layer = DrawnLayer("a", "Dense", count, tuple(range(count)), size, alive)
    drawing = Drawing((layer, layer), ())
    first = tree_of(drawing, largest=1.0).find("g[@class='layer']")
    assert len(list(first)) <= LEVELS + 3
    points = points_of(first)
    widths = sorted({width for kind, width in points.values() if kind == "points"})
    assert len(widths) == LEVELS
    for (y, _), s, live in zip(json.loads(first.get("data-units")), size, alive, strict=True):
        kind, width = points[first.get("data-x"), y]
        assert kind == ("points" if live else "points dead")
        assert not live or width == widths[int(np.ceil(LEVELS * s)) - 1]
