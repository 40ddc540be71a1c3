import re
from xml.etree import ElementTree

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.lines import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Point,
    Series,
    lines,
)

X = Axis(0.5, 1.0, (0.5, 1.0), "share")
Y = Axis(0.0, 10.0, (0.0, 5.0, 10.0))


def drawn(*points, **options):
    series = (Series("s", "other", points),)
    markup = lines(series, X, Y, x_title="sparsity", label="l", **options)
    return ElementTree.fromstring(str(markup))


def test_points_stand_where_their_numbers_say():
    tree = drawn(Point(0.5, 0.0), Point(0.75, 5.0), Point(1.0, 10.0))
    path = tree.find(".//path[@class='series']").get("d")
    left, right, floor, top = LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, TOP
    middle = f"{(left + right) / 2:g} {(floor + top) / 2:g}"
    assert path == f"M{left} {floor} {middle} {right} {top}"
    (marks,) = [e.get("d") for e in tree.iter("path") if e.get("class") == "marker"]
    assert re.findall(r"M([\d.]+ [\d.]+)m", marks) == [
        f"{left} {floor}", middle, f"{right} {top}",
    ]  # fmt: skip


def test_intervals_are_drawn_along_both_axes():
    tree = drawn(Point(0.75, 5.0, (2.5, 7.5), (0.625, 0.875)))
    (spans,) = [e.get("d") for e in tree.iter("path") if e.get("class") == "interval"]
    span, rise = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    floor, middle = HEIGHT - BOTTOM, LEFT + span / 2
    assert spans == (
        f"M{middle:g} {floor - 0.25 * rise:g}V{floor - 0.75 * rise:g}"
        f"M{LEFT + 0.25 * span:g} {floor - 0.5 * rise:g}H{LEFT + 0.75 * span:g}"
    )
    assert tree.find(".//path[@class='series']") is None


def test_a_reference_is_drawn_across_and_named():
    tree = drawn(Point(0.75, 5.0), reference=("dense & co", 5.0))
    (reference,) = [e for e in tree.iter("line") if e.get("class") == "reference"]
    assert float(reference.get("y1")) == HEIGHT - BOTTOM - 0.5 * (HEIGHT - TOP - BOTTOM)
    assert "dense & co" in [text.text for text in tree.iter("text")]
