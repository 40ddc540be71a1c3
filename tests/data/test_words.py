import json

import numpy as np
import pandas as pd
import pytest

from explainprune.data import load_data
from explainprune.types import Data, Rows

X = np.array([[1.0, 0, 1, 7], [2, 1, 0, 8], [3, 0, 1, 9]])
NAMES = ["amt", "job_cook", "job_driver", "dur"]
WORDS = {
    "features": {"amt": "amount", "dur": "duration"},
    "classes": {"0": "repaid", "1": "default"},
    "groups": {"F": "women"},
    "players": {"job": "occupation"},
}


@pytest.fixture
def data():
    return load_data(
        (X, [0, 1, 0]),
        feature_names=NAMES,
        players="job_",
        group=["F", "M", "F"],
        raw={"amt": [1.0, 2.0, 3.0], "note": ["a", "b", "c"]},
    )


def test_words_take_the_place_of_names_and_values_stay(data):
    called = load_data(data, labels=WORDS)
    assert called.feature_names == ("amount", "job_cook", "job_driver", "duration")
    assert called.class_names == ("repaid", "default")
    assert called.group.tolist() == ["women", "M", "women"]
    assert called.player_names == ("amount", "occupation", "duration")  # those of one feature, too
    assert list(called.scored.raw) == ["amount", "note"]
    np.testing.assert_array_equal(called.x, data.x)
    np.testing.assert_array_equal(called.y, data.y)
    assert data.feature_names == tuple(NAMES)


@pytest.mark.parametrize("suffix", ["toml", "json", "csv"])
def test_every_kind_of_file_says_the_same(data, tmp_path, suffix):
    path = tmp_path / f"words.{suffix}"
    lines = [(kind, name, word) for kind, words in WORDS.items() for name, word in words.items()]
    path.write_text(
        {
            "toml": "".join(f'{kind}."{name}" = "{word}"\n' for kind, name, word in lines),
            "json": json.dumps(WORDS),
            "csv": "kind,name,label\n" + "".join(f"{','.join(line)}\n" for line in lines),
        }[suffix]
    )
    called, expected = load_data(data, labels=path), load_data(data, labels=WORDS)
    for part in ("feature_names", "class_names", "player_names"):
        assert getattr(called, part) == getattr(expected, part)
    assert called.group.tolist() == expected.group.tolist()


def test_rows_to_learn_from_are_called_alike():
    parts = {name: Rows(X, y=[0, 1, 2], group=[1, 2, 2]) for name in ("scored", "train")}
    called = load_data(
        Data(**parts, task="classification"),
        labels={"groups": {"2": "north"}, "classes": {"2": "late"}, "features": {"x3": "time"}},
    )
    assert called.train.group.tolist() == called.group.tolist() == ["1", "north", "north"]
    assert called.class_names == ("0", "1", "late")
    assert called.feature_names == ("x0", "x1", "x2", "time")


def test_channels_name_the_steps_of_a_series_and_the_pixels_of_an_image():
    words = {"channels": {"0": "left", "1": "right"}}
    series = load_data(np.zeros((2, 3, 2)), labels=words)
    assert series.feature_names[:3] == ("left, step 0", "right, step 0", "left, step 1")
    flat = load_data(np.zeros((2, 12)), image_shape=(2, 2, 3), labels={"channels": {"1": "green"}})
    assert flat.feature_names[:4] == ("0, 0,0", "green, 0,0", "2, 0,0", "0, 0,1")


def test_a_table_takes_words_for_its_own_columns(tmp_path):
    table = pd.DataFrame({"amt": [1.0, 2.0], "sex": ["F", "M"], "label": [0, 1]})
    words = {"features": {"amt": "amount"}, "groups": {"F": "women", "M": "men"}}
    called = load_data(table, group="sex", labels=words)
    assert called.feature_names == ("amount",)
    assert called.group.tolist() == ["women", "men"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"features": {"amnt": "a"}}, "Unknown feature in labels 'amnt'. Did you mean 'amt'?"),
        ({"feature": {}}, "Unknown key in labels 'feature'. Did you mean 'features'?"),
        ({"classes": {"2": "late"}}, "Unknown class in labels '2'."),
        ({"groups": {"W": "women"}}, "Unknown group in labels 'W'."),
        ({"players": {"jobs": "j"}}, "Unknown player in labels 'jobs'. Did you mean 'job'?"),
        ({"features": {"amt": "dur"}}, "labels call more than one feature 'dur'."),
        ({"features": {"amt": 3}}, "labels of features map names to words, both text."),
        ({"channels": {"0": "red"}}, "labels of channels need rows of steps × channels"),
        ("words.txt", "labels come from a file of .json, .toml, .csv. Received: 'words.txt'."),
        ("words.toml", "No labels file 'words.toml'."),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest(data, labels, message):
    with pytest.raises(ValueError) as refused:
        load_data(data, labels=labels)
    assert message in str(refused.value)


def test_labels_of_rows_are_not_words(data):
    with pytest.raises(TypeError, match=r"Labels of rows are y\. Received: ndarray\."):
        load_data(data, labels=np.array([0, 1, 0]))


def test_several_inputs_are_called_as_the_model_calls_them():
    data = load_data({"age": X[:, :1], "rest": X[:, 1:]})
    with pytest.raises(ValueError, match=r"need a single input\. Received inputs age, rest, which"):
        load_data(data, labels={"features": {"age": "years"}})


def test_a_table_of_what_readers_know_comes_from_a_file_too(tmp_path):
    pd.DataFrame({"amt": [1000, 2000, 3000], "job": ["cook", None, "driver"]}).to_csv(
        tmp_path / "raw.csv", index=False
    )
    known = load_data(X, raw=tmp_path / "raw.csv").scored.raw
    assert known["amt"].tolist() == [1000, 2000, 3000]
    assert known["job"].tolist() == ["cook", "missing", "driver"]
    np.savez(tmp_path / "raw.npz", x=X)
    with pytest.raises(ValueError, match=r"raw is a table: \.csv or \.parquet\. Received: 'raw"):
        load_data(X, raw=tmp_path / "raw.npz")


def test_channels_keep_their_names_whoever_plays():
    from types import SimpleNamespace

    from explainprune.analysis.detail.kinds import channels

    words = {"channels": {"0": "left hip"}}
    series = load_data(np.zeros((2, 4, 3)), labels=words, players="time:2")
    assert channels(series) == ("left hip", "1", "2")
    assert channels(load_data(np.zeros((2, 4, 3)))) == channels(SimpleNamespace(
        image_shape=None, x=np.zeros((2, 3)), feature_names=("a", "b", "c"))) == ()  # fmt: skip


def test_the_network_calls_channels_by_their_words():
    from explainprune.analysis.detail.kinds import called_channels

    words = {"channels": {"0": "left hip"}}
    series = load_data(np.zeros((2, 4, 3)), labels=words)
    assert called_channels(series, 3) == ("left hip", "channel 1", "channel 2")
    images = load_data(np.zeros((2, 2, 2, 3)), labels={"channels": {"1": "green"}})
    assert called_channels(images, 3) == ("channel 0", "green", "channel 2")
    flat = load_data(np.zeros((2, 12)), image_shape=(2, 2, 3), labels={"channels": {"1": "green"}})
    assert called_channels(flat, 3) == called_channels(images, 3)
    plain = ("channel 0", "channel 1")
    assert called_channels(load_data(np.zeros((2, 4, 2))), 2) == plain
    assert called_channels(series, 2) == called_channels(load_data(np.zeros((2, 2))), 2) == plain
