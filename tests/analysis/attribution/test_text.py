"""Models that encode text themselves: explained by methods that only call them forward."""

import itertools

import numpy as np
import pandas as pd
import pytest

from explainprune.analysis import compare
from explainprune.analysis.attribution import METHODS, attribute, attribute_change
from explainprune.data import load_data
from explainprune.network.backend import keras, tf

L = keras.layers
RNG = np.random.default_rng(0)
CITIES = ["rome", "oslo", "lima", "cairo"]
FORWARD = ("exact", "hybrid", "kernel", "leverage", "permutation", "shap_kernel")
GRADIENTS = sorted({*METHODS} - {*FORWARD, "occlusion", "shap_permutation"})


def lookup(x):
    code = L.StringLookup(vocabulary=CITIES)(x)
    return L.Flatten()(L.Embedding(5, 3, embeddings_initializer="normal")(code))


def hashed(x):
    return L.Flatten()(L.Embedding(9, 3, embeddings_initializer="normal")(L.Hashing(9)(x)))


def counted(x):
    return L.StringLookup(vocabulary=CITIES, output_mode="count")(x)


def vectorised(x):
    layer = L.TextVectorization(vocabulary=CITIES, output_mode="multi_hot")
    return L.Concatenate()([layer(x[:, :1]), layer(x[:, 1:2]), layer(x[:, 2:])])


def text_model(encode):
    keras.utils.set_random_seed(0)
    x = keras.Input((3,), dtype="string", name="cities")
    return keras.Model(x, L.Dense(1)(L.Dense(6, "tanh")(encode(x))))


X = RNG.choice(CITIES, (10, 3))


def by_enumeration(model, row, background):
    """Shapley values over texts that are mixed as texts."""

    def worth(kept):
        mixed = np.where(np.isin(np.arange(3), kept), row, background)
        return float(model(tf.constant(mixed)).numpy().mean())

    orders = list(itertools.permutations(range(3)))
    total = np.zeros(3)
    for order in orders:
        for place, player in enumerate(order):
            total[player] += worth(order[: place + 1]) - worth(order[:place])
    return total / len(orders)


@pytest.mark.parametrize("encode", [lookup, hashed, counted, vectorised])
def test_values_are_those_of_enumeration_over_texts(encode):
    model = text_model(encode)
    right = np.array([by_enumeration(model, row, X[4:]) for row in X[:2]])
    assert np.abs(right).max() > 1e-3
    for method in FORWARD:
        options = {"draws": 40} if method == "permutation" else {}
        found = attribute(model, X[:2], background=X[4:], method=method, **options)
        tolerance = 0.1 if method == "permutation" else 1e-5
        np.testing.assert_allclose(found.values, right, atol=tolerance * np.abs(right).max())
        assert found.x.tolist() == X[:2].tolist()


@pytest.mark.parametrize("method", GRADIENTS)
def test_methods_that_need_a_way_back_refuse(method):
    for encode in (lookup, hashed):
        with pytest.raises(ValueError, match=r"reads text \(input 'cities'\), .* 'permutation'"):
            attribute(text_model(encode), X[:2], background=X[4:], method=method)


def test_texts_beside_numbers_by_the_names_of_columns():
    city = keras.Input((1,), dtype="string", name="city")
    age, code = keras.Input((1,), name="age"), keras.Input((1,), dtype="int64", name="code")
    known = L.IntegerLookup(vocabulary=[10, 20], output_mode="one_hot")(code)
    kernel = np.array([[2.0], [0], [3], [0], [-1], [0], [7], [0], [5]])
    named = L.StringLookup(vocabulary=CITIES, output_mode="one_hot")(city)
    dense = L.Dense(1, use_bias=False)
    model = keras.Model([city, age, code], dense(L.Concatenate()([age, named, known])))
    dense.set_weights([kernel])
    table = pd.DataFrame({"age": [1.0, 2.0], "code": [10, 20], "city": ["oslo", "?"]})
    base = pd.DataFrame({"city": ["rome"], "code": [20], "age": [0.0]})
    found = attribute(model, table, background=base, method="exact")
    np.testing.assert_allclose(found.values["age"].ravel(), [2, 4], atol=1e-6)
    np.testing.assert_allclose(found.values["city"].ravel(), [0 - 3, 0 - 3], atol=1e-6)
    np.testing.assert_allclose(found.values["code"].ravel(), [0 - 5, 0], atol=1e-6)
    with pytest.raises(ValueError, match=r"input 'city' reads text. Received: dtype=int64"):
        attribute(model, table.assign(city=[1, 2]), background=base, method="exact")


def test_the_change_between_two_models_of_texts():
    """Rows that one network packed are read by the other."""
    dense, other = text_model(lookup), text_model(hashed)
    how = {"method": "kernel", "target": 0, "output": "logit"}
    change = attribute_change(dense, other, X[:2], background=X[4:], beta=0.5, **how)
    a, b = (attribute(m, X[:2], background=X[4:], **how).values for m in (dense, other))
    np.testing.assert_allclose(change.values, b - 0.5 * a, atol=1e-6)


def test_models_of_texts_are_compared():
    rows = RNG.choice(CITIES, (40, 3))
    model = text_model(lookup)
    found = compare(model, model, rows, methods=["permutation"], background=20, detail=False)
    assert found.comparisons["dense|other"]["moved_weight"].value == 0
    with pytest.raises(ValueError, match=r"reads text .* 'permutation'"):
        compare(model, model, rows, background=20)


@pytest.mark.parametrize("shape", [(), (1,)])
def test_whole_sentences(shape):
    x = keras.Input(shape, dtype="string")
    words = L.TextVectorization(vocabulary=["cat", "dog", "sat"], output_mode="multi_hot")(x)
    dense = L.Dense(1, use_bias=False)
    model = keras.Model(x, dense(words))
    dense.set_weights([np.array([[0.0], [1], [2], [4]])])
    rows = np.array(["cat sat", "a dog"]).reshape(2, *shape)
    found = attribute(model, rows, background=["dog"], method="occlusion")
    np.testing.assert_allclose(found.values.reshape(2), [5 - 2, 0], atol=1e-6)
    series = attribute(model, pd.Series(rows.ravel()), background=["dog"], method="occlusion")
    np.testing.assert_allclose(series.values.reshape(2), [3, 0], atol=1e-6)


def test_tables_in_files_keep_the_text_that_a_model_reads(tmp_path):
    model = text_model(lookup)
    table = pd.DataFrame(X, columns=["a", "b", "c"]).assign(label=np.arange(10) % 2)
    for ending, write in ((".csv", table.to_csv), (".parquet", table.to_parquet)):
        write(tmp_path / f"cities{ending}", index=False)
        data = load_data(tmp_path / f"cities{ending}", model=model, group="b")
        assert data.x.tolist() == X.tolist() and data.group.tolist() == X[:, 1].tolist()
        assert data.feature_names == ("a", "b", "c") and data.y.tolist() == [0, 1] * 5
    with pytest.raises(ValueError, match=r"aren't numbers: 'a' .* with model="):
        load_data(table)
