import numpy as np
import pytest

from explainprune.types import Data, Rows
from explainprune.types.arrays import frozen, frozen_inputs, n_rows, rows

X = np.arange(6.0).reshape(3, 2)


def test_frozen_arrays_are_copies_that_cannot_change():
    mine = X.copy()
    held = frozen(mine)
    mine[0] = -1
    np.testing.assert_array_equal(held, X)
    with pytest.raises(ValueError, match="read-only"):
        held[0] = 1


def test_inputs_by_name_are_frozen_each():
    held = frozen_inputs({1: X})
    assert list(held) == ["1"] and not held["1"].flags.writeable
    with pytest.raises(ValueError, match=r"a dict need at least one entry. Received: \{\}"):
        frozen_inputs({})


def test_rows_are_counted_over_all_inputs():
    assert n_rows(X) == 3 and n_rows({"a": X, "b": X[:, 0]}) == 3
    with pytest.raises(ValueError, match=r"same number of rows. Received: \{'a': 3, 'b': 2\}"):
        n_rows({"a": X, "b": X[:2]})
    with pytest.raises(ValueError, match=r"values needs a row axis. Received: shape=\(\)"):
        n_rows(np.float64(1), "values")


def test_rows_are_selected_in_every_input():
    np.testing.assert_array_equal(rows({"a": X}, [2, 0])["a"], [[4, 5], [0, 1]])


def test_rows_hold_copies_and_cannot_change():
    held = Rows(X, [0, 1, 0], ["f", "m", "f"])
    assert len(held) == 3 and held.y.tolist() == [0, 1, 0] and held.group.tolist()[1] == "m"
    with pytest.raises(AttributeError):
        held.y = None
    with pytest.raises(ValueError, match="read-only"):
        held.x[0] = 0
    taken = held.take(np.array([True, False, True]))
    assert taken.x.tolist() == [[0, 1], [4, 5]] and taken.y.tolist() == [0, 0]
    assert taken.group.tolist() == ["f", "f"]
    assert Rows(X).take(slice(1)).y is None


def test_weights_go_with_their_rows():
    held = Rows(X, [0, 1, 0], weight=[1, 2, 0])
    assert held.take([2, 1]).weight.tolist() == [0, 2] and not held.weight.flags.writeable
    assert Data(held).weight.tolist() == [1, 2, 0] and Data(Rows(X)).weight is None
    assert Data(held).with_(name="other").weight.tolist() == [1, 2, 0]


def test_rows_say_their_shapes():
    assert repr(Rows(X, [0, 1, 0])) == "Rows(shape=(3, 2), y (3,))"
    assert repr(Rows(X, weight=[0, 1, 0])) == "Rows(shape=(3, 2), unlabelled, weighted)"
    assert repr(Rows({"a": X, "b": X[:, :1]})) == (
        "Rows(a: shape=(3, 2), b: shape=(3, 1), unlabelled)"
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"x": X[:0]}, r"Data needs at least one row. Received: x with shape=\(0, 2\)"),
        ({"x": [[1.0, np.nan]]}, r"x has 1 values that are NaN or infinite; the first is nan at"),
        ({"x": {"a": [[np.inf]]}}, r"x\['a'\] has 1 values that are NaN .* inf at index \(0, 0\)"),
        ({"x": [["a", None]]}, r"x needs numbers. Received: dtype=object. Encode text columns"),
        ({"x": X, "y": [0]}, r"y needs one entry for each of the 3 rows .* y.shape=\(1,\)"),
        ({"x": X, "y": 0}, r"y needs one entry .* y.shape=\(\)"),
        ({"x": X, "y": [0, np.nan, 1]}, r"y has 1 values that are NaN"),
        ({"x": X, "group": ["a"]}, r"group needs one entry for each of the 3 rows"),
        ({"x": X, "weight": [1.0]}, r"weight needs one entry for each of the 3 rows"),
        ({"x": X, "weight": [1, -2, 0]}, r"weight of a row is 0 or more. Received: -2 in row 1"),
        ({"x": X, "weight": [1, np.nan, 0]}, r"weight has 1 values that are NaN"),
        ({"x": X, "weight": X}, r"one number for each row, shape=\(n,\). Received: shape=\(3, 2\)"),
    ],
)
def test_rows_that_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Rows(**fields)


def test_data_scores_the_scored_rows_and_learns_from_the_others():
    data = Data(Rows(X[:1], [1], ["a"]), train=Rows(X[1:], [0, 1]), task="classification")
    assert len(data) == 1 and data.y.tolist() == [1] and data.group.tolist() == ["a"]
    assert data.learnable is data.train
    assert Data(data.scored).learnable is data.scored
    assert repr(data) == (
        "Data('data', 1 rows scored, shape=(1, 2), classification, 2 to learn from)"
    )
    named = data.with_(name="other", feature_names=["a", 2])
    assert (named.name, data.name) == ("other", "data")
    assert named.feature_names == ("a", "2") and named.train is data.train


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"task": "ranking"}, r"'regression' or 'unknown'. Received: 'ranking'"),
        ({"feature_names": ("a",)}, r"feature_names needs .* the 2 features of a row. Received: 1"),
        ({"players": (0, 1, 1)}, r"players needs one entry for each of the 2 features"),
        ({"players": (0, 2)}, r"numbered 0, 1, … without gaps. Received: \[0, 2\]"),
        ({"players": (0, 0), "player_names": ("a", "b")}, r"player_names needs 1 names. Rec.*: 2"),
        ({"image_shape": (2, 2)}, r"image_shape \(2, 2\) does not hold the 2 features"),
        ({"background": X[:0]}, r"background needs at least one row. Received: 0 rows"),
        ({"background": [[np.nan, 0]]}, r"background has 1 values that are NaN"),
    ],
)
def test_data_that_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Data(Rows(X), **fields)


def test_several_inputs_have_no_common_width():
    data = Data(Rows({"a": X, "b": X}), background={"a": X[:1], "b": X[:1]})
    assert data.background["a"].shape == (1, 2)


@pytest.mark.parametrize("name", ["group", "clusters"])
def test_what_rows_belong_to_is_known(name):
    x = np.zeros((3, 2))
    for values in ([1.0, np.nan, 2.0], ["a", None, "b"]):
        with pytest.raises(ValueError, match=f"{name} is missing in 1 rows; the first is row 1"):
            Rows(x, **{name: values})
    with pytest.raises(ValueError, match=rf"{name} needs one entry for each row.*\(3, 2\)"):
        Rows(x, **{name: x})
    with pytest.raises(ValueError, match=f"{name} holds numbers or text. Received: int, str"):
        Rows(x, **{name: np.array([1, "1", 1], dtype=object)})
