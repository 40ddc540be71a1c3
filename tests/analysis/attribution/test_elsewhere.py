"""Rows explained by other processes: the same bytes for any number of them, on a cluster or not."""

import pickle
import threading

import numpy as np
import pytest
from dask_cases import dask_cluster
from keras_cases import sequential

from explainprune.analysis.attribution import attribute_to
from explainprune.analysis.attribution.in_parts.elsewhere import _light
from explainprune.data import load_data
from explainprune.data.reading import read_samples
from explainprune.network import FormulaNetwork, load_model, perceptron
from explainprune.types import Attribution

ROWS, FEATURES = 23, 4
X = np.random.default_rng(0).normal(size=(ROWS, FEATURES)).astype("float32")
WEIGHTS = np.random.default_rng(1).normal(size=(FEATURES, 3))
DRAWN = {"background": X[:3], "method": "permutation", "draws": 2, "rows_at_once": 5}


def formula():
    return FormulaNetwork(lambda x: np.tanh(x @ WEIGHTS), FEATURES, n_outputs=3)


@pytest.mark.slow
def test_the_bytes_depend_on_no_number_of_processes_and_no_stop(tmp_path):
    seen = []
    for workers in (1, 2, 5):
        out = tmp_path / f"{workers}.npz"
        written = attribute_to(
            out, formula(), X, workers=workers, progress=lambda *said: seen.append(said), **DRAWN
        )
        assert (written.rows, written.reused) == (ROWS, 0)
    attribute_to(tmp_path / "alone.npz", formula(), X, **DRAWN)
    assert sorted(seen[:5]) == sorted(seen[5:10]) and seen[4] == (ROWS, ROWS)

    def stop(rows, total):
        if rows >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attribute_to(tmp_path / "s.npz", formula(), X, workers=2, progress=stop, **DRAWN)
    assert attribute_to(
        tmp_path / "s.npz", formula(), X, workers=1, resume=True, **DRAWN
    ).reused >= 10  # fmt: skip
    whole = {path.read_bytes() for path in tmp_path.glob("*.npz")}
    assert len(whole) == 1 and len(list(tmp_path.iterdir())) == 5


def test_what_can_not_be_sent_is_said(tmp_path):
    lock = threading.Lock()
    network = FormulaNetwork(lambda x: x @ WEIGHTS if lock else x, FEATURES, n_outputs=3)
    said = r"can't be sent to another process \(TypeError: .*lock.*\)\. Explain it without workers"
    with pytest.raises(ValueError, match=said):
        attribute_to(tmp_path / "a.npz", network, X, workers=1, **DRAWN)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_what_a_part_raises_is_said_as_it_is(tmp_path):
    with pytest.raises(ValueError, match=r"target=.true. needs labels.*in the cell rows="):
        attribute_to(tmp_path / "a.npz", formula(), X, workers=1, **{**DRAWN, "target": "true"})


def test_rows_that_are_not_explained_stay_here():
    labels = np.arange(ROWS) % 3
    data = load_data((X, labels)).with_(train=load_data((X, labels)).scored, background=X)
    samples = read_samples(formula(), data)
    light = _light(samples)
    assert light.task == samples.task
    np.testing.assert_array_equal(light.x, samples.x)
    assert light.data.train is None and light.data.background is None
    assert len(pickle.dumps(light)) < 0.6 * len(pickle.dumps(samples))


OWN = """
import keras

@keras.saving.register_keras_serializable("mine")
class Doubled(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


@pytest.mark.slow
def test_models_of_every_kind_are_the_same_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "layers_of_mine.py").write_text(OWN)
    (tmp_path / "rows_of_mine.py").write_text("def answers(x):\n    return x[:, :1] ** 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    import layers_of_mine
    import rows_of_mine

    from explainprune.network.backend import keras

    own = sequential((FEATURES,), layers_of_mine.Doubled(), keras.layers.Dense(2))
    drawn = {"background": X[:3], "rows_at_once": 5, "seed": 3}
    cases = {
        "perceptron": (perceptron(FEATURES, 3, hidden=(5,)), {"method": "expected_gradients"}),
        "own": (own, {"method": "deep_shap", "target": list(np.arange(ROWS) % 2)}),
        "function": (rows_of_mine.answers, {"method": "occlusion", "target": 0}),
    }
    with dask_cluster(tmp_path) as cluster:
        for name, (model, more) in cases.items():
            for how in ({"workers": 1}, {"workers": 2}, {"cluster": cluster.address}):
                out = tmp_path / f"{name}-{how.get('workers', 'dask')}.npz"
                attribute_to(out, model, X, **drawn, **more, **how)
            whole = {path.read_bytes() for path in tmp_path.glob(f"{name}-*.npz")}
            assert len(whole) == 1, name
            attribute_to(tmp_path / "here.npz", model, X, force=True, **drawn, **more)
            here, there = Attribution.load(tmp_path / "here.npz"), Attribution.load(out)
            np.testing.assert_allclose(here.values, there.values, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_a_file_that_ships_is_opened_anew_elsewhere(tmp_path):
    from explainprune.pruning import export

    model = perceptron(FEATURES, 2, hidden=(3,))
    export(model, tmp_path / "m.tflite")
    shipped = load_model(tmp_path / "m.tflite")
    again = pickle.loads(pickle.dumps(shipped))
    np.testing.assert_array_equal(again(X), shipped(X))
    (tmp_path / "m.tflite").write_bytes(b"other")
    with pytest.raises(ValueError, match=r"m\.tflite"):
        pickle.loads(pickle.dumps(shipped))
