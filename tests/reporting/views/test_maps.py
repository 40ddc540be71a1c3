"""Images, series and texts, laid out as they lie."""

from dataclasses import replace

import numpy as np
import pytest

from explainprune.data.layout import by_place
from explainprune.reporting.views.maps import caption, drawn, laid, shown_input
from explainprune.reporting.views.tokens import MOST, token_lines
from explainprune.types import Detail


def lying(shape_of, shape, players=None):
    """A detail whose rows lie so, and each player's number as its value."""
    width = int(np.prod(shape))
    owners = np.arange(width) if players is None else by_place(players, shape)[0]
    detail = Detail(owners=tuple(owners.tolist()) if players else ())
    return replace(detail, **{shape_of: shape}), np.arange(1.0, owners.max() + 2)


def test_patches_share_their_value_among_their_pixels():
    found = laid(*lying("image_shape", (4, 4, 3), "patch:2"))
    assert found.shape == (4, 4) and found.sum() == pytest.approx(10)
    for i, j in np.ndindex(4, 4):
        assert found[i, j] == pytest.approx((1 + 2 * (i // 2) + j // 2) / 4)


def test_colour_images_are_summed_over_channels():
    detail, values = lying("image_shape", (2, 2, 3))
    assert laid(detail, values - 1).tolist() == [[3, 12], [21, 30]]
    x = np.linspace(0, 1, 12)
    assert "data:image/png" in shown_input(detail, x, "input")
    grey = replace(detail, image_shape=(2, 2))
    assert "<path" in shown_input(grey, x[:4], "input")


def test_players_that_split_pixels_are_no_map():
    assert laid(*lying("image_shape", (2, 2, 3), "channel")) is None
    assert laid(Detail(), np.ones(4)) is None
    assert laid(lying("image_shape", (2, 2))[0], np.ones(5)) is None


@pytest.mark.parametrize("players", [None, "time:3", "channel"])
def test_series_are_steps_by_channels(players):
    detail, values = lying("series_shape", (6, 2), players)
    found = laid(detail, values)
    assert found.shape == (6, 2) and found.sum() == pytest.approx(values.sum())
    if players == "time:3":
        assert found[:3].tolist() == [[1 / 6] * 2] * 3
    markup = drawn(detail, found, 1.0, label="x", signal=np.zeros((6, 2)))
    assert 'class="signal"' in markup
    assert caption(detail).startswith("From left to right: steps 0 to 5; from the top: channels 0")
    assert "signal" not in caption(detail, signal=False)
    named = replace(detail, channels=("left hip", "<b>"))
    assert "; from the top: left hip, <b>." in caption(named, signal=False)


def test_texts_are_tokens_in_the_colour_of_what_they_say(comparison):
    sample = replace(
        comparison.detail.samples[0],
        x=(5.0, 6.0, 7.0, 0.0),
        dense=(-1.0, 0.5, 0.05, 0.0),
        other=(0.25, 0.0, -0.7, 0.0),
        said=("not", "<b>bad</b>", "at all", "pad"),
    )

    def both(sample):
        return [("dense", "dense", sample.dense), ("pruned", "other", sample.other)]

    lines = token_lines(sample, both(sample), 1.0)
    assert lines[0].tokens == (("not", "down4"), ("<b>bad</b>", "up2"), ("at all", ""))
    assert lines[1].tokens == (("not", "up1"), ("<b>bad</b>", ""), ("at all", "down3"))
    bare = replace(sample, said=())
    assert [text for text, _ in token_lines(bare, both(bare), 1.0)[0].tokens] == ["5", "6", "7"]
    long = replace(sample, x=(1.0,) * 300, dense=(1.0,) * 300, other=(1.0,) * 300, said=())
    line = token_lines(long, both(long), 1.0)[0]
    assert len(line.tokens) == MOST and line.more == 300 - MOST
