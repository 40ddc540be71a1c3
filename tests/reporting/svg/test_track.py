import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.track import Bar, Dot, Zone, bars, dots, ruler, track

AXIS = Axis(0.0, 0.25, (0.0, 0.05, 0.1, 0.15, 0.2, 0.25), "share")


def parsed(markup):
    return ElementTree.fromstring(str(markup))


def of(tree, kind):
    """Return the paths of one kind, whatever their role."""
    return [p.get("d") for p in tree.iter("path") if p.get("class").split()[0] == kind]


def test_dots_and_intervals_stand_where_their_numbers_say():
    dot = Dot(0.0634, (0.0513, 0.0755), "other", strong=True)
    tree = parsed(track(AXIS, *dots(AXIS, dot), zone=Zone(0.0, 0.05)))
    assert of(tree, "dot") == ["M25.36 50h0"]
    assert of(tree, "interval") == ["M20.52 50H30.2"]
    assert of(tree, "zone") == ["M0 0H20V100H0z"]
    assert of(tree, "margin") == ["M20 0V100"]
    assert of(tree, "grid") == [
        "M0 0V100M20 0V100M40 0V100M60 0V100M80 0V100M100 0V100",
    ]  # fmt: skip
    assert [p.get("class") for p in tree.iter("path")][3:] == [
        "interval other strong", "dot other strong",
    ]  # fmt: skip


def test_a_row_of_two_dots_is_eight_elements():
    both = Dot(0.1, (0.08, 0.12), "dense"), Dot(0.1, (0.08, 0.12), "other")
    tree = parsed(track(AXIS, *dots(AXIS, *both), zone=Zone(0.0, 0.05)))
    assert len(list(tree.iter())) == 8


def test_a_track_is_stretched_over_its_cell():
    tree = parsed(track(AXIS))
    assert (tree.get("viewBox"), tree.get("preserveAspectRatio")) == ("0 0 100 100", "none")


def test_several_dots_do_not_hide_each_other():
    tree = parsed(track(AXIS, *dots(AXIS, Dot(0.1), Dot(0.1), Dot(0.1))))
    assert of(tree, "dot") == ["M40 25h0", "M40 50h0", "M40 75h0"]


@pytest.mark.parametrize(("value", "tip", "back"), [(-0.1, "0", "3"), (0.3, "100", "97")])
def test_what_lies_outside_is_an_arrow_at_that_end(value, tip, back):
    tree = parsed(track(AXIS, *dots(AXIS, Dot(value, (value - 0.01, value + 0.01)))))
    assert not of(tree, "dot")
    assert not of(tree, "interval")
    assert of(tree, "off") == [f"M{tip} 50L{back} 36V64z"]


def test_a_margin_outside_the_axis_has_no_line():
    assert not of(parsed(track(AXIS, zone=Zone(-1.0, 0.3))), "margin")


def test_a_dot_without_interval_has_no_line():
    assert not of(parsed(track(AXIS, *dots(AXIS, Dot(0.1)))), "interval")


def test_the_ruler_labels_every_tick_and_names_the_zone():
    texts = list(parsed(ruler(AXIS, Zone(0.0, 0.05, "margin 5 %"))).iter("text"))
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
    drawn = bars(axis, Bar(0.5, "dense", (0.25, 0.75)), Bar(-0.25, "other"), step=30)
    tree = parsed(track(axis, *drawn))
    assert {p.get("class"): p.get("d") for p in tree.iter("path")} == {
        "grid": "M50 0V100",
        "bar b8 dense": "M50 35H75",
        "bar b8 other": "M50 65H37.5",
        "whisker": "M62.5 35H87.5",
        "zero": "M50 0V100",
    }


@pytest.mark.parametrize(("count", "thick", "step", "height"), [(2, 8, 33, 26), (3, 6, 23, 27)])
def test_bars_of_a_row_lie_apart_in_the_narrowest_row(count, thick, step, height):
    axis = Axis(0.0, 1.0, ())
    drawn = bars(axis, *[Bar(0.5, "dense")] * count, thick=thick, step=step)
    middles = [float(re.search(r" ([\d.]+)H", str(part))[1]) for part in drawn[:count]]
    assert all((b - a) / 100 * height > thick for a, b in pairwise(middles))
