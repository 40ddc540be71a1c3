"""Models that encode text and have one unit for two classes, from files to files."""

import numpy as np
import pandas as pd
import pytest

from explainprune.network.backend import keras
from explainprune.types import Attribution

L = keras.layers


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A model of a text and a number, and its rows as .csv and .parquet."""
    folder = tmp_path_factory.mktemp("words")
    keras.utils.set_random_seed(0)
    city, age = keras.Input((1,), dtype="string", name="city"), keras.Input((1,), name="age")
    code = L.StringLookup(vocabulary=["rome", "oslo"], output_mode="one_hot")(city)
    hidden = L.Dense(4, "tanh")(L.Concatenate()([age, code]))
    keras.Model([city, age], L.Dense(1, "sigmoid")(hidden)).save(folder / "model.keras")
    rng = np.random.default_rng(0)
    drawn = {"age": rng.normal(size=12), "city": rng.choice(["rome", "oslo"], 12)}
    table = pd.DataFrame(drawn).assign(left=rng.choice(["no", "yes"], 12))
    table.to_csv(folder / "rows.csv", index=False)
    table.to_parquet(folder / "rows.parquet", index=False)
    return folder, table


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_text_and_classes_by_name(ending, words, cli, monkeypatch, tmp_path):
    folder, table = words
    monkeypatch.chdir(folder)
    names = ("--target", "left", "--class-names", "no,yes")
    found = {}
    for explain in ("yes", "0", "true"):
        out = tmp_path / f"{explain}.npz"
        how = ("--method", "exact", "--explain", explain, "-o", out)
        ran = cli("attribute", "model.keras", "--data", f"rows.{ending}", *names, *how)
        assert ran.code == 0, ran.err
        found[explain] = Attribution.load(out)
    assert found["yes"].x["city"].ravel().tolist() == table["city"].tolist()
    signs = np.where(table["left"] == "yes", 1, -1)[:, None]
    for name, yes in found["yes"].values.items():
        assert np.abs(yes).max() > 1e-3
        np.testing.assert_allclose(found["0"].values[name], -yes, atol=1e-6)
        np.testing.assert_allclose(found["true"].values[name], signs * yes, atol=1e-6)


def test_methods_that_need_a_way_back_are_refused(words, cli, monkeypatch, tmp_path):
    monkeypatch.chdir(words[0])
    how = ("--target", "left", "--class-names", "no,yes", "-o", tmp_path / "a.npz")
    ran = cli("attribute", "model.keras", "--data", "rows.csv", "--method", "deep_shap", *how)
    assert ran.code == 2 and "reads text (input 'city')" in ran.error
