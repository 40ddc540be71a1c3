import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from explainprune.types import Data, Rows
from explainprune.types.matching import aligned
from explainprune.types.tables import as_array, column_values, frame_values


def sizes(ordered, categories=("small", "middle", "large")):
    return pd.Series(pd.Categorical(["large", "small", "middle"], categories, ordered=ordered))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, 2, 3], dtype="Int64"), [1, 2, 3]),
        (pd.Series([True, False, True], dtype="boolean"), [1, 0, 1]),
        (pd.Series([0.5, 1.5, 2.5], dtype="Float32"), [0.5, 1.5, 2.5]),
        (pd.Series([0.0, 0.0, 2.5], dtype="Sparse[float]"), [0, 0, 2.5]),
        (pd.Series([1, 2, 3], dtype="int64[pyarrow]"), [1, 2, 3]),
        (pd.Series([1, 2.5, True], dtype=object), [1, 2.5, 1]),
        (sizes(ordered=True), [2, 0, 1]),
        (pd.Series(pd.Categorical([5, 1, 3], [1, 3, 5], ordered=True)), [5, 1, 3]),
    ],
    ids=["Int64", "boolean", "Float32", "sparse", "arrow", "object", "ordered", "ordered numbers"],
)
def test_columns_are_numbers_whatever_their_type(column, expected):
    values, names = frame_values(pd.DataFrame({"a": column, "b": [1.0, 2.0, 3.0]}))
    np.testing.assert_array_equal(values[:, 0], expected)
    assert values.dtype == np.float64 and names == ("a", "b")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (sizes(ordered=False), r"'a' of x holds categories without an order \('small', 'middle', "),
        (pd.Series(pd.Categorical([5, 1, 3])), r"without an order .* astype\(float\) if they are"),
        (pd.Series([1, None, 3], dtype="Int64"), "'a' of x is NaN or missing in 1 rows; .* row 1"),
        (pd.Series([1, None, None], dtype=object), "missing in 2 rows; the first is row 1"),
        (pd.Series(pd.Categorical([None, 1, 3], ordered=True)), "missing in 1 rows; .* row 0"),
        (pd.Series(["x", "y", "z"]), r"aren't numbers: 'a' \('x'\)\. Encode them .* with model="),
        (pd.Series(pd.to_timedelta([1, 2, 3])), "aren't numbers: 'a'"),
        (pd.Series([1, 2, 3]) * 1j, "aren't numbers: 'a'"),
    ],
    ids=["unordered", "numbers", "Int64", "object", "category", "text", "times", "complex"],
)
def test_columns_that_are_no_numbers(column, message):
    with pytest.raises(ValueError, match=message):
        frame_values(pd.DataFrame({"a": column}))


def test_text_is_kept_where_it_is_wanted():
    frame = pd.DataFrame({"a": ["x", "y", "z"], "b": sizes(ordered=True)})
    values, _ = frame_values(frame, text=True)
    assert values.tolist() == [["x", "large"], ["y", "small"], ["z", "middle"]]
    with pytest.raises(ValueError, match=r"aren't text, which the model reads: 'c' \('1'\)"):
        frame_values(frame.assign(c=[1, 2, 3]), text=True)


def test_categories_as_labels_and_as_values():
    assert column_values(sizes(ordered=True), "y", text=True).tolist()[0] == "large"
    assert column_values(sizes(ordered=False), "y").tolist()[0] == "large"
    assert column_values(pd.Series(pd.Categorical([5, 1])), "y", text=True).tolist() == [5, 1]


class Grudging:
    """A tensor that can't be read, as those with gradients are in other libraries."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on a tensor that requires grad")


def test_what_is_no_array():
    with pytest.raises(ValueError, match=r"x is a sparse matrix. Expected an array: call its toa"):
        as_array(csr_array(np.eye(2)), "x")
    with pytest.raises(ValueError, match=r"x can't be read as an array: Grudging: Can't call"):
        as_array(Grudging(), "x")
    assert as_array([b"a", b"bc"], "x").tolist() == ["a", "bc"]
    assert as_array(np.array(["a", "bc"], dtype=object), "x").dtype.kind == "U"


def test_columns_are_found_by_name_and_strangers_are_named():
    frame = pd.DataFrame({"b": [1], "a": [2]})
    assert list(aligned(frame, ["a", "b"], "background").columns) == ["a", "b"]
    with pytest.raises(ValueError, match=r"background lacks the column 'ab', which x has. Did you"):
        aligned(frame, ["ab", "b"], "background")
    with pytest.raises(ValueError, match=r"has the column 'b', which x has not: drop what the mod"):
        aligned(frame, ["a"], "background")


def test_rows_take_tables():
    frame = pd.DataFrame({"a": [1, 2], "b": [True, False]})
    assert Rows(frame).x.tolist() == [[1, 1], [2, 0]]
    assert Data(Rows(frame), background=frame[:1]).background.tolist() == [[1, 1]]
    assert Rows(frame, y=pd.Series([0, 1], dtype="Int64")).y.tolist() == [0, 1]
    with pytest.raises(ValueError, match="columns that aren't numbers: 'c'"):
        Rows(frame.assign(c="x"))
    assert Rows(frame[[]].assign(c="x")).x.tolist() == [["x"], ["x"]]
