import json

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
        ("p.json", "[1]", "'p.json' needs a mapping"),
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
