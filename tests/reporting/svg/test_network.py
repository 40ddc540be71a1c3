import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from explainprune.reporting.svg.element import coordinate
from explainprune.reporting.svg.network import LEVELS, WAIST, layout, network
from explainprune.reporting.svg.wires import BUCKETS, wired
from explainprune.reporting.views.drawings import told
from explainprune.types import Drawing, DrawnEdges, DrawnLayer


def tree_of(*drawings):
    return ElementTree.fromstring(str(network(wired(*drawings)[0], label="n", role="dense")))


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
    assert len(segments(tree)) == len(wired(drawing)[0].lines) == 200


def test_edges_run_from_unit_to_unit_with_their_sign_and_width(drawing):
    plan, (shown,) = layout(drawing), wired(drawing)
    expected = sorted(
        (
            line.kind,
            round(plan.x[line.start], 1),
            round(plan.y[line.start][line.source], 1),
            round(plan.x[line.end], 1),
            round(plan.y[line.end][line.target], 1),
        )
        for line in shown.lines
    )
    drawn = sorted((kind, *map(float, part.split())) for kind, part in segments(tree_of(drawing)))
    assert [d[0] for d in drawn] == [e[0] for e in expected]
    np.testing.assert_allclose([d[1:] for d in drawn], [e[1:] for e in expected], atol=0.051)


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
    points, plan = points_of(first), layout(drawing)
    (kind, large), (_, small), (dead, _) = (
        points[coordinate(plan.x[0], 1), coordinate(y, 1)] for y in plan.y[0]
    )
    assert (small / large) ** 2 == pytest.approx(2 / LEVELS, abs=0.002)
    assert (kind, dead) == ("points", "points dead")
    assert [told(layer, unit) for unit in range(3)] == [
        ("unit 0", "score 100\u00a0% of the largest in its layer"),
        ("unit 4", "score 30.0\u00a0% of the largest in its layer"),
        ("unit 2", "not connected"),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [2, 4, 9, 25])
def test_captions_stay_inside_and_apart(count):
    layer = DrawnLayer("a_long_layer_name", "Dense", 300, (0, 1), (1.0, 0.5), (True, False))
    tree = tree_of(Drawing((layer,) * count, ()))
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
    first = tree_of(drawing).find("g[@class='layer']")
    assert len(list(first)) <= LEVELS + 3
    points = points_of(first)
    widths = sorted({width for kind, width in points.values() if kind == "points"})
    assert len(widths) == LEVELS
    plan = layout(drawing)
    for y, s, live in zip(plan.y[0], size, alive, strict=True):
        kind, width = points[coordinate(plan.x[0], 1), coordinate(y, 1)]
        assert kind == ("points" if live else "points dead")
        assert not live or width == widths[int(np.ceil(LEVELS * s)) - 1]


def test_a_bundle_spans_its_layers_and_is_drawn_in_by_its_share():
    layer = DrawnLayer("a", "Dense", 40, tuple(range(40)), (1.0,) * 40, (True,) * 40)
    listed = [(i, j) for i in range(40) for j in range(40)]
    pairs = []
    for count in (1600, 400):
        source, target = zip(*listed[:count], strict=True)
        pairs.append(DrawnEdges(0, 1, source, target, (1.0,) * count, count))
    drawings = [Drawing((layer, layer), (edges,)) for edges in pairs]
    waists = []
    for order in (drawings, drawings[::-1]):
        tree, plan = tree_of(*order), layout(order[0])
        path = tree.find("path[@class='bundle']").get("d")
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
        assert numbers[0] == plan.x[0]
        assert numbers[1] == pytest.approx(plan.y[0][0], abs=0.06)
        top = path.split("C")[1].split()[5]
        waists.append(2 * (plan.y[0][0] + plan.y[0][-1] - 2 * float(top)) / 2)
        held = tree.find("text[@class='held']")
        assert held.text == f"{order[0].edges[0].total:,}"
    assert waists[1] / waists[0] == pytest.approx(0.25, abs=0.01)
    assert waists[0] == pytest.approx(WAIST * (plan.y[0][-1] - plan.y[0][0]), abs=0.3)


def test_a_single_output_is_named_in_two_lines_what_it_says_when_high_and_low():
    first = DrawnLayer("inputs", "inputs", 1, (0,), (1.0,), (True,), ("two\nlines",) * 1)
    last = DrawnLayer("out", "Dense", 1, (0,), (1.0,), (True,), ("high: yes\nlow: no",))
    middle = DrawnLayer("a", "Dense", 2, (0, 1), (1.0, 1.0), (True, True), ("x\ny", "z"))
    tree = tree_of(Drawing((first, middle, last), ()))
    labels = [list(text.itertext()) for text in tree.iter("text") if text.get("class") == "label"]
    assert labels[-1] == ["high: yes", "low: no"]
    assert told(last, 0)[0] == "high: yes, low: no"
    for lines, drawn in ((1, replace(last, labels=("high: yes",))), (2, last)):
        order = Drawing((first, middle, drawn), ())
        *_, text = (t for t in tree_of(order).iter("text") if t.get("class") == "label")
        # Lines are 14 apart and stand around the point, each 4 lower for half its letters' height.
        assert float(text.get("y")) == layout(order).y[2][0] + 4 - 7 * (lines - 1)
    both = tree_of(Drawing((replace(middle, name="b"), middle), ()))
    assert [t.text for t in both.iter("text") if t.get("class") == "label"] == ["x y", "z"] * 2
