"""Exact values of every kind of layer against the definition, on twelve inputs at most."""

import exact_reference as reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainprune.analysis.attribution import unit_games
from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.network import as_network, unroll
from explainprune.network.backend import keras

L = keras.layers


def sparse(model, keep=0.6, seed=0, bias=0.5):
    """Random weights, a share of the kernels' entries zero; statistics that matter."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        values = rng.normal(size=variable.shape)
        if "kernel" in variable.path:
            values *= rng.random(variable.shape) < keep
        elif "variance" in variable.path:
            values = np.abs(values) + 0.5
        else:
            values *= bias
        variable.assign(values)
    return model


def sequential(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


def functional(shape, build):
    x = keras.Input(shape)
    return keras.Model(x, build(x))


def residual(x):
    hidden = L.Dense(4, "relu")(x)
    return L.Dense(2)(L.Add()([x, L.Dense(6, "relu")(hidden)]))


def long_skip(x):
    first = L.Dense(4, "relu")(x)
    second = L.Dense(3, "relu")(L.Concatenate()([first, x]))
    return L.Dense(2)(L.Concatenate()([first, second, x]))


def excited(x):
    x = L.Conv1D(2, 2, activation="relu")(x)
    gate = L.Dense(2, "sigmoid")(L.GlobalAveragePooling1D(keepdims=True)(x))
    return L.Dense(2)(L.Flatten()(L.Multiply()([x, gate])))


def two_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2, 2), name="b")
    joined = L.Concatenate()([L.Dense(3, "relu")(a), L.Flatten()(L.Conv1D(2, 1)(b))])
    return keras.Model([a, b], [L.Dense(2)(L.Dense(3, "relu")(joined)), L.Dense(1)(joined)])


IMAGE, LINE = (3, 4, 1), (5, 2)


def head(shape, *layers):
    return lambda: sequential(shape, *layers, L.Flatten(), L.Dense(2))


MODELS = {
    "linear": lambda: sequential((6,), L.Dense(2)),
    "one hidden layer": lambda: sequential((6,), L.Dense(5, "relu"), L.Dense(2)),
    "smooth": lambda: sequential((6,), L.Dense(5, "gelu"), L.Dense(2)),
    "two hidden layers": lambda: sequential(
        (7,), L.Dense(6, "relu"), L.Dense(4, "relu"), L.Dense(2)
    ),
    "three hidden layers": lambda: sequential(
        (6,), L.Dense(5, "relu"), L.Dense(4, "relu"), L.Dense(3, "relu"), L.Dense(2)
    ),
    "smooth then rectified": lambda: sequential(
        (6,), L.Dense(4, "tanh"), L.Dense(3, "relu"), L.Dense(2)
    ),
    "slopes": lambda: sequential(
        (6,), L.Dense(4), L.LeakyReLU(0.2), L.Dense(3), L.PReLU(), L.Dense(2)
    ),
    "batch norm": lambda: sequential(
        (6,), L.Dense(5), L.BatchNormalization(), L.ReLU(), L.Dense(2)
    ),
    "layer norm": lambda: sequential(
        (6,), L.Dense(3), L.LayerNormalization(), L.Dense(3, "relu"), L.Dense(2)
    ),
    "layer norm of inputs": lambda: sequential((5,), L.LayerNormalization(), L.Dense(2)),
    "softmax inside": lambda: sequential((6,), L.Dense(3, "softmax"), L.Dense(2)),
    "tanh at the end": lambda: sequential((6,), L.Dense(3, "relu"), L.Dense(2, "tanh")),
    "residual": lambda: functional((6,), residual),
    "long skip": lambda: functional((5,), long_skip),
    "gates": lambda: functional((4, 2), excited),
    "maximum of two": lambda: functional(
        (4,), lambda x: L.Maximum()([L.Dense(3)(x), L.Dense(3)(x)])
    ),
    "two inputs, two outputs": two_inputs,
    "nested": lambda: sequential((6,), sequential((6,), L.Dense(4, "relu")), L.Dense(2)),
    "rank three": lambda: sequential((3, 2), L.Dense(3, "relu"), L.Dense(2)),
    "conv1d": head(LINE, L.Conv1D(2, 3, padding="same", activation="relu")),
    "conv1d deep": head(LINE, L.Conv1D(2, 2, activation="relu"), L.Conv1D(2, 2, activation="relu")),
    "conv2d": head(IMAGE, L.Conv2D(2, 2, activation="relu")),
    "conv, pool, dense": lambda: sequential(
        IMAGE, L.Conv2D(2, 2, activation="relu"), L.MaxPooling2D((2, 1)), L.Flatten(),
        L.Dense(3, "relu"), L.Dense(2),
    ),
    "max of inputs": head(IMAGE, L.MaxPooling2D(2, padding="same")),
    "average": head(IMAGE, L.Conv2D(2, 2), L.AveragePooling2D((1, 3)), L.ReLU()),
    "global maximum": lambda: sequential(
        LINE, L.Conv1D(2, 2, activation="relu"), L.GlobalMaxPooling1D(), L.Dense(2)
    ),
    "depthwise": head(LINE, L.DepthwiseConv1D(2, depth_multiplier=2, activation="relu")),
    "separable": head(IMAGE, L.SeparableConv2D(2, 2, depth_multiplier=2, activation="relu")),
    "transposed": head((3, 2), L.Conv1DTranspose(2, 2, strides=2, activation="relu")),
    "group norm": head((3, 4), L.Conv1D(4, 1), L.GroupNormalization(2), L.ReLU()),
}  # fmt: skip


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
        spent.append(len(bundle.chosen) * 2.0**bundle.players)
        return solved(bundle, **options)

    solved = unit_games.solved
    monkeypatch.setattr("explainprune.analysis.attribution.hidden_games.solved", counted)
    exact(network, x, background, None, players=np.arange(network.n_inputs))
    assert sum(spent) == cost.total * len(x) * len(background)
    assert (cost.total > 0) == (name != "linear")
