import json

import numpy as np
import pytest

from explainprune.data.players import resolve_players

NAMES = ("age", "color_red", "color_blue", "size_s", "size_l")
EXPECTED = ((0, 1, 1, 2, 2), ("age", "color", "size"))


def test_every_form_says_the_same(tmp_path):
    by_player = {"color": ["color_red", "color_blue"], "size": ["size_s", "size_l"]}
    by_feature = {feature: player for player, fs in by_player.items() for feature in fs}
    (tmp_path / "p.json").write_text(json.dumps(by_player))
    (tmp_path / "q.json").write_text(json.dumps(by_feature))
    (tmp_path / "p.toml").write_text(
        'color = ["color_red", "color_blue"]\nsize_s="size"\nsize_l="size"'
    )
    lines = "".join(f"{feature}, {player}\n" for feature, player in by_feature.items())
    (tmp_path / "p.csv").write_text(lines)
    (tmp_path / "q.csv").write_text("feature,player\n" + lines)
    files = [tmp_path / name for name in ("p.json", "q.json", "p.toml", "p.csv", "q.csv")]
    for players in [by_player, by_feature, ["color_", "size_"], *files, *map(str, files)]:
        assert resolve_players(players, NAMES, 5) == EXPECTED


def test_numbers_are_taken_as_they_are():
    assert resolve_players([1, 0, 0], None, 3) == ((1, 0, 0), None)


def test_the_longest_prefix_wins():
    found = resolve_players(["c", "color_b"], NAMES, 5)
    assert found == ((0, 1, 2, 3, 4), ("age", "c", "color_b", "size_s", "size_l"))


@pytest.mark.parametrize(
    ("players", "message"),
    [
        (
            "colour_",
            "Unknown prefix of players: no column begins with 'colour_'. Did you mean 'color_",
        ),
        ([""], "no column begins with ''"),
        ({"p": ["agee"]}, "Unknown feature in players 'agee'. Did you mean 'age'"),
        ({"p": ["age"], "q": ["age"]}, "Feature 'age' is in two players: 'p', 'q'"),
        ({"p": 3}, r"Received: 'p': 3"),
        ("gone.json", "No players file 'gone.json'"),
    ],
)
def test_players_that_are_refused(players, message):
    with pytest.raises(ValueError, match=message):
        resolve_players(players, NAMES, 5)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.json", "{", "'p.json' could not be read"),
        ("p.json", "[1.5]", "'p.json' needs a mapping"),
        ("p.json", "[[1], [1, 2]]", "or an integer for each feature"),
        ("p.npy", "no array", "'p.npy' could not be read"),
        ("p.toml", "a = ", "'p.toml' could not be read"),
        ("p.csv", "a,b,c\n", "expected two columns, feature and player"),
    ],
)
def test_players_files_that_are_refused(name, text, message, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        resolve_players(tmp_path / name, NAMES, 5)


def test_names_are_needed():
    with pytest.raises(ValueError, match=r"need feature names, which this data does not have"):
        resolve_players("color_", None, 3)


def test_features_without_names_go_by_their_index(tmp_path):
    expected = ((0, 1, 0, 2), ("ends", "x1", "x3"))
    (tmp_path / "p.json").write_text(json.dumps({"ends": [0, 2]}))
    (tmp_path / "p.csv").write_text("0, ends\n2, ends\n")
    for players in [{"ends": [0, 2]}, tmp_path / "p.json", tmp_path / "p.csv"]:
        assert resolve_players(players, None, 4) == expected
    assert resolve_players({"ends": ["0", "c"]}, list("abcd"), 4)[0] == (0, 1, 0, 2)
    with pytest.raises(ValueError, match=r"players '4': this data has no feature names.*0 to 3"):
        resolve_players({"ends": [4]}, None, 4)


def test_numbers_of_pixels_or_steps_are_those_of_all_their_channels(tmp_path):
    parts = np.array([[0, 1], [1, 2]])
    np.save(tmp_path / "parts.npy", parts)
    (tmp_path / "parts.json").write_text(json.dumps(parts.tolist()))
    expected = tuple(np.repeat(parts.ravel(), 3).tolist())
    for players in [parts, tmp_path / "parts.npy", str(tmp_path / "parts.json")]:
        assert resolve_players(players, None, 12, (2, 2, 3)) == (expected, None)
    assert resolve_players([1, 0], None, 4, (2, 2))[0] == (1, 1, 0, 0)


def test_a_text_that_columns_begin_with_is_a_prefix():
    names = ["channel_a", "channel_b", "size"]
    assert resolve_players("channel", names, 3) == ((0, 0, 1), ("channel", "size"))
    assert resolve_players("channel", list("abcd"), 4, (2, 2))[0] == (0, 1, 0, 1)


@pytest.mark.parametrize(
    ("text", "meant"), [("patches:4", "patch:4"), ("times:5", "time:5"), ("chanel", "channel")]
)
def test_a_form_that_is_nearly_right_is_named(text, meant):
    with pytest.raises(ValueError, match=f"need feature names.*Did you mean '{meant}'"):
        resolve_players(text, None, 4, (2, 2))
    with pytest.raises(ValueError, match="Did you mean 'channel'"):
        resolve_players("chanel", list("abcd"), 4, (2, 2))
