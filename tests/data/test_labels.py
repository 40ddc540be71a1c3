import numpy as np
import pandas as pd
import pytest

from explainprune.data.labels import encode_labels


def one(y, names=None, task=None):
    labels, names, task = encode_labels([y], names, task)
    return labels[0], names, task


@pytest.mark.parametrize(
    ("y", "expected", "names", "task"),
    [
        ([2, 0, 1], [2, 0, 1], None, "classification"),
        (np.array([3, 3], dtype=np.uint8), [3, 3], None, "classification"),
        ([True, False], [1, 0], ("False", "True"), "classification"),
        (["b", "a", "b"], [1, 0, 1], ("a", "b"), "classification"),
        (np.array([b"b", b"a"]), [1, 0], ("a", "b"), "classification"),
        (pd.Series(["b", "a"]), [1, 0], ("a", "b"), "classification"),
        (pd.Series(["b", "a"], dtype="category"), [1, 0], ("a", "b"), "classification"),
        (pd.Series([1, 0], dtype="Int64"), [1, 0], None, "classification"),
        (np.array([10, 2], dtype=object), [10, 2], None, "classification"),
        ([[2], [0]], [2, 0], None, "classification"),
        ([[0, 0, 1], [1, 0, 0]], [2, 0], None, "classification"),
        ([[0.0, 1.0], [1.0, 0.0]], [1, 0], None, "classification"),
        (pd.get_dummies(pd.Series(["a", "c", "b"])), [0, 2, 1], None, "classification"),
        ([0.0, 1.0, 1.0], [0, 1, 1], None, "classification"),
        ([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], None, "regression"),
        ([0.5, -1.5], [0.5, -1.5], None, "regression"),
        ([[0.2, 0.8], [0.5, 0.5]], [[0.2, 0.8], [0.5, 0.5]], None, "regression"),
        ([[3, 1, 2], [0, 1, 1]], [[3, 1, 2], [0, 1, 1]], None, "classification"),
    ],
)
@pytest.mark.filterwarnings("ignore:Text labels are numbered")
def test_labels_say_their_task(y, expected, names, task):
    found, found_names, found_task = one(y)
    assert found.tolist() == expected and found_names == names and found_task == task
    assert found.dtype == (np.float64 if task == "regression" else np.int64)


def test_the_task_can_be_told():
    assert one([1, 2, 7], task="regression")[0].dtype == np.float64
    found, _, task = one([0.0, 2.0], task="classification")
    assert found.tolist() == [0, 2] and task == "classification"


def test_text_is_numbered_in_the_order_of_class_names_and_over_all_splits():
    assert one(["no", "yes"], ["yes", "no"])[0].tolist() == [1, 0]
    with pytest.warns(UserWarning, match=r"alphabetically: 0 = a, 1 = b, 2 = c\. If the model"):
        labels, names, _ = encode_labels([["b"], ["c", "a"], None])
    assert names == ("a", "b", "c")
    assert labels[0].tolist() == [1] and labels[1].tolist() == [2, 0] and labels[2] is None


def test_without_labels_the_task_is_unknown():
    assert encode_labels([None, None]) == ([None, None], None, "unknown")


@pytest.mark.parametrize(
    ("y", "names", "task", "message"),
    [
        ([1, -1], None, None, r"indices 0, 1, …. Received: -1. Shift them"),
        ([0.5], None, "classification", r"whole numbers 0, 1, …. Received: 0.5. For a number"),
        ([0, 3], ["a", "b"], None, r"Labels reach 3, but class_names has 2 names, for 0 to 1"),
        (["a", "z"], ["a", "b"], None, r"Label 'z' is not among class_names \('a', 'b'\)"),
        (["a"], None, "regression", r"Labels are text; task='regression' needs numbers"),
        (
            [1],
            None,
            "regresion",
            r"task is 'classification' or 'regression'. Received: 'regresion'",
        ),
        ([0.0, np.nan, np.nan], None, None, r"y is missing in 2 rows; the first is row 1"),
        (["a", None], None, None, r"y is missing in 1 rows; the first is row 1"),
        (pd.Series(["a", None]), None, None, r"y is missing in 1 rows; the first is row 1"),
        (pd.Series([1, None], dtype="Int64"), None, None, r"y is missing in 1 rows"),
        (np.array(["2020-01-01"], "datetime64[D]"), None, None, r"dtype=datetime64\[D\]"),
        ([[1], [1, 2]], None, None, r"y is ragged"),
    ],
)
def test_labels_that_are_refused(y, names, task, message):
    with pytest.raises(ValueError, match=message):
        one(y, names, task)


def test_categories_say_the_numbers_of_text():
    sizes = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)
    labels, names, _ = encode_labels([pd.Series(["high", "low"], dtype=sizes)])
    assert labels[0].tolist() == [2, 0] and names == ("low", "mid", "high")
    free = pd.CategoricalDtype(["owl", "cat", "dog"])
    with pytest.warns(UserWarning, match="as their categories are: 0 = owl, 1 = cat, 2 = dog"):
        labels, _, _ = encode_labels([pd.Series(["dog", "owl"], dtype=free), ["cat"]])
    assert labels[0].tolist() == [2, 0] and labels[1].tolist() == [1]
    other = pd.Series(["low"], dtype="category")
    with pytest.raises(ValueError, match=r"categories \['low'\]; \['low', 'mid', 'high'\] in diff"):
        encode_labels([pd.Series(["high"], dtype=sizes), other])
