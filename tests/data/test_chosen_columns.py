"""Which columns of a table are features, and in which order."""

import numpy as np
import pandas as pd
import pytest

from explainprune.data import load_data

TABLE = pd.DataFrame(
    {
        "id": [7, 8, 9, 10],
        "age": [1.0, 2.0, 3.0, 4.0],
        "sex": ["f", "m", "m", "f"],
        "income": [5.0, 6.0, 7.0, 8.0],
        "region": [0, 1, 0, 1],
        "y": [0, 1, 0, 1],
    }
)


def test_features_come_in_the_order_they_are_named_in():
    data = load_data(TABLE, features=["income", "age"])
    assert data.feature_names == ("income", "age")
    np.testing.assert_array_equal(data.x, TABLE[["income", "age"]])
    np.testing.assert_array_equal(data.y, TABLE["y"])


def test_what_is_dropped_is_no_feature_and_still_groups():
    data = load_data(TABLE, drop=["id", "sex", "region"], group="region", target="y")
    assert data.feature_names == ("age", "income")
    np.testing.assert_array_equal(data.group, TABLE["region"])
    by_text = load_data(TABLE, drop=["id", "sex"], group="sex")
    assert by_text.feature_names == ("age", "income", "region")
    assert list(by_text.group) == list(TABLE["sex"])


def test_a_column_that_groups_needs_to_be_no_feature():
    data = load_data(TABLE, features=["age"], group="region")
    assert data.feature_names == ("age",)
    np.testing.assert_array_equal(data.group, TABLE["region"])


def test_a_dropped_column_of_labels_leaves_the_other_one():
    two = TABLE.assign(label=[1, 1, 0, 0])
    data = load_data(two, drop=["label", "id", "sex"])
    np.testing.assert_array_equal(data.y, TABLE["y"])
    assert "label" not in data.feature_names


def test_reference_rows_and_preprocess_see_the_same_columns():
    data = load_data(TABLE, features=["income", "age"], background=TABLE[:2])
    np.testing.assert_array_equal(data.background, TABLE[["income", "age"]][:2])
    seen = []

    def doubled(frame):
        seen.append(list(frame.columns))
        return 2 * frame.to_numpy()

    twice = load_data(TABLE, features=["income", "age"], preprocess=doubled)
    np.testing.assert_array_equal(twice.x, 2 * TABLE[["income", "age"]])
    assert seen == [["income", "age"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": ["ids"]}, "Unknown column to drop 'ids'"),
        ({"features": ["agee"]}, "Unknown feature column 'agee'"),
        ({"features": ["age", "age"]}, "Feature 'age' is named twice."),
        ({"features": ["age", "y"]}, "Unknown feature column 'y'"),
        ({"drop": ["y"], "target": "y"}, "'y' is the target: it can't be dropped as well"),
    ],
)
def test_columns_that_cant_be_chosen_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        load_data(TABLE, **options)


@pytest.mark.parametrize("source", ["wine", np.zeros((3, 2)), (np.zeros((3, 2)), [0, 1, 1])])
def test_only_tables_have_columns(source):
    with pytest.raises(ValueError, match="features= and drop= name columns of a table"):
        load_data(source, drop=["a"])
