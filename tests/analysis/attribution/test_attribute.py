"""The verb: what may be given, what comes back, and what is refused in which words."""

import numpy as np
import pandas as pd
import pytest
from attribute_cases import ZERO, X, explain, network

from explainprune.analysis.attribution import METHODS, Explained, attribute
from explainprune.network import FormulaNetwork
from explainprune.types import Attribution, Data, Rows

# What may be given


def test_a_table_gives_its_columns_names():
    frame = pd.DataFrame(X, columns=["age", "height", "weight"])
    found = explain(frame, frame.iloc[:1])
    assert found.feature_names == ("age", "height", "weight")
    np.testing.assert_array_equal(found.values[0], 0)
    assert list(found.to_frame().feature[:3]) == ["age", "height", "weight"]


def test_rows_carry_labels():
    found = explain(Rows(X, y=[0, 1]), target="true")
    np.testing.assert_array_equal(found.targets, [0, 1])
    np.testing.assert_allclose(found.output, [14, 64])


def test_data_brings_background_players_and_names():
    data = Data(
        Rows(X, y=[1, 0]),
        background=ZERO,
        players=(0, 1, 0),
        player_names=("ends", "middle"),
        feature_names=("a", "b", "c"),
    )
    found = explain(data, None, target="true")
    assert found.feature_names == ("ends", "middle")
    np.testing.assert_allclose(found.values, [[20, 8], [22, 10]])
    single = explain(data, None, players=[0, 1, 2])
    assert single.feature_names is None
    assert single.values.shape == (2, 3)


def test_a_background_is_drawn_from_the_rows_to_learn_from():
    rng = np.random.default_rng(0)
    learn = rng.normal(size=(500, 3))
    data = Data(Rows(X), train=Rows(learn))
    first, again, other = (explain(data, None, seed=seed) for seed in (0, 0, 1))
    assert first.options["background_rows"] == 100
    np.testing.assert_array_equal(first.base, again.base)
    assert np.all(first.base != other.base)
    few = Data(Rows(X), train=Rows(learn[:7]))
    np.testing.assert_allclose(explain(few, None, target=0).base[0], (learn[:7] @ [1, 2, 3]).mean())


def test_one_row_is_a_baseline():
    for background in (np.ones(3), [1.0, 1.0, 1.0], np.ones((1, 3)), Rows(np.ones((1, 3)))):
        found = explain(background=background, target=0)
        np.testing.assert_allclose(found.base, [6, 6])
        assert found.options["background_rows"] == 1


def test_values_have_the_shape_of_x():
    images = np.arange(24.0).reshape(2, 3, 2, 2)
    model = FormulaNetwork(lambda x: np.stack([x[:, 0], x.sum(axis=1)], axis=1), 12, n_outputs=2)
    one = explain(images, np.zeros((1, 3, 2, 2)), model=model)
    every = explain(images, np.zeros((3, 2, 2)), model=model, target="all")
    assert one.values.shape == (2, 3, 2, 2)
    assert every.values.shape == (2, 3, 2, 2, 2)
    np.testing.assert_array_equal(every.values[..., 1], images)
    np.testing.assert_array_equal(every.values[1, ..., 0], np.eye(1, 12).reshape(3, 2, 2) * 12)


def test_players_may_have_the_shape_of_an_image():
    images = np.arange(8.0).reshape(2, 2, 2)
    model = FormulaNetwork(lambda x: x.sum(axis=1), 4)
    found = explain(images, np.zeros((2, 2)), model=model, players=[[0, 0], [1, 1]])
    np.testing.assert_allclose(found.values, [[1, 5], [9, 13]])


def test_players_by_place_are_sums_of_their_features_that_still_add_up():
    rng = np.random.default_rng(1)
    series, ends = rng.normal(size=(3, 5, 2)), rng.normal(size=(4, 5, 2))
    model = FormulaNetwork(
        lambda x: np.sin(x[:, :-1] * x[:, 1:]).sum(axis=1), 10, gradient=_gradient_of_sines
    )
    whole = {"model": model, "target": 0, "method": "integrated_gradients"}
    each = explain(series, ends, **whole)
    windows = explain(series, ends, players="time:2", **whole)
    expected = [each.values[:, t : t + 2].sum(axis=(1, 2)) for t in (0, 2, 4)]
    np.testing.assert_allclose(windows.values, np.stack(expected, axis=1))
    np.testing.assert_allclose(windows.gap, each.gap, atol=1e-12)
    assert windows.feature_names == ("steps 0–1", "steps 2–3", "step 4")
    said = "A player's value is the sum of its features' values"
    assert f"{said}: what added up to the output still does." in windows.notes
    assert not any(said in note for note in each.notes)
    played = explain(series, ends, model=model, target=0, players="time:2", method="permutation")
    assert played.values.shape == (3, 3) and not any(said in note for note in played.notes)
    channels = explain(series, ends, model=model, target=0, players="channel", method="gradient")
    assert f"{said}." in channels.notes and channels.feature_names == ("channel 0", "channel 1")
    with pytest.raises(ValueError, match=r"'patches:2'\. Did you mean 'patch:2'"):
        explain(series, ends, model=model, target=0, players="patches:2")


def _gradient_of_sines(x):
    slopes = np.cos(x[:, :-1] * x[:, 1:])
    found = np.zeros(x.shape)
    found[:, :-1] += slopes * x[:, 1:]
    found[:, 1:] += slopes * x[:, :-1]
    return found


def test_whole_numbers_are_explained_too():
    found = explain(np.array([[1, 2, 3]]), np.zeros((1, 3), int), target=0)
    np.testing.assert_allclose(found.values, [[1, 4, 9]])


# Methods and options


def test_an_unknown_method_gets_the_nearest_name():
    with pytest.raises(
        ValueError,
        match=r"Unknown method 'intergated_gradients'. Did you mean 'integrated_gradients'?",
    ):
        explain(method="intergated_gradients")


def test_an_unknown_option_gets_the_nearest_name():
    with pytest.raises(
        ValueError, match=r"Unknown option of integrated_gradients 'step'. Did you mean 'steps'?"
    ):
        explain(method="integrated_gradients", step=3)
    with pytest.raises(ValueError, match="Unknown option of occlusion 'draws'"):
        explain(draws=3)
    with pytest.raises(ValueError, match="Unknown option of occlusion 'rng'"):
        explain(rng=np.random.default_rng(0))


SAMPLED = ["expected_gradients", "permutation", "kernel", "leverage", "smoothgrad"]


@pytest.mark.parametrize("method", SAMPLED)
@pytest.mark.parametrize("draws", [0, -3, 2.5, True, "many"])
def test_draws_are_counted(method, draws):
    with pytest.raises(ValueError, match=r"draws is an integer ≥ 1. Received: "):
        explain(method=method, draws=draws)


@pytest.mark.parametrize("method", [*SAMPLED, "integrated_gradients"])
@pytest.mark.parametrize("tolerance", [0, -1.0, np.nan, np.inf, "0.1"])
def test_a_tolerance_is_positive(method, tolerance):
    with pytest.raises(ValueError, match=r"tolerance is a number > 0. Received: "):
        explain(method=method, tolerance=tolerance)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("integrated_gradients", {"steps": 0}, "steps is an integer ≥ 1. Received: 0."),
        ("expected_gradients", {"steps": 1.5}, "steps is an integer ≥ 1. Received: 1.5."),
        ("kernel", {"coalitions": 1}, "coalitions is an integer ≥ 2. Received: 1."),
        ("smoothgrad", {"noise": -0.1}, "noise is a number ≥ 0. Received: -0.1."),
        ("shap_kernel", {"nsamples": 0}, "nsamples is an integer ≥ 1. Received: 0."),
        ("shap_permutation", {"permutations": 0}, "permutations is an integer ≥ 1. Received: 0."),
        ("shap_permutation", {"draws": 0}, "draws is an integer ≥ 1. Received: 0."),
        ("occlusion", {"batch_size": 0}, "batch_size is an integer ≥ 1. Received: 0."),
        ("permutation", {"seed": -1}, "seed is an integer ≥ 0. Received: -1."),
    ],
)
def test_options_out_of_range(method, options, message):
    with pytest.raises(ValueError, match=message):
        explain(method=method, **options)


@pytest.mark.parametrize(
    ("players", "message"),
    [
        ([0, 1], r"players needs one entry for each of the 3 features of a row. Received: "),
        ([0, 2, 2], "players are numbered 0, 1, … without gaps. Received: 0, 2."),
        ([0.0, 1.0, 2.0], "players are integers. Received: dtype=float64."),
    ],
)
def test_players_that_do_not_fit(players, message):
    with pytest.raises(ValueError, match=message):
        explain(players=players)


def test_a_network_explains_what_it_puts_out():
    with pytest.raises(ValueError, match="Received: output='centred'; pass the Keras model"):
        explain(output="centred")
    with pytest.raises(ValueError, match="A callable target reads a model's raw output tensors"):
        explain(target=lambda raw: raw[:, 0])
    with pytest.raises(TypeError, match=r"Expected a keras.Model, a model file, a function"):
        attribute(3, X, background=ZERO, method="gradient")
    with pytest.raises(FileNotFoundError, match=r"no model file 'model.keras'"):
        attribute("model.keras", X, background=ZERO, method="gradient")


# A method of one's own


def own(network, x, background, targets, *, players, rng, scale=1.0, must=None):
    values = scale * np.ones((len(x), players.max() + 1))
    return Explained(values, np.zeros(len(x)), notes=("mine",), settled={"luck": 3})


def test_a_function_may_be_given_for_a_method():
    found = explain(method=own, scale=2.0)
    assert found.method == "own"
    np.testing.assert_array_equal(found.values, np.full((2, 3), 2.0))
    assert found.notes == ("mine",)
    told = {"scale": 2.0, "luck": 3, "background_rows": 1, "seed": 0}
    assert told.items() <= found.options.items()


def test_what_a_method_returns_is_checked():
    def nothing(network, x, background, targets):
        return None

    def wide(network, x, background, targets):
        return Explained(np.zeros((len(x), 7)), np.zeros(len(x)))

    def needy(network, x, background, targets, *, depth):
        return wide(network, x, background, targets)

    with pytest.raises(TypeError, match=r"Method 'nothing' returns an Explained. Received: None"):
        explain(method=nothing)
    with pytest.raises(ValueError, match=r"Method 'wide' returns values of shape \(2, 3\) for"):
        explain(method=wide)
    with pytest.raises(ValueError, match=r"needy needs the option 'depth': pass depth=."):
        explain(method=needy)


def test_features_are_joined_for_a_method_that_does_not():
    def plain(network, x, background, targets):
        return Explained(x.copy(), np.zeros(len(x)), std_error=np.ones(x.shape))

    joined = explain(method=plain, players=[0, 1, 0])
    np.testing.assert_array_equal(joined.values, [[4, 2], [10, 5]])
    assert joined.std_error is None  # errors of features don't say those of their sum
    assert explain(method=plain).std_error.shape == (2, 3)


def test_values_that_should_add_up_and_do_not_are_noted():
    def short(network, x, background, targets):
        return Explained(0.9 * x * [1, 2, 3], np.zeros(len(x)), complete=True)

    found = explain(method=short, target=0)
    assert found.notes == (
        "Values of short should add up, and miss the output by up to 1.4e-01 of its mean "
        "change from the base.",
    )


# What comes back


def test_what_was_done_is_recorded(tmp_path):
    found = explain(method="permutation", draws=3, seed=9)
    assert {"draws": 3, "background_rows": 1, "seed": 9}.items() <= found.options.items()
    assert found.options.keys() == {"draws", "background_rows", "background_sha256", "seed"}
    assert found.method == "permutation"
    assert found.complete
    found.save(tmp_path / "a.npz")
    again = Attribution.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.values, found.values)
    np.testing.assert_array_equal(again.std_error, found.std_error)
    assert again.options == found.options


def test_results_cannot_be_changed_and_share_nothing_with_the_caller():
    x = X.copy()
    found = explain(x)
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 1
    x[:] = 0
    np.testing.assert_array_equal(found.x, X)


def test_batches_bound_the_rows_of_a_call():
    model = network()
    explain(model=model, batch_size=2, background=np.zeros((4, 3)))
    assert max(model.calls) == 2


def test_the_registry_is_in_order():
    assert list(METHODS) == sorted(METHODS)


def test_errors_follow_players_that_only_change_the_order():
    def sampled(network, x, background, targets):
        values = np.tile([1.0, 2.0, 3.0], (len(x), 1))
        return Explained(values, np.zeros(len(x)), std_error=values / 10)

    found = explain(method=sampled, players=[2, 0, 1])
    np.testing.assert_allclose(found.values[0], [2, 3, 1])
    np.testing.assert_allclose(found.std_error[0], [0.2, 0.3, 0.1])
    assert explain(method=sampled, players=[0, 0, 1]).std_error is None
