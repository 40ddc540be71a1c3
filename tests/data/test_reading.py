"""Data as a model reads it: by the names of its inputs, for every verb."""

import numpy as np
import pandas as pd
import pytest

import explainprune as xp
from explainprune.data import load_data
from explainprune.data.reading import read_samples, samples_of
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
    data = load_data(given, model=by_column)
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
    data = load_data(given, model=by_column)
    np.testing.assert_array_equal(data.train.x["mass"][:, 0], x[4:, 2])
    np.testing.assert_array_equal(data.background["dose"][:, 0], x[:2, 1])
    assert dict(zip(data.x, data.players, strict=True)) == {"age": 0, "dose": 1, "mass": 0}


def test_other_columns_than_the_models_inputs(by_column):
    with pytest.raises(ValueError, match="x has the column 'extra', which the model has not"):
        load_data(TABLE.assign(extra=1), model=by_column)
    with pytest.raises(ValueError, match="x lacks the column 'age', which the model has"):
        load_data(TABLE.drop(columns="age"), model=by_column)


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


class Batches(keras.utils.PyDataset):
    """The table in batches of sixteen, the last one shorter."""

    def __len__(self):
        return 3

    def __getitem__(self, number):
        taken = slice(16 * number, 16 * number + 16)
        return TABLE.to_numpy()[taken], LABELS.to_numpy()[taken]


def small():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), L.Dense(4, "relu"), L.Dense(2)])


@pytest.mark.parametrize("rows", [None, 7])
def test_batches_are_explained_as_the_rows_in_them(rows):
    model, settings = small(), {"method": "occlusion", "target": "true"}
    x, y = TABLE.to_numpy(), LABELS.to_numpy()
    right = xp.attribute(model, x, y=y, background=x[:3], **settings)
    found = xp.attribute(model, Batches(), background=x[:3], **settings)
    np.testing.assert_array_equal(found.values, right.values)
    parts = list(samples_of(model, Batches(), rows=rows))
    assert len(parts) == (6 if rows else 1)
    np.testing.assert_array_equal(np.concatenate([part.x for part in parts]), x)
    np.testing.assert_array_equal(np.concatenate([part.y for part in parts]), y)
    assert [part.start for part in parts] == list(range(0, 40, rows or 40))


def test_batches_serve_as_a_background():
    model, x = small(), TABLE.to_numpy()
    right = xp.attribute(model, x[:4], background=x, method="occlusion", target=0)
    found = xp.attribute(model, x[:4], background=Batches(), method="occlusion", target=0)
    np.testing.assert_array_equal(found.values, right.values)


def test_a_list_of_one_input_is_that_input_also_where_its_rows_are_laid_flat():
    images = keras.Sequential([keras.Input((2, 3, 1)), L.Flatten(), L.Dense(4, "relu"), L.Dense(2)])
    x = RNG.normal(size=(5, 6))
    for given in ([x], [x.reshape(5, 2, 3, 1)], x):
        found = xp.attribute(images, given, background=x[:2], method="occlusion", target=0)
        assert found.values.shape[0] == 5
    row = np.zeros((2, 3, 1))
    assert read_samples(images, [row]).x.shape == (1, 2, 3, 1)


def test_a_subclassed_model_takes_its_inputs_in_their_order():
    class Sum(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.last = L.Dense(4, "relu", name="hidden"), L.Dense(2)

        def call(self, x):
            return self.last(self.hidden(x[0] + x[1]))

    model, x, y = Sum(), TABLE.to_numpy("float32"), LABELS.to_numpy()
    model([x, x])
    settings = {"criterion": "taylor", "sparsity": 0.5, "finetune_epochs": 0}
    masks = [
        xp.prune(model, data, **settings).masks
        for data in (([x, x], y), ({"input_0": x, "input_1": x}, y))
    ]
    for path, mask in masks[0].items():
        np.testing.assert_array_equal(mask, masks[1][path])
