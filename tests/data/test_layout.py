"""Players by place, held against loops over every step, channel and pixel."""

import numpy as np
import pytest

from explainprune.data import load_data
from explainprune.data.layout import by_place


def slowly(shape, player_of):
    """Number players in the order in which loops over a row meet them."""
    numbers = {}
    owners = [numbers.setdefault(player_of(*at), len(numbers)) for at in np.ndindex(*shape)]
    return owners, len(numbers)


@pytest.mark.parametrize(
    ("text", "shape", "player_of"),
    [
        ("time:4", (10, 3), lambda t, c: t // 4),
        ("time:1", (5,), lambda t: t),
        ("channel", (4, 3), lambda t, c: c),
        ("channel", (2, 3, 4), lambda i, j, c: c),
        ("patch:2", (5, 4, 3), lambda i, j, c: (i // 2, j // 2)),
        ("patch:3", (4, 8), lambda i, j: (i // 3, j // 3)),
        ("patch:5", (2, 5), lambda i, j: 0),
        ("each", (2, 3), lambda i, j: (i, j)),
    ],
)
def test_every_form_is_what_loops_find(text, shape, player_of):
    expected, count = slowly(shape, player_of)
    owners, names = by_place(text, shape)
    if text.startswith("patch"):  # rows of pixels meet patches in another order than patches lie
        assert len(set(zip(expected, owners.tolist(), strict=True))) == count
    else:
        assert owners.tolist() == expected
    assert text == "each" or len(names) == count == owners.max() + 1


def test_names_say_where_a_player_lies():
    assert by_place("time:4", (9, 2))[1] == ("steps 0–3", "steps 4–7", "step 8")
    owners, names = by_place("patch:2", (3, 4, 3))
    at = np.asarray(owners).reshape(3, 4, 3)
    assert names[at[0, 2, 0]] == "rows 0–1, columns 2–3"
    assert names[at[2, 3, 2]] == "row 2, columns 2–3"
    assert by_place("channel", (4, 2))[1] == ("channel 0", "channel 1")


@pytest.mark.parametrize(
    ("text", "shape", "image", "message"),
    [
        ("time:10", (8, 8, 3), True, r"is for a series.*images.*\(8, 8, 3\).*'patch:4'"),
        ("time:10", (8, 8), True, r"is for a series.*Did you mean 'patch:4'"),
        ("patch:4", (30,), False, r"is for images.*\(30,\).*Did you mean 'time:10'"),
        ("channel", (30,), False, r"with an axis of channels.*'time:10'"),
        ("channel", (8, 8), True, r"with an axis of channels.*'patch:4'"),
        ("time", (30, 2), False, r"'time' needs a whole number of at least 1: steps.*'time:10'"),
        ("patch:0", (8, 8), True, r"'patch:0' needs a whole number of at least 1: pixels"),
        ("time:x", (8, 8), False, r"'time:x' needs a whole number"),
        ("channel:2", (8, 8), False, r"takes no number. Did you mean 'channel'"),
        ("patch:9", (4, 8, 3), True, r"larger than rows of shape \(4, 8, 3\): at most 'patch:8'"),
    ],
)
def test_forms_that_dont_fit_are_refused(text, shape, image, message):
    with pytest.raises(ValueError, match=message):
        by_place(text, shape, image=image)


def test_data_know_what_their_rows_are():
    flat = load_data(np.zeros((3, 16)), image_shape=(4, 4), players="patch:2")
    assert flat.player_names[:2] == ("rows 0–1, columns 0–1", "rows 0–1, columns 2–3")
    assert np.reshape(flat.players, (4, 4)).tolist() == [[0, 0, 1, 1]] * 2 + [[2, 2, 3, 3]] * 2
    colour = load_data(np.zeros((3, 4, 4, 3)), players="patch:2")
    assert np.array_equal(
        np.reshape(colour.players, (4, 4, 3))[..., 1], np.reshape(flat.players, (4, 4))
    )
    series = load_data(np.zeros((3, 6, 2)), players="time:3")
    assert series.players == (0,) * 6 + (1,) * 6 and series.player_names == (
        "steps 0–2",
        "steps 3–5",
    )
    with pytest.raises(ValueError, match="is for a series"):
        load_data(np.zeros((3, 4, 4, 3)), players="time:2")
