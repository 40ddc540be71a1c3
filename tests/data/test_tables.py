import sys

import numpy as np
import pandas as pd
import pytest

from explainprune.data import load_data

FRAME = pd.DataFrame(
    {
        "age": [31, 42, 53, 64],
        "height": [1.6, 1.7, 1.8, 1.9],
        "member": [True, False, True, True],
        "city": ["Oslo", "Rome", "Oslo", "Bonn"],
        "label": [0, 1, 1, 0],
    }
)
NUMBERS = FRAME.drop(columns="city")


@pytest.fixture(params=[".csv", ".parquet", "frame"])
def source(request, tmp_path):
    """Return a function that gives a frame as a file, or as it is."""

    def give(frame):
        path = tmp_path / f"people{request.param}"
        if request.param == ".csv":
            frame.to_csv(path, index=False)
        elif request.param == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            return frame
        return path

    return give


def test_columns_become_features_and_labels(source):
    data = load_data(source(NUMBERS))
    assert data.feature_names == ("age", "height", "member")
    np.testing.assert_array_equal(data.x, [[31, 1.6, 1], [42, 1.7, 0], [53, 1.8, 1], [64, 1.9, 1]])
    np.testing.assert_array_equal(data.y, [0, 1, 1, 0])
    assert data.task == "classification" and data.train is None


def test_another_column_may_be_the_target(source):
    data = load_data(source(NUMBERS), target="height")
    assert data.feature_names == ("age", "member", "label") and data.task == "regression"
    np.testing.assert_array_equal(data.y, FRAME["height"])
    assert data.x.dtype.kind == "i"  # as it is: whole numbers stay whole


def test_a_table_can_be_left_unlabelled(source):
    data = load_data(source(NUMBERS), target="")
    assert data.y is None and data.feature_names[-1] == "label"


def test_a_numeric_group_column_stays_a_feature(source):
    data = load_data(source(NUMBERS), group="age")
    assert data.group.tolist() == [31, 42, 53, 64] and "age" in data.feature_names


def test_a_text_group_column_only_groups(source):
    data = load_data(source(FRAME), group="city")
    assert data.group.tolist() == ["Oslo", "Rome", "Oslo", "Bonn"]
    assert data.feature_names == ("age", "height", "member")


def test_a_column_of_weights_is_no_feature(source):
    data = load_data(source(NUMBERS), weight="age")
    assert data.weight.tolist() == [31, 42, 53, 64]
    assert data.feature_names == ("height", "member")
    with pytest.raises(ValueError, match=r"Unknown weight column 'ago'. Did you mean 'age'"):
        load_data(source(NUMBERS), weight="ago")


def test_text_as_the_target_gives_class_names(source):
    with pytest.warns(UserWarning, match=r"alphabetically: 0 = Bonn, 1 = Oslo, 2 = Rome\. If"):
        data = load_data(source(FRAME), target="city")
    assert data.class_names == ("Bonn", "Oslo", "Rome") and data.y.tolist() == [1, 2, 1, 0]


def test_preprocess_maps_text(source):
    def one_hot(frame):
        assert list(frame.columns) == ["age", "height", "member", "city"]
        return pd.get_dummies(frame, columns=["city"], dtype=float)

    data = load_data(source(FRAME), preprocess=one_hot, players="city_")
    assert data.feature_names[3:] == ("city_Bonn", "city_Oslo", "city_Rome")
    assert data.x[1].tolist() == [42, 1.7, 0, 0, 0, 1]
    assert data.players == (0, 1, 2, 3, 3, 3)
    assert data.player_names == ("age", "height", "member", "city")


def test_a_background_table_is_aligned_by_name(source):
    background = FRAME[["label", "height", "member", "age"]].iloc[:2]
    data = load_data(source(NUMBERS), background=background)
    np.testing.assert_array_equal(data.background, [[31, 1.6, 1], [42, 1.7, 0]])
    with pytest.raises(ValueError, match=r"background lacks the column 'height'"):
        load_data(source(NUMBERS), background=background.drop(columns="height"))
    with pytest.raises(ValueError, match=r"background has the column 'city', which x has not"):
        load_data(source(NUMBERS), background=background.assign(city="Oslo"))


def test_pandas_own_types_are_numbers():
    frame = pd.DataFrame({"a": pd.array([1, 2], "Int64"), "b": pd.array([True, False], "boolean")})
    np.testing.assert_array_equal(load_data(frame).x, [[1, 1], [2, 0]])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(tmp_path, separator):
    text = FRAME[["age", "label"]].to_csv(index=False, sep=separator)
    (tmp_path / "a.csv").write_text("\ufeff" + text, encoding="utf-8")
    assert load_data(tmp_path / "a.csv").feature_names == ("age",)


def test_columns_may_be_numbered(tmp_path):
    pd.DataFrame(np.eye(3)).to_csv(tmp_path / "a.csv", index=False)
    assert load_data(tmp_path / "a.csv").feature_names == ("0", "1", "2")


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (FRAME, {}, r"x has columns that aren't numbers: 'city' \('Oslo'\). Encode them"),
        (FRAME, {"target": "labl"}, "Unknown target column 'labl'. Did you mean 'label'"),
        (FRAME, {"group": "town"}, "Unknown group column 'town'"),
        (FRAME, {"group": "label"}, "Column 'label' can't hold both the labels and the groups"),
        (NUMBERS.assign(y=0), {}, r"Columns \['label', 'y'\] could all hold the labels"),
        (NUMBERS.iloc[:0], {}, "The table has no rows"),
        (NUMBERS[["label"]], {}, "x has no columns besides the labels"),
        (
            NUMBERS.assign(age=[1, None, None, 2]),
            {},
            "Column 'age' of x is NaN or missing in 2 rows; the first is row 1",
        ),
        (NUMBERS.assign(age=[1, np.inf, 1, 1]), {}, "x has 1 values that are NaN or infinite"),
        (
            FRAME.assign(city=[None, "a", "a", "a"]),
            {"group": "city"},
            "'city' is missing in 1 rows",
        ),
    ],
)
def test_tables_that_are_refused(source, frame, options, message):
    with pytest.raises(ValueError, match=message):
        load_data(source(frame), **options)


def test_dates_and_categories_are_not_numbers():
    frame = pd.DataFrame({"when": pd.to_datetime(["2020-01-01"]), "kind": pd.Categorical([1])})
    with pytest.raises(ValueError, match=r"aren't numbers: 'when' \('2020-01-01 00:00:00'\)"):
        load_data(frame)
    with pytest.raises(ValueError, match=r"Column 'kind' of x holds categories without an order"):
        load_data(frame[["kind"]])


def test_a_column_twice():
    with pytest.raises(ValueError, match=r"Column 'a' is there more than once"):
        load_data(pd.DataFrame([[1, 2]], columns=["a", "a"]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5.1,3.5,1\n4.9,3.0,0\n", "first line of 'a.csv' holds numbers.*begins 5.1, 3.5, 1"),
        (",a\n0,1.5\n1,2.5\n", "first column has no name and only counts the rows"),
        ("a,b\n1,2,3\n1,2,3,4\n", "'a.csv' is not a readable .csv file"),
        ('a,b\n1,"2\n', "'a.csv' is not a readable .csv file"),
    ],
)
def test_csv_files_that_are_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_data(tmp_path / "a.csv")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    NUMBERS.to_parquet(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"pip install 'explainprune\[parquet\]'"):
        load_data(tmp_path / "a.parquet")


def test_the_frame_is_left_alone():
    before = FRAME.copy(deep=True)
    load_data(FRAME, group="city", target="label")
    pd.testing.assert_frame_equal(FRAME, before)


def test_a_column_of_clusters_is_no_feature_and_travels_with_the_rows():
    frame = pd.DataFrame({"age": [1.0, 2, 3], "patient": ["a", "b", "a"], "y": [0, 1, 0]})
    data = load_data(frame, clusters="patient")
    assert data.feature_names == ("age",)
    assert data.clusters.tolist() == ["a", "b", "a"]
    assert data.scored.take([2, 1]).clusters.tolist() == ["a", "b"]
    assert load_data(np.eye(3), clusters=[7, 7, 8]).clusters.tolist() == [7, 7, 8]
    with pytest.raises(ValueError, match=r"Unknown cluster column 'patien'\. Did you"):
        load_data(frame, clusters="patien")
    frame.loc[1, "patient"] = None
    with pytest.raises(ValueError, match="Cluster column 'patient' is missing in 1 rows"):
        load_data(frame, clusters="patient")
