"""A study reads tables as its model reads them: an input for each column, by name."""

import numpy as np
import pandas as pd
import pytest

from explainprune.network.backend import keras
from explainprune.study import study_config
from explainprune.study.cell import study_data

COLUMNS = ["c", "flag", "a"]


def build(data, *, seed):
    keras.utils.set_random_seed(seed)
    inputs = [keras.Input((1,), name=name) for name in ("a", "c", "flag")]
    h = keras.layers.Dense(3, "relu")(keras.layers.Concatenate()(inputs))
    return keras.Model(inputs, keras.layers.Dense(2)(h))


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 3)).round(3), columns=COLUMNS)
    frame["flag"] = rng.random(40) > 0.5
    frame["label"] = np.arange(40) % 2
    frame.to_csv(tmp_path / "t.csv", index=False)
    return frame, str(tmp_path / "t.csv")


@pytest.mark.parametrize("how", ["path", "build"])
def test_columns_go_to_the_inputs_of_their_names(table, tmp_path, how):
    frame, source = table
    settings = {"build": f"{__name__}:build"}
    if how == "path":
        build(None, seed=0).save(tmp_path / "m.keras")
        settings = {"path": str(tmp_path / "m.keras")}
    data = study_data(study_config({"data": {"source": source}, "model": settings}))
    assert data.train is not None
    for rows in (data.scored, data.train):
        keys = pd.DataFrame({name: part[:, 0] for name, part in rows.x.items()}).round(3)
        found = keys.merge(frame.astype({"flag": float}).round(3), on=["a", "c"])
        assert len(found) == len(rows)
        np.testing.assert_array_equal(found["flag_x"], found["flag_y"])
        np.testing.assert_array_equal(found["label"], rows.y)


def test_a_column_that_the_model_does_not_read_is_refused(table, tmp_path):
    frame, source = table
    frame.assign(d=1.0).to_csv(source, index=False)
    build(None, seed=0).save(tmp_path / "m.keras")
    config = {"data": {"source": source}, "model": {"path": str(tmp_path / "m.keras")}}
    with pytest.raises(ValueError, match=r"'d'|columns"):
        study_data(study_config(config))
