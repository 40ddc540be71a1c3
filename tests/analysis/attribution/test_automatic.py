"""``method="auto"``: exact where that is cheap by count, else the usual; one for all models."""

import numpy as np
import pytest
from sparse_layers import L, sequential

from explainprune import compare, compare_several
from explainprune.analysis.attribution import attribute, attribute_to
from explainprune.analysis.attribution.automatic import NOTE, exact_is_cheaper
from explainprune.analysis.attribution.games.hidden import cutter_of
from explainprune.network import FormulaNetwork, as_network
from explainprune.network.backend import keras
from explainprune.network.scalars.counting import count_terms, most_work

SHAPES = {
    "a table of 13 columns": (True, lambda: sequential((13,), L.Dense(64, "relu"), L.Dense(3))),
    "of 40": (False, lambda: sequential((40,), L.Dense(64, "relu"), L.Dense(3))),
    "smooth units": (False, lambda: sequential((13,), L.Dense(64, "gelu"), L.Dense(3))),
    "two layers": (
        False,
        lambda: sequential((13,), L.Dense(32, "relu"), L.Dense(32, "relu"), L.Dense(3)),
    ),
    "linear": (True, lambda: sequential((40,), L.Dense(3))),
    "windows on pixels": (
        True,
        lambda: sequential((8, 8, 1), L.Conv2D(4, 3, activation="relu"), L.Flatten(), L.Dense(3)),
    ),
}  # fmt: skip


def model_of(name):
    keras.utils.set_random_seed(0)
    return SHAPES[name][1]()


def rows_of(model, samples=2, background=2):
    rng = np.random.default_rng(0)
    shape = model.input_shape[1:]
    return (rng.normal(size=(n, *shape)).astype(np.float32) for n in (samples, background))


@pytest.mark.parametrize("name", SHAPES)
def test_exact_where_it_costs_least(name):
    model, cheap = model_of(name), SHAPES[name][0]
    x, background = rows_of(model)
    found = attribute(model, x, background=background)
    assert found.method == ("exact" if cheap else "deep_shap")
    assert (NOTE in found.notes) == cheap
    named = attribute(model, x, background=background, method=found.method)
    np.testing.assert_array_equal(found.values, named.values)


def test_a_method_that_is_named_is_never_changed():
    model = model_of("linear")
    x, background = rows_of(model)
    found = attribute(model, x, background=background, method="deep_shap")
    assert found.method == "deep_shap"
    # Options are those of the usual method.
    assert attribute(model, x, background=background, max_pool="shapley").method == "deep_shap"


def test_the_choice_hangs_on_the_model_alone(tmp_path):
    """Neither on rows nor on how many there are: no limit of steps is in the way."""
    model = model_of("a table of 13 columns")
    x, background = rows_of(model, 3)
    network, players = as_network(model), np.arange(13)
    for rows in (x, background, x[:1]):
        assert exact_is_cheaper(network, players, rows)
    whole = attribute(model, x, background=background)
    assert whole.options["limit"] > 1e15
    written = attribute_to(tmp_path / "a.npz", model, x, background=background, rows_at_once=2)
    assert written.method == "exact"


def test_joined_players_make_it_cheap():
    """Forty one-hot columns of ten questions."""
    model = model_of("of 40")
    x, background = rows_of(model)
    found = attribute(model, x, background=background, players=np.arange(40) // 4)
    assert found.method == "exact"
    assert found.values.shape == (2, 10)


@pytest.mark.parametrize("name", SHAPES)
def test_no_pair_takes_more_than_was_foreseen(name):
    model = model_of(name)
    x, background = rows_of(model)
    network = as_network(model)
    flat = [rows.reshape(len(rows), -1).astype(float) for rows in (x, background)]
    cutter = cutter_of(network, np.arange(network.n_inputs), flat[0])
    most = most_work(cutter)
    assert count_terms(cutter, *flat).work <= most
    assert most_work(cutter, enough=most) == most
    if most:
        assert most_work(cutter, enough=most / 1e6) == np.inf


@pytest.mark.parametrize(("players", "method"), [(6, "exact"), (7, "refused")])
def test_what_nothing_is_known_of_takes_all_coalitions(players, method):
    network = FormulaNetwork(lambda x: np.prod(np.sin(x), axis=1), players)
    x, background = np.ones((1, players)), np.zeros((1, players))
    if method == "exact":
        assert attribute(network, x, background=background).method == "exact"
        return
    with pytest.raises(ValueError, match="deep_shap"):
        attribute(network, x, background=background)


def compared(dense, other, **options):
    x = np.random.default_rng(1).normal(size=(40, dense.input_shape[1])).astype(np.float32)
    how = {"methods": ["auto"], "detail": False, "metrics": [], "background": 20, "backgrounds": 2}
    return compare(dense, other, (x, None), **(how | options)).provenance["methods"]


def test_both_models_of_a_comparison_have_one_method():
    layers = L.Dense(8, "relu"), L.Dense(3)
    small = sequential((6,), *layers)
    deep = sequential((6,), L.Dense(32, "tanh"), L.Dense(32, "tanh"), L.Dense(3))
    assert compared(small, keras.models.clone_model(small)) == ["exact"]
    assert compared(small, deep) == compared(deep, small) == ["expected_gradients"]
    x = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
    how = {"methods": ["auto"], "detail": False, "metrics": [], "backgrounds": 2}
    found = compare_several(small, {"same": small, "deep": deep}, x, **how)
    assert {tuple(each.provenance["methods"]) for each in found.values()} == {
        ("expected_gradients",)
    }
