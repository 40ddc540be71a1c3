import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from explainprune.reporting.svg.network import (
    BUCKETS,
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


def test_every_edge_ends_in_circles_exactly_as_written(drawing):
    tree = tree_of(drawing)
    centres = {(c.get("cx"), c.get("cy")) for c in tree.iter("circle")}
    ends = {pair for _, part in segments(tree) for pair in re.findall(r"(\S+) (\S+)", part)}
    assert ends <= centres


def test_widths_follow_quarters_of_the_largest_weight():
    weights = np.linspace(0.01, 1, 100)
    assert [bucket(w, 1.0) for w in weights] == [int(np.ceil(4 * w - 1e-12)) - 1 for w in weights]


def test_the_area_of_a_circle_grows_with_importance():
    layer = DrawnLayer("a", "Dense", 3, (0, 1, 2), (1.0, 0.25, 0.0), (True, True, False))
    drawing = Drawing((layer, layer), (DrawnEdges(0, 1, (0,), (0,), (1.0,), 1),))
    circles = list(tree_of(drawing).iter("circle"))
    radii = [float(circle.get("r")) for circle in circles[:3]]
    assert radii[1] == pytest.approx(radii[0] / 2)
    assert [c.get("class") for c in circles[:3]] == ["unit", "unit", "unit dead"]
    assert [c.find("title").text for c in circles[:3]] == [
        "unit 0: importance 1.000", "unit 1: importance 0.250", "unit 2: not connected",
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


def test_a_crowded_column_is_a_few_paths_of_points():
    count = 300
    rng = np.random.default_rng(3)
    alive = tuple(bool(v) for v in rng.random(count) > 0.3)
    size = tuple(float(v) for v in rng.random(count))
    layer = DrawnLayer("a", "Dense", count, tuple(range(count)), size, alive)
    drawing = Drawing((layer, layer), ())
    tree = tree_of(drawing, largest=1.0)
    assert not list(tree.iter("circle"))
    points = {}
    for path in tree.findall("g[@class='layer']")[0].iter("path"):
        points[path.get("class")] = path.get("d").count("h0")
    expected = [
        f"points s{int(np.ceil(4 * s)) - 1}" if live else "points dead"
        for s, live in zip(size, alive, strict=True)
    ]
    assert points == {kind: expected.count(kind) for kind in set(expected)}
