"""Rows as their readers know them."""

import numpy as np
import pandas as pd
import pytest

from explainprune import load_data
from explainprune.analysis.protocol import data_sha256
from explainprune.types import Condition, Data, Rows
from explainprune.types.known import Column, written


def frame():
    return pd.DataFrame(
        {
            "age": [23, 51, 40],
            "income": [1200.5, np.nan, 800.0],
            "job": ["cook", None, "clerk"],
            "owner": [True, False, True],
            "grade": pd.Categorical(["b", "a", "b"]),
        }
    )


def test_a_table_is_kept_as_it_is_read():
    raw = Rows(np.zeros((3, 2)), raw=frame()).raw
    assert raw["age"].tolist() == [23, 51, 40]
    assert np.isnan(raw["income"][1]) and raw["income"][0] == 1200.5
    assert raw["job"].tolist() == ["cook", "missing", "clerk"]
    assert raw["owner"].tolist() == ["yes", "no", "yes"]
    assert raw["grade"].tolist() == ["b", "a", "b"]


def test_rows_that_are_taken_keep_theirs():
    taken = Rows(np.zeros((3, 2)), raw=frame()).take([2, 0])
    assert taken.raw["age"].tolist() == [40, 23]


def test_another_number_of_rows_is_refused():
    with pytest.raises(ValueError, match=r"for each of the 2 rows.*raw\['age'\].shape=\(3,\)"):
        Rows(np.zeros((2, 2)), raw=frame())
    with pytest.raises(TypeError, match="raw is a table, or maps each column's name"):
        Rows(np.zeros((2, 2)), raw=[1, 2])


def test_what_rows_are_called_is_no_part_of_their_checksum():
    x = np.arange(6.0).reshape(3, 2)
    assert data_sha256(Data(Rows(x))) == data_sha256(Data(Rows(x, raw=frame())))
    assert data_sha256(Data(Rows(x))) != data_sha256(Data(Rows(x + 1)))


def test_a_table_that_is_preprocessed_stays_beside_what_it_becomes():
    table = frame().fillna({"income": 0.0})

    def ready(rows):
        return np.stack([rows["age"] / 100, rows["owner"]], axis=1).astype(float)

    data = load_data(table, preprocess=ready)
    assert data.scored.raw["age"].tolist() == [23, 51, 40]
    assert data.scored.raw["job"][1] == "missing"
    assert load_data(np.zeros((3, 2))).scored.raw is None
    assert load_data(np.zeros((3, 2)), raw=table).scored.raw["age"][1] == 51


def test_values_are_written_as_their_readers_write_them():
    assert [written(v) for v in (3.0, -0.0, 1234567.0, 0.123456, -12.5)] == [
        "3", "0", "1,234,567", "0.1235", "−12.5",
    ]  # fmt: skip
    column = Column.of("income", np.array([1.0, np.nan, 3.0, 10.0]))
    assert (column.said(1), column.typical()) == ("missing", "3")
    job = Column.of("job", np.array(["cook", "clerk", "cook"]))
    assert (job.said(1), job.typical(), job.take([1]).typical()) == ("clerk", "cook", "clerk")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition("age", above=30.0), "age is over 30"),
        (Condition("age", most=0.25), "age is at most 0.25"),
        (Condition("age", 1000.0, 2000.0), "age is over 1,000 and at most 2,000"),
        (Condition("age", most=30.0, missing=True), "age is at most 30 or missing"),
        (Condition("job", among=("cook",)), "job is cook"),
        (Condition("job", never=("cook",)), "job isn't cook"),
        (Condition("job", never=("a", "b", "none")), "job is neither a nor b nor none"),
    ],
)
def test_conditions_in_words(condition, said):
    assert str(condition) == said
