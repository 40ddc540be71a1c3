"""Rows of a class, however their labels are laid out."""

import numpy as np
import pytest

from explainprune.network.backend import keras
from explainprune.network.statistics.row_statistics import checked_rows, rows_of_class


@pytest.mark.parametrize("form", ["flat", "column", "one-hot"])
def test_labels_are_flat_in_a_column_or_one_hot(form):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "softmax")])
    labels = np.array([2, 0, 1, 2, 0])
    y = {"flat": labels, "column": labels[:, None], "one-hot": np.eye(3)[labels]}[form]
    loss = "categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy"
    model.compile("sgd", loss)
    inputs, answers = checked_rows(model, np.ones((5, 2), np.float32), y)
    assert rows_of_class(model, inputs, answers, 2).tolist() == [0, 3]
    with pytest.raises(ValueError, match=r"No row is of class target=3. Classes of the rows: 0, 1"):
        rows_of_class(model, inputs, answers, 3)
