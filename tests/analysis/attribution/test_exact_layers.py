"""Exact values of every kind of layer against the definition, on twelve inputs at most."""

import exact_reference as reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sparse_layers import MODELS, L, sequential, sparse

from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.analysis.attribution.games import units as unit_games
from explainprune.network import as_network, unroll
from explainprune.network.backend import keras


def rows(network, seed=1, samples=2, background=2):
    rng = np.random.default_rng(seed)
    x, b = (rng.normal(size=(n, network.n_inputs)) for n in (samples, background))
    x[0, 1] = b[0, 1]  # a dummy for this pair
    return x, b


def expected(model, x, background, players, definition=reference.shapley_by_definition, **kind):
    return reference.averaged(definition, unroll(model, **kind).outputs, x, background, players)


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_against_the_definition(name):
    model = sparse(MODELS[name]())
    network = as_network(model)
    x, background = rows(network)
    for players in (np.arange(network.n_inputs), np.arange(network.n_inputs) * 2 // 3):
        found = exact(network, x, background, None, players=players)
        wanted = expected(model, x, background, players)
        assert np.abs(wanted).max() > 1e-3
        np.testing.assert_allclose(found.values, wanted, rtol=0, atol=1e-11)
        np.testing.assert_allclose(
            found.values.sum(axis=1), network.outputs(x) - found.base, atol=1e-4
        )


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(
        ["two hidden layers", "three hidden layers", "slopes", "long skip", "conv1d deep",
         "conv, pool, dense", "smooth then rectified"]
    ),
    keep=st.floats(0.2, 0.9),
    seed=st.integers(0, 10_000),
    bias=st.sampled_from([0.1, 1.0, 3.0]),
)  # fmt: skip
def test_any_masks_and_dead_inputs_exactly_zero(name, keep, seed, bias):
    model = sparse(MODELS[name](), keep, seed, bias)
    network = as_network(model)
    x, background = rows(network, seed)
    players = np.arange(network.n_inputs)
    found = exact(network, x, background, None, players=players).values
    np.testing.assert_allclose(found, expected(model, x, background, players), rtol=0, atol=1e-11)
    for output in range(network.n_outputs):
        dead = _without_a_path(model, output)
        assert (found[:, dead, output] == 0).all()


def _without_a_path(model, output):
    """Inputs no live weight leads on from: their pattern, all weights and slopes positive."""
    paths = keras.models.clone_model(model)
    for mine, theirs in zip(paths.weights, model.weights, strict=True):
        kernel = "kernel" in theirs.path
        mine.assign(np.asarray(theirs) != 0 if kernel else np.full(theirs.shape, 0.5))
    network = unroll(paths)
    one = np.eye(network.n_inputs)
    return (network.outputs(one) - network.outputs(0 * one))[:, output] == 0


@pytest.mark.parametrize("name", ["one hidden layer", "two hidden layers", "conv, pool, dense"])
def test_probabilities_mix_all_that_is_alive(name):
    model = sparse(MODELS[name]())
    model = sequential((model.input_shape[1:]), *model.layers, L.Softmax(name="softmax"))
    network = as_network(model, output="probability")
    x, background = rows(network, samples=1)
    players = np.arange(network.n_inputs)
    found = exact(network, x, background, None, players=players).values
    wanted = expected(model, x, background, players, output="probability")
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11)
    cost = exact_cost(model, x, background, output="probability")
    assert cost.names == ("softmax[0]",)


@pytest.mark.parametrize(
    "name", ["linear", "one hidden layer", "long skip", "conv, pool, dense", "layer norm", "gates"]
)
def test_interactions_are_those_of_the_definition(name, monkeypatch):
    model = sparse(MODELS[name]())
    network = as_network(model)
    x, background = rows(network)
    players = np.arange(network.n_inputs) * 2 // 3
    monkeypatch.setattr(unit_games, "NUMBERS_AT_ONCE", 64)  # so that coalitions come in blocks
    found = exact(network, x, background, None, players=players, interactions=True)
    wanted = expected(model, x, background, players, reference.interactions_by_definition) / 2
    apart = ~np.eye(wanted.shape[1], dtype=bool)
    np.testing.assert_allclose(found.interactions[:, apart], wanted[:, apart], rtol=0, atol=1e-11)
    # Rows add up to the values, and everything to the output's change from the base.
    np.testing.assert_allclose(found.interactions.sum(axis=2), found.values, atol=1e-11)
    change = unroll(model).outputs(x) - found.base
    np.testing.assert_allclose(found.interactions.sum(axis=(1, 2)), change, atol=1e-11)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_counted_is_what_is_enumerated(name, monkeypatch):
    model = sparse(MODELS[name]())
    network = as_network(model)
    x, background = rows(network)
    cost = exact_cost(model, network.unpack(x), network.unpack(background))
    spent = []

    def counted(bundle, **options):
        spent.append(len(bundle.chosen) * bundle.steps)
        return solved(bundle, **options)

    solved = unit_games.solved
    monkeypatch.setattr("explainprune.analysis.attribution.games.hidden.solved", counted)
    exact(network, x, background, None, players=np.arange(network.n_inputs))
    assert sum(spent) == cost.total * len(x) * len(background)
    assert (cost.total > 0) == (name != "linear")
