"""Networks drawn: which units, which connections, how strong."""

import numpy as np
import pytest

from explainprune.analysis.detail import drawing as module
from explainprune.analysis.detail.drawing import drawing, relative, shown_units
from explainprune.analysis.detail.wiring import INPUTS, wiring
from explainprune.network import with_weights


@pytest.fixture(scope="module")
def tiny():
    """3 inputs, 3 hidden units (the last reads nothing), 2 outputs; every weight known."""
    from explainprune.network.backend import keras

    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(3, "relu", name="hidden"),
            keras.layers.Dense(2, name="out"),
        ]
    )
    model.set_weights(
        [
            np.array([[1.0, 0, 0], [-2.0, 3.0, 0], [0, 0, 0]]),
            np.zeros(3),
            np.array([[4.0, 0], [5.0, -6.0], [7.0, 8.0]]),
            np.zeros(2),
        ]
    )
    return model


def test_wires_are_the_live_weights(tiny):
    plan = wiring(tiny, np.arange(3))
    assert plan.layers == {"hidden": "Dense", "out": "Dense"}
    assert plan.outputs == {"out"}
    assert plan.alive[INPUTS].tolist() == [True, True, False]
    assert plan.alive["hidden"].tolist() == [True, True, False]
    first, second = plan.wires
    assert (first.start, first.end) == (INPUTS, "hidden")
    np.testing.assert_array_equal(first.weight, [[1, 0, 0], [-2, 3, 0], [0, 0, 0]])
    # The dead unit's outgoing weights 7 and 8 are not live.
    np.testing.assert_array_equal(second.weight, [[4, 0], [5, -6], [0, 0]])
    assert plan.note == ""


def test_players_are_drawn_as_one(tiny):
    plan = wiring(tiny, np.array([0, 0, 1]))
    assert plan.alive[INPUTS].tolist() == [True, False]
    np.testing.assert_array_equal(plan.wires[0].weight, [[-3, 3, 0], [0, 0, 0]])


def test_convolutions_read_channels_and_flattened_ones_are_gathered():
    from explainprune.network.backend import keras

    model = keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            keras.layers.Conv2D(3, 3, activation="relu", name="conv"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(2, name="out"),
        ]
    )
    rng = np.random.default_rng(0)
    kernel, head = rng.normal(size=(3, 3, 2, 3)), rng.normal(size=(3, 2))
    model.set_weights([kernel, np.zeros(3), head, np.zeros(2)])
    plan = wiring(model, np.arange(32))
    assert not plan.features
    first, second = plan.wires
    size = np.abs(kernel).sum(axis=(0, 1))
    np.testing.assert_allclose(first.weight, size * np.sign(kernel.sum(axis=(0, 1))), rtol=1e-6)
    np.testing.assert_allclose(second.weight, head, rtol=1e-6)


def test_what_cannot_be_followed_is_named():
    from explainprune.network.backend import keras

    x = keras.Input((4,))
    a = keras.layers.Dense(4, "relu", name="a")(x)
    both = keras.layers.Multiply(name="gate")([a, keras.layers.Softmax(name="mix")(a)])
    model = keras.Model(x, keras.layers.Dense(2, name="out")(both))
    plan = wiring(model, np.arange(4))
    assert plan.note.startswith("Connections through ")
    assert "mix" in plan.note or "gate" in plan.note
    assert (plan.wires[0].start, plan.wires[0].end) == (INPUTS, "a")


def drawn(model, sizes=None, shown=None, position=None, labels=None):
    plan = wiring(model, np.arange(3))
    units = {INPUTS: 3, **plan.units}
    everyone = {path: np.arange(count) for path, count in units.items()}
    return drawing(plan, units, shown or everyone, sizes or {}, labels or {}, position or everyone)


def test_a_drawing_holds_what_is_alive(tiny):
    sizes = {"hidden": np.array([1.0, 4.0, np.nan]), INPUTS: np.array([0.0, 2.0, 1.0])}
    picture = drawn(tiny, sizes, labels={INPUTS: ("p", "q", "r")})
    inputs, hidden, out = picture.layers
    assert [layer.kind for layer in picture.layers] == ["inputs", "Dense", "Dense"]
    assert inputs.labels == ("p", "q", "r")
    assert inputs.size == (0.0, 1.0, 0.5)
    assert hidden.size == (0.25, 1.0, 0.0)
    assert hidden.alive == (True, True, False)
    assert out.size == (1.0, 1.0)
    first, second = picture.edges
    assert list(zip(first.source, first.target, first.weight, strict=True)) == [
        (0, 0, 1.0),
        (1, 0, -2.0),
        (1, 1, 3.0),
    ]
    assert (first.start, first.end, first.total) == (0, 1, 3)
    assert second.total == 3


def test_edges_index_the_drawn_units(tiny):
    picture = drawn(
        tiny, shown={INPUTS: np.array([1]), "hidden": np.array([1, 2]), "out": np.array([1])}
    )
    first, second = picture.edges
    assert (first.source, first.target, first.weight) == ((0,), (0,), (3.0,))
    assert (second.source, second.target, second.weight) == ((0,), (0,), (-6.0,))
    assert (first.total, second.total) == (3, 3)  # of the whole layers
    assert [layer.shown for layer in picture.layers] == [(1,), (1, 2), (1,)]
    for layer in picture.layers:
        assert len(layer.size) == len(layer.alive) == len(layer.shown)
    assert picture.layers[1].alive == (True, False)


def test_a_smaller_model_is_drawn_at_its_original_places(tiny):
    from explainprune.network.backend import keras

    smaller = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(1, "relu", name="hidden"),
            keras.layers.Dense(2, name="out"),
        ]
    )
    smaller.set_weights(
        [np.array([[0.0], [3.0], [0.0]]), np.zeros(1), np.array([[5.0, -6.0]]), np.zeros(2)]
    )
    plan = wiring(smaller, np.arange(3))
    units = {INPUTS: 3, "hidden": 3, "out": 2}
    everyone = {path: np.arange(count) for path, count in units.items()}
    position = {**everyone, "hidden": np.array([-1, 0, -1])}
    picture = drawing(plan, units, everyone, {}, {}, position)
    assert picture.layers[1].units == 3
    assert picture.layers[1].shown == (0, 1, 2)
    assert picture.layers[1].alive == (False, True, False)
    first, second = picture.edges
    assert (first.source, first.target, first.weight, first.total) == ((1,), (1,), (3.0,), 1)
    assert (second.source, second.target, second.weight) == ((1, 1), (0, 1), (5.0, -6.0))


def test_the_strongest_connections_are_drawn(monkeypatch, tiny):
    monkeypatch.setattr(module, "MOST_EDGES", 3)
    weights = {"hidden/kernel": np.arange(1.0, 10.0).reshape(3, 3)}
    picture = drawn(with_weights(tiny, weights))
    assert [len(edges.weight) for edges in picture.edges] == [2, 1]
    assert picture.edges[0].weight == (8.0, 9.0)
    assert [edges.total for edges in picture.edges] == [9, 5]
    assert abs(picture.edges[1].weight[0]) == 8.0


def test_the_units_that_matter_in_either_model_are_shown(monkeypatch):
    monkeypatch.setattr(module, "MOST_UNITS", 2)
    sizes = [{"a": np.array([9.0, 0, 0, 1.0])}, {"a": np.array([0, np.nan, 0.3, 0])}]
    shown = shown_units({"a": 4, "b": 5}, sizes)
    assert shown["a"].tolist() == [0, 2]  # relative to each model's own largest
    assert shown["b"].tolist() == [0, 1]


def test_relative_sizes_lie_between_nought_and_one():
    np.testing.assert_array_equal(relative(np.array([2.0, -1.0, np.nan, 4.0])), [0.5, 0, 0, 1])
    np.testing.assert_array_equal(relative(np.zeros(3)), np.zeros(3))
