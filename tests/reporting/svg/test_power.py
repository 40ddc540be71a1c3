from xml.etree import ElementTree

import pytest

from explainprune.reporting.svg.power import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, power_figure
from explainprune.types import Power

POINTS = (Power(0.0, 1.0, 0.0), Power(0.1, 0.5, 0.25), Power(0.2, 0.0, 1.0))


def coordinates(d):
    numbers = [float(n) for n in d.strip("Mz").split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def drawn(points=POINTS, margin=0.05):
    figure = power_figure(points, margin, margin_name="margin 5 %")
    return ElementTree.fromstring(str(figure))


def path_of(tree, kind):
    (found,) = [e for e in tree.iter("path") if e.get("class") == kind]
    return coordinates(found.get("d"))


def test_chances_stand_where_their_numbers_say():
    tree = drawn()
    left, right, floor, top = LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, TOP
    middle, half = (left + right) / 2, (floor + top) / 2
    held = [(left, top), (middle, half), (right, floor)]
    assert path_of(tree, "curve preserved") == held
    quarter = top + (floor - top) / 4  # changed is drawn from above
    moved = [(left, top), (middle, quarter), (right, floor)]
    assert path_of(tree, "curve changed") == moved
    assert path_of(tree, "chance preserved") == [(left, floor), *held, (right, floor)]
    assert path_of(tree, "chance changed") == [(left, top), *moved, (right, top)]
    (title,) = (text for text in tree.iter("text") if text.get("class") == "axis-title")
    assert float(title.get("x")) == middle


def test_the_margin_is_a_line_with_its_name():
    tree = drawn()
    (line,) = [e for e in tree.iter("line") if e.get("class") == "margin"]
    expected = LEFT + (WIDTH - LEFT - RIGHT) / 4
    assert float(line.get("x1")) == float(line.get("x2")) == pytest.approx(expected)
    assert "margin 5 %" in [e.text for e in tree.iter("text")]


def test_it_is_told_to_those_who_cannot_see_it():
    tree = drawn()
    assert tree.get("role") == "img"
    assert "the table below has the numbers" in tree.get("aria-label")
