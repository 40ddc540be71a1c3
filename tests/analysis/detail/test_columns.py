"""What is known of each row, in the user's own names and units."""

import numpy as np
import pytest

from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.detail.columns import columns_of, own_columns, said_columns
from explainprune.analysis.detail.names import names_of
from explainprune.types import Data, Rows


def shown(columns, row=0):
    return {column.name: column.said(row) for column in columns}


def test_features_are_columns_by_their_names():
    x = np.array([[1.0, 0.25], [2.0, 3.0]])
    data = Data(Rows(x), feature_names=("age", "ratio"))
    assert shown(columns_of(data, data.scored, None, x, 2)) == {"age": "1", "ratio": "0.25"}
    assert shown(columns_of(Data(Rows(x)), Rows(x), None, x, 2)) == {"x0": "1", "x1": "0.25"}


def test_one_hot_columns_are_a_category():
    x = np.array([[0, 1, 0, 5.0], [0, 0, 1, 6.0], [0, 0, 0, 7.0]])
    data = Data(
        Rows(x),
        feature_names=("job_cook", "job_clerk", "job_none", "age"),
        players=(0, 0, 0, 1),
        player_names=("job", "age"),
    )
    job, age = columns_of(data, data.scored, None, x, 2)
    assert [job.said(row) for row in range(3)] == ["clerk", "none", "none of these"]
    assert [age.said(row) for row in range(3)] == ["5", "6", "7"]
    mixed = data.with_(scored=Rows(2 * x))
    assert columns_of(mixed, mixed.scored, None, 2 * x, 2)[0].said(0) == "0.6667"


def test_raw_columns_go_first():
    x = np.array([[-1.2, 0.3], [0.4, 0.1]])
    raw = {"age": np.array([23, 51]), "branch": np.array(["north", "south"])}
    data = Data(Rows(x, raw=raw), feature_names=("age", "ratio"))
    assert shown(columns_of(data, data.scored, None, x, 2)) == {"age": "23", "ratio": "0.3"}
    assert shown(own_columns(data, None, x, 2), 1) == {"age": "51", "branch": "south"}


def test_several_inputs_are_columns_in_the_order_of_the_model():
    class Reads:
        class signature:
            class B:
                name = "b"

            class A:
                name = "a"

            parts = (B, A)

    parts = {"a": np.array([[1.0], [2.0]]), "b": np.array([["x"], ["y"]])}
    data = Data(Rows(parts))
    assert names_of(data, 2, Reads) == ("b", "a")
    assert shown(columns_of(data, data.scored, Reads, np.zeros((2, 2)), 2)) == {"b": "x", "a": "1"}
    assert names_of(data, 2) == ("a", "b")
    wide = Data(Rows({"a": np.zeros((2, 2)), "b": np.zeros((2, 1))}))
    assert names_of(wide, 3) == ("a[0]", "a[1]", "b")


@pytest.mark.parametrize(
    "data",
    [
        Data(Rows(np.zeros((3, 16))), image_shape=(4, 4)),
        Data(Rows(np.zeros((3, 4, 4)))),
        Data(Rows(np.zeros((3, 501)))),
    ],
)
def test_pixels_and_steps_are_nothing_that_a_rule_is_about(data):
    x = data.x.reshape(3, -1)
    assert own_columns(data, None, x, x.shape[1]) == ()


def test_what_is_said_of_a_row_is_its_class_prediction_and_group():
    outputs = np.log([[0.9, 0.1], [0.2, 0.8]])
    dense = Subject("dense", None, None, "logit", np.zeros((2, 1)), outputs)
    data = Data(
        Rows(dense.x, np.array([1, 1]), group=np.array(["east", "west"])),
        class_names=("no", "yes"),
        task="classification",
    )
    found = said_columns(data, dense, "classification")
    assert shown(found) == {
        "true class": "yes",
        "predicted class": "no",
        "confidence in it": "0.9",
        "group": "east",
    }
    numbers = Subject("dense", None, None, "logit", np.zeros((2, 1)), np.array([[2.5], [1.0]]))
    assert shown(said_columns(Data(Rows(dense.x)), numbers, "regression")) == {"prediction": "2.5"}
