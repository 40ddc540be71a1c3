from xml.etree import ElementTree

import pytest

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.track import Bar, Dot, Zone, bars, dots, ruler, track

AXIS = Axis(0.0, 0.25, (0.0, 0.05, 0.1, 0.15, 0.2, 0.25), "share")


def parsed(markup):
    return ElementTree.fromstring(str(markup))


def of(tree, tag, kind=None):
    return [e for e in tree.iter(tag) if kind is None or e.get("class") == kind]


def test_dots_and_intervals_stand_where_their_numbers_say():
    dot = Dot(0.0634, (0.0513, 0.0755), "other", strong=True)
    tree = parsed(track(AXIS, *dots(AXIS, dot), zone=Zone(0.0, 0.05)))
    (circle,) = of(tree, "circle")
    (interval,) = of(tree, "line", "interval")
    (zone,) = of(tree, "rect", "zone")
    (margin,) = of(tree, "line", "margin")
    assert circle.get("cx") == "25.36%"
    assert (interval.get("x1"), interval.get("x2")) == ("20.52%", "30.2%")
    assert circle.get("cy") == interval.get("y1") == interval.get("y2") == "50%"
    assert (zone.get("x"), zone.get("width")) == ("0%", "20%")
    assert (margin.get("x1"), margin.get("x2")) == ("20%", "20%")
    assert [line.get("x1") for line in of(tree, "line", "grid")] == [
        "0%", "20%", "40%", "60%", "80%", "100%",
    ]  # fmt: skip


def test_several_dots_do_not_hide_each_other():
    tree = parsed(track(AXIS, *dots(AXIS, Dot(0.1), Dot(0.1), Dot(0.1))))
    assert [circle.get("cy") for circle in of(tree, "circle")] == ["25%", "50%", "75%"]


@pytest.mark.parametrize(("value", "x"), [(-0.1, "0%"), (0.3, "100%")])
def test_what_lies_outside_is_an_arrow_at_that_end(value, x):
    tree = parsed(track(AXIS, *dots(AXIS, Dot(value, (value - 0.01, value + 0.01)))))
    assert not of(tree, "circle")
    assert not of(tree, "line", "interval")
    assert [e.get("x") for e in tree.iter("svg") if e.get("class") == "at"] == [x]


def test_a_margin_outside_the_axis_has_no_line():
    assert not of(parsed(track(AXIS, zone=Zone(-1.0, 0.3))), "line", "margin")


def test_a_dot_without_interval_has_no_line():
    assert not of(parsed(track(AXIS, *dots(AXIS, Dot(0.1)))), "line", "interval")


def test_the_ruler_labels_every_tick_and_names_the_zone():
    texts = of(parsed(ruler(AXIS, Zone(0.0, 0.05, "margin 5 %"))), "text")
    labels = {text.text: (text.get("x"), text.get("class")) for text in texts}
    assert labels == {
        "0\xa0%": ("0%", None),
        "5\xa0%": ("20%", "odd"),
        "10\xa0%": ("40%", None),
        "15\xa0%": ("60%", "odd"),
        "20\xa0%": ("80%", None),
        "25\xa0%": ("100%", "odd"),
        "margin 5 %": ("20%", "named"),
    }


def test_bars_start_at_zero_and_end_at_their_value():
    axis = Axis(-1.0, 1.0, (0.0,))
    drawn = bars(axis, Bar(0.5, "dense", (0.25, 0.75)), Bar(-0.25, "other"))
    first, second = (parsed(part) for part in drawn)
    right, left = of(first, "rect", "bar dense") + of(first, "rect", "bar other")
    assert (right.get("x"), right.get("width")) == ("50%", "25%")
    assert (left.get("x"), left.get("width")) == ("37.5%", "12.5%")
    (whisker,) = of(first, "line", "whisker")
    assert (whisker.get("x1"), whisker.get("x2")) == ("62.5%", "87.5%")
    assert float(right.get("y")) + float(right.get("height")) <= float(left.get("y"))
    assert second.get("x1") == second.get("x2") == "50%"
