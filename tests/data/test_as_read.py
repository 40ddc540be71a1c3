"""Data as a model reads it: by the names of its inputs, for every verb."""

import numpy as np
import pandas as pd
import pytest

import explainprune as xp
from explainprune.data.as_read import as_read_by, tables_as_read
from explainprune.network.backend import keras
from explainprune.types import Data, Rows

L = keras.layers
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.normal(size=(40, 3)), columns=["age", "dose", "mass"])
LABELS = (TABLE["age"] + TABLE["mass"] ** 2 > 1).astype(int)


@pytest.fixture(scope="module")
def by_column():
    keras.utils.set_random_seed(0)
    inputs = {name: keras.Input((1,), name=name) for name in ("mass", "age", "dose")}
    hidden = L.Dense(6, "tanh")(L.Concatenate()(list(inputs.values())))
    return keras.Model(inputs, L.Dense(2)(hidden))


@pytest.mark.parametrize("form", ["table", "pair", "Data", "dict"])
def test_columns_become_inputs(form, by_column):
    given = {
        "table": TABLE.assign(label=LABELS),
        "pair": (TABLE, LABELS),
        "Data": xp.load_data(TABLE.assign(label=LABELS)),
        "dict": ({name: TABLE[name].to_numpy() for name in TABLE}, LABELS),
    }[form]
    data = as_read_by(by_column, given)
    for name in TABLE:
        np.testing.assert_array_equal(data.x[name].ravel(), TABLE[name])
    assert data.y.tolist() == LABELS.tolist()


def test_backgrounds_splits_and_players_go_along(by_column):
    x = TABLE.to_numpy()
    given = Data(
        Rows(x[:4]),
        train=Rows(x[4:], LABELS[4:]),
        background=x[:2],
        feature_names=tuple(TABLE),
        players=(0, 1, 0),
        player_names=("body", "dose"),
    )
    data = as_read_by(by_column, given)
    np.testing.assert_array_equal(data.train.x["mass"][:, 0], x[4:, 2])
    np.testing.assert_array_equal(data.background["dose"][:, 0], x[:2, 1])
    assert dict(zip(data.x, data.players, strict=True)) == {"age": 0, "dose": 1, "mass": 0}


def test_other_columns_than_the_models_inputs(by_column):
    with pytest.raises(ValueError, match="x has the column 'extra', which the model has not"):
        as_read_by(by_column, TABLE.assign(extra=1))
    with pytest.raises(ValueError, match="x lacks the column 'age', which the model has"):
        as_read_by(by_column, TABLE.drop(columns="age"))


def test_what_is_no_table_stays_as_it_is(by_column):
    pair = ({"a": 1}, 2)
    assert tables_as_read(by_column, pair) is pair and tables_as_read(by_column, None) is None


@pytest.mark.parametrize("order", [["age", "dose", "mass"], ["mass", "age", "dose"]])
def test_every_verb_of_data_reads_tables_by_name(order, by_column):
    plain = {name: TABLE[name].to_numpy()[:, None] for name in TABLE}
    right = xp.importance(by_column, plain, LABELS.to_numpy()).scores
    table = TABLE[order].assign(label=LABELS)
    for x, y in ((TABLE[order], LABELS), (xp.load_data(table), None)):
        found = xp.importance(by_column, x, y).scores
        for path in right:
            np.testing.assert_allclose(found[path], right[path], rtol=1e-5)
    masks = [
        xp.prune(by_column, data, sparsity=0.5, finetune_epochs=0).masks
        for data in (Rows(plain, LABELS.to_numpy()), table, (TABLE[order], LABELS))
    ]
    assert all(each.sparsity == masks[0].sparsity for each in masks)
    for path, mask in masks[0].items():
        assert all((each[path] == mask).all() for each in masks)
    assert xp.shrink(by_column, data=table).certificate.rows == 40
    losses = [
        xp.sensitivity(by_column, d, sparsities=(0.5,))["loss"] for d in (table, (plain, LABELS))
    ]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
