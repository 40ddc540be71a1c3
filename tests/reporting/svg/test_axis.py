import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainprune.reporting.svg.axis import Axis, axis_for
from explainprune.reporting.svg.track import ruler

reach = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=8)


@given(reach, st.integers(3, 8))
def test_an_axis_holds_all_values_between_round_ticks(values, most):
    axis = axis_for(values, most=most)
    slack = 1e-6 * (axis.high - axis.low)
    assert axis.low - slack <= min(values) <= max(values) <= axis.high + slack
    steps = [b - a for a, b in zip(axis.ticks, axis.ticks[1:], strict=False)]
    assert max(steps) - min(steps) <= 1e-6 * max(steps)
    mantissa = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-9)
    assert min(abs(mantissa - factor) for factor in (1, 2, 5, 10)) < 1e-4
    assert 1 <= len(steps) <= most + 2


def test_an_axis_holds_what_it_must_include():
    assert axis_for([0.06, 0.07], include=(0.0, 0.25)).ticks == pytest.approx(
        (0, 0.05, 0.1, 0.15, 0.2, 0.25)
    )


def test_places_are_per_cent_of_the_axis_and_cut_off_outside():
    axis = Axis(-1.0, 3.0, ())
    assert [axis.place(v) for v in (-1, 0, 2, 3, 9, -9)] == [0, 25, 75, 100, 100, 0]


@pytest.mark.parametrize(
    ("kind", "tick", "expected"),
    [
        ("share", 0.05, "5\xa0%"),
        ("share", -0.025, "−2.5\xa0%"),
        ("score", 0.2, "0.2"),
        ("amount", 30.0, "30"),
        ("count", 2500.0, "2,500"),
        ("count", 2e7, "2.0\xa0×\xa010⁷"),
        ("plain", 0.298123456, "0.2981"),
        ("plain", 2e-6, "2.00\xa0×\xa010⁻⁶"),
        ("plain", 0.0, "0"),
    ],
)
def test_tick_labels_have_the_decimals_they_need(kind, tick, expected):
    assert Axis(0, 1, (), kind).label(tick) == expected


def test_one_value_alone_gets_an_axis_around_it():
    axis = axis_for([5.0])
    assert axis.low < 5 < axis.high


def test_long_labels_leave_every_second_out():
    long = ruler(axis_for([-0.0018, 0.0004], most=4))
    assert ("−0.002" in long, "−0.001" in long) == (True, False)
    short = ruler(axis_for([0.0, 0.3], kind="share", most=4))
    assert all(label in short for label in ("0\u00a0%", "10\u00a0%", "20\u00a0%", "30\u00a0%"))
