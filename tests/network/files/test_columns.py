"""Columns that a model was trained on: kept in its file, and held to by tables."""

import warnings
import zipfile

import pandas as pd
import pytest

import explainprune as xp
from explainprune.network import columns_of, perceptron, save_model
from explainprune.network.files.columns import MEMBER

TABLE = pd.DataFrame({"age": [1.0, 2.0], "income": [3.0, 4.0], "region": [0, 1], "y": [0, 1]})


@pytest.fixture
def model(tmp_path):
    save_model(perceptron(2, 2, hidden=(3,), seed=0), tmp_path / "m.keras", ("age", "income"))
    return xp.load_model(tmp_path / "m.keras")


def test_they_come_back_and_go_on(model, tmp_path):
    assert columns_of(model) == ("age", "income")
    save_model(model, tmp_path / "again.keras")
    assert columns_of(xp.load_model(tmp_path / "again.keras")) == ("age", "income")
    assert columns_of(perceptron(2, 2, seed=0)) is columns_of("no model") is None


def test_a_table_in_their_order_is_read_without_a_word(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = xp.load_data(TABLE[["age", "income", "y"]], model=model)
    assert data.x.tolist() == [[1, 3], [2, 4]]


def test_another_order_is_mended_and_said(model):
    with pytest.warns(UserWarning, match=r"in the order of the columns .* doesn't read region"):
        data = xp.load_data(TABLE[["region", "income", "age", "y"]], model=model,
                            background=TABLE[["income", "region", "age"]])  # fmt: skip
    assert data.feature_names == ("age", "income") and data.x.tolist() == [[1, 3], [2, 4]]
    assert data.background.tolist() == [[1, 3], [2, 4]]


def test_a_table_that_lacks_one_is_refused(model):
    with pytest.raises(ValueError, match=r"lacks columns .*: income\. Did you mean 'incom'\?"):
        xp.load_data(TABLE.rename(columns={"income": "incom"}), model=model)


def test_what_preprocess_returns_is_held_to_them_too(model):
    def ready(table):
        return table[["income", "age"]] * 2

    with pytest.warns(UserWarning, match="in the order of the columns"):
        data = xp.load_data(TABLE, model=model, preprocess=ready)
    assert data.x.tolist() == [[2, 6], [4, 8]]


def test_models_trained_on_other_orders_are_not_compared(model, tmp_path):
    save_model(perceptron(2, 2, seed=1), tmp_path / "o.keras", ("income", "age"))
    data = xp.load_data(TABLE[["age", "income", "y"]], model=model)
    with pytest.raises(ValueError, match=r"The other model was trained on .* in another order"):
        xp.compare(model, xp.load_model(tmp_path / "o.keras"), data)


def test_a_file_that_says_nonsense_is_refused(model, tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a second member of the name: the last one counts
        archive.writestr(MEMBER, '{"columns": [1]}')
    with pytest.raises(ValueError, match="doesn't say the columns of its model as a list of names"):
        xp.load_model(tmp_path / "m.keras")


def test_every_verb_reads_tables_by_them(model):
    rows = pd.concat([TABLE] * 5, ignore_index=True)[["age", "income"]]
    turned, y = rows[["income", "age"]], [0, 1] * 5
    ways = [
        lambda x: xp.attribute(model, x, background=rows, method="exact", target=1).values,
        lambda x: xp.importance(model, x, y, criterion="taylor").scores["hidden_1"],
        lambda x: xp.importance(model, (x, y), criterion="activation").scores["hidden_1"],
        lambda x: xp.exact_cost(model, x, rows).coalitions,
    ]
    for way in ways:
        with pytest.warns(UserWarning, match="in the order of the columns"):
            assert (way(turned) == way(rows)).all()
    for verb in (xp.attribute, xp.importance, xp.prune):
        with pytest.raises(ValueError, match="trained on these columns in another order"):
            verb(model, xp.load_data(turned))
