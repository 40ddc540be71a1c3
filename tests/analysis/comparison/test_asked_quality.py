"""Quality that is measured when it is asked for: of images, of the truth, of explaining again."""

import numpy as np
import pytest

import explainprune as xp
from explainprune.analysis.comparison.settings import DEFAULT
from explainprune.data import load_data
from explainprune.network import weights_of
from explainprune.types import Comparison

ASKED = (
    *("insertion", "deletion", "road", "max_sensitivity", "mean_sensitivity"),
    *("cascading_randomisation", "independent_randomisation"),
    *("pointing_game", "relevance_mass", "relevance_rank"),
)
OPTIONS = {"detail": False, "background": 20}


def network(seed):
    from explainprune.network.backend import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(3, "softmax", name="out"),
        ]
    )


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 6, 6, 1)).astype("float32")
    truth = np.zeros(x.shape, bool)
    truth[:, :3] = True
    return load_data((x, rng.integers(0, 3, 60)), truth=truth)


@pytest.fixture(scope="module")
def models():
    return network(0), network(1)


@pytest.fixture(scope="module")
def result(models, images):
    return xp.compare(*models, images, metrics=ASKED, **OPTIONS)


def test_every_one_has_a_figure_and_an_interval_for_each_model(result):
    for name in ("dense", "other"):
        found = result.models[name].slices["all rows"]
        assert set(ASKED) <= set(found)
        for metric in ASKED:
            assert found[metric].interval is not None
            assert result.metrics[metric].label
    assert Comparison.from_json(result.to_json()) == result


def test_the_callers_model_is_left_as_it_is_and_runs_repeat(models, images, result):
    before = weights_of(models[0])
    again = xp.compare(*models, images, metrics=ASKED, **OPTIONS)
    for path, values in weights_of(models[0]).items():
        np.testing.assert_array_equal(values, before[path])
    assert again.to_json() == result.to_json()


def test_the_truth_is_held_against_each_rows_own_values(result, models, images):
    att = xp.attribute(
        models[1], images.x, background=images.x[:20], method="gradient_input", target=0
    )
    size = np.abs(att.values.reshape(60, -1))
    mask = images.truth.reshape(60, -1)
    mine = xp.METRICS["relevance_mass"](size, mask)
    np.testing.assert_allclose(mine, (size * mask).sum(axis=1) / size.sum(axis=1))
    mass = result.models["dense"].slices["all rows"]["relevance_mass"].value
    assert 0.3 < mass < 0.7


def test_a_players_truth_is_that_of_any_of_its_features():
    x = np.random.default_rng(1).normal(size=(40, 4))
    truth = np.zeros((40, 4), bool)
    truth[:, 1] = True
    from explainprune.network import FormulaNetwork

    w = np.array([1.0, 1.0, 0.0, 0.0])
    line = FormulaNetwork(lambda x: x @ w, 4, gradient=lambda x: np.broadcast_to(w, x.shape))
    data = load_data(x, truth=truth, players=[0, 0, 1, 1])
    found = xp.compare(line, line, data, metrics=["relevance_mass"], **OPTIONS)
    assert found.models["dense"].slices["all rows"]["relevance_mass"].value == 1.0
    apart = load_data(x, truth=truth)
    found = xp.compare(line, line, apart, metrics=["relevance_mass"], **OPTIONS)
    assert 0.3 < found.models["dense"].slices["all rows"]["relevance_mass"].value < 0.7


def test_what_is_needed_and_missing_is_said_before_any_work(models, images):
    plain = load_data((images.x, images.y))
    with pytest.raises(ValueError, match=r"'pointing_game' needs the truth.*load_data"):
        xp.compare(*models, plain, metrics=["pointing_game"], **OPTIONS)
    flat = load_data((images.x.reshape(60, 36), images.y))
    with pytest.raises(ValueError, match=r"'road' needs the shape of images"):
        xp.compare(*models, flat, metrics=["road"], **OPTIONS)


def test_default_stands_for_the_default_choice(models, images):
    found = xp.compare(*models, images, metrics=["default", "deletion"], **OPTIONS)
    assert set(DEFAULT) - {"r2"} <= set(found.metrics)
    assert "deletion" in found.models["dense"].slices["all rows"]


@pytest.mark.parametrize(
    ("truth", "text"),
    [
        (np.zeros((60, 5)), r"yes or no of each value of x, .* Received: truth.shape=\(60, 5\)"),
        (np.full((60, 6, 6, 1), 0.5), "truth is boolean, or 0 and 1"),
    ],
)
def test_a_truth_that_does_not_fit_is_refused(images, truth, text):
    with pytest.raises(ValueError, match=text):
        load_data((images.x, images.y), truth=truth)


def test_a_truth_travels_with_its_rows_and_in_a_file(images, tmp_path):
    np.testing.assert_array_equal(images.scored.take([3, 1]).truth, images.truth[[3, 1]])
    path = tmp_path / "rows.npz"
    np.savez(path, x=images.x, y=images.y, truth=images.truth)
    np.testing.assert_array_equal(load_data(path).truth, images.truth)
