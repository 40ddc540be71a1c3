import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainprune.reporting.formatting import KINDS, bare, name, number, percent

numbers = st.floats(-1e12, 1e12, allow_nan=False)


@given(numbers, st.sampled_from(["share", "score", "amount", "plain"]))
def test_what_is_not_zero_is_never_shown_as_zero(value, kind):
    text = number(value, kind)
    assert (value == 0) == (not any(digit in text for digit in "123456789"))


@given(numbers, st.sampled_from(KINDS))
def test_the_sign_survives_rounding(value, kind):
    text = number(value, kind)
    if "−" in text.split("10")[0].replace("10⁻", ""):
        assert value < 0
    assert "-" not in text


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (0.5, "share", "50.0\xa0%"),
        (0.999, "share", "99.9\xa0%"),
        (-0.012, "share", "−1.2\xa0%"),
        (0.1, "stated", "10\xa0%"),
        (0.025, "stated", "2.5\xa0%"),
        (12345678, "count", "1.2\xa0×\xa010⁷"),
        (10_000_000, "count", "1.0\xa0×\xa010⁷"),
        (9_999_999, "count", "9,999,999"),
        (999, "count", "999"),
        (0.0004, "score", "0.0004"),
        (-0.00004, "score", "−0.00004"),
        (0.000004, "score", "<0.00001"),
        (-0.000004, "score", ">−0.00001"),
        (123.456, "plain", "123"),
        (0.0123456, "plain", "0.0123"),
        (-3.0, "plain", "−3"),
    ],
)
def test_numbers_by_kind(value, kind, expected):
    assert number(value, kind) == expected


def test_ends_of_intervals_leave_the_unit_out():
    assert bare(0.051, "share") == "5.1"
    assert bare(1.0, "share") == "100"
    assert percent(1.0) == "100\xa0%"


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match=r"Unknown kind of number 'percent'. Known: share"):
        number(1.0, "percent")


@given(st.text())
def test_names_are_one_line_of_printable_characters(text):
    cleaned = name(text)
    assert len(cleaned) == len(text)
    assert not set(cleaned) & set("\n\r\t\x00\x0b\u2028\u202e\u200f")
    cleaned.encode("utf-8")


@given(st.text(min_size=1), st.integers(3, 40))
def test_long_names_keep_their_ends(text, longest):
    cleaned = name(text, longest)
    assert len(cleaned) <= max(longest, 1)
    assert cleaned[0] == name(text)[0]
    assert len(text) <= longest or (cleaned[-1] == name(text)[-1] and "…" in cleaned)
