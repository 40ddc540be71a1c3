"""Networks taken apart into games and affine rests: what each says, held against all coalitions."""

import itertools

import numpy as np
import pytest

from explainprune.network.backend import keras
from explainprune.network.scalars.bounds import OFF, ON
from explainprune.network.scalars.counting import count_terms
from explainprune.network.scalars.cutting import Cutter
from explainprune.network.scalars.parts import cut
from explainprune.network.scalars.reach import players_reaching
from explainprune.network.scalars.reading import unroll
from explainprune.network.scalars.terms import by_halves, in_pairs, steps, terms_of

L = keras.layers
PLAYERS = {"each": np.arange(7), "joined": np.array([0, 1, 1, 2, 3, 4, 4])}
HIDDEN = {
    "one layer": [L.Dense(6, "relu")],
    "two layers": [L.Dense(6, "relu"), L.Dense(5, "relu")],
    "smooth above": [L.Dense(6, "relu"), L.Dense(5, "tanh")],
    "rectified above smooth": [L.Dense(5, "tanh"), L.Dense(6, "relu"), L.Dense(4, "relu")],
}


def network(name, seed=0):
    """Return a network whose weights are of all sizes, a third of them 0, as scalar elements."""
    layers = [type(each).from_config(each.get_config()) for each in HIDDEN[name]]
    model = keras.Sequential([keras.Input((7,)), *layers, L.Dense(3)])
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        values = rng.normal(size=variable.shape) * 1.7
        variable.assign(
            values if len(variable.shape) == 1 else values * (rng.random(variable.shape) > 0.35)
        )
    return unroll(model)


def rows(seed=1):
    rng = np.random.default_rng(seed)
    x, background = rng.normal(size=(3, 7)), rng.normal(size=(4, 7))
    background[0, :3] = x[0, :3]  # equal values: nobody plays there
    return x, background


def coalitions(players):
    """Yield every coalition as a mask of inputs."""
    for inside in itertools.product([False, True], repeat=int(players.max()) + 1):
        yield np.array(inside)[players]


CASES = pytest.mark.parametrize(
    ("name", "players"), [(n, PLAYERS[p]) for n in HIDDEN for p in PLAYERS]
)


@CASES
def test_games_and_the_affine_rest_add_up_to_the_output_of_every_coalition(name, players):
    found, (x, background) = network(name), rows()
    terms = terms_of(found, players)
    seen = 0
    for pairs in in_pairs(terms, x, background):
        for place in range(len(pairs.sample)):
            row = pairs.rows[:, place]
            before = found.elements(row[None])
            seen += 1
            for inside in coalitions(players):
                mixed = np.where(inside, pairs.x[:, place], row)
                after = found.elements(mixed[None])
                change = after[0][0] - before[0][0]
                affine = pairs.affine if pairs.affine.ndim == 2 else pairs.affine[..., place]
                total = change @ affine
                for games in pairs.games:
                    layer = found.layers[games.layer]
                    weight = games.weight if games.shared else games.weight[..., place]
                    moved = (after[games.layer + 1] - before[games.layer + 1])[0]
                    moved = moved.reshape(len(layer.groups), layer.made)
                    for group in games.group[games.pair == place]:
                        total = total + moved[group] @ weight[group]
                    if games.always_on is not None:
                        linear = layer.reads(after)[0] - layer.reads(before)[0]
                        on = games.always_on[:, place]
                        total = total + (linear[layer.groups[:, 0]] * on) @ weight[:, 0]
                expected = (found.outputs(mixed[None]) - found.outputs(row[None]))[0]
                np.testing.assert_allclose(total, expected, atol=1e-9)
    assert seen == len(x) * len(background)


@CASES
def test_signs_that_are_called_settled_hold_for_every_coalition(name, players):
    found, (x, background) = network(name), rows()
    settled = 0
    for pairs in in_pairs(terms_of(found, players), x, background):
        for place, inside in itertools.product(range(len(pairs.sample)), coalitions(players)):
            mixed = np.where(inside, pairs.x[:, place], pairs.rows[:, place])
            elements = found.elements(mixed[None])
            for layer, kinds in zip(found.layers, pairs.moves.kinds, strict=True):
                read = layer.reads(elements)[0][layer.groups[:, 0]]
                kind = kinds[:, place]
                if layer.function.rectified:
                    assert (read[kind == ON] >= -1e-12).all()
                    settled += int((kind == ON).sum())
    assert settled or name == "smooth above"


def test_in_one_layer_a_sign_is_settled_if_no_coalition_changes_it():
    found, (x, background) = network("one layer"), rows()
    players = PLAYERS["joined"]
    for pairs in in_pairs(terms_of(found, players), x, background):
        kinds = pairs.moves.kinds[0]
        layer = found.layers[0]
        reads = np.stack(
            [
                layer.reads({0: np.where(inside[:, None], pairs.x, pairs.rows).T}).T
                for inside in coalitions(players)
            ]
        )
        np.testing.assert_array_equal(kinds == ON, (reads >= 0).all(axis=0) & (kinds != OFF))
        still = np.ptp(reads, axis=0) == 0
        np.testing.assert_array_equal(kinds == OFF, (reads <= 0).all(axis=0) | still)


@CASES
def test_players_reach_what_weights_lead_them_to(name, players):
    found = network(name)
    reach = players_reaching(found, players)
    expected = players[:, None] == np.arange(players.max() + 1)
    for layer, reached in zip(found.layers, reach, strict=True):
        (kernel,) = layer.reads.parts.values()
        expected = (kernel.toarray() != 0).T.astype(int) @ expected > 0
        expected = expected[layer.groups[:, 0]]
        np.testing.assert_array_equal(reached.toarray() > 0, expected)


@CASES
def test_a_part_computes_what_its_group_does(name, players):
    found, (x, _) = network(name), rows()
    elements = found.elements(x)
    for number, layer in enumerate(found.layers):
        for group in range(len(layer.groups)):
            part, place = cut(found, players, number, group)
            reads = [
                stage.bias + (x[:, place.columns] @ stage.kernels[-1] if -1 in stage.kernels else 0)
                for stage in part.stages
            ]
            made = elements[number + 1].reshape(len(x), len(layer.groups), layer.made)[:, group]
            np.testing.assert_allclose(part.outputs(reads), np.broadcast_to(made, made.shape))
            inputs = players[place.columns]
            assert part.n_players == len(set(inputs))
            assert part.width == sum(len(stage.bias) for stage in part.stages)
            np.testing.assert_array_equal(np.unique(inputs)[part.players], inputs)


@pytest.mark.parametrize("players", PLAYERS.values(), ids=PLAYERS)
def test_the_price_is_the_coalitions_of_units_whose_sign_is_open(players):
    found, (x, background) = network("one layer"), rows()
    layer, expected = found.layers[0], np.zeros(len(found.layers[0].groups))
    for sample, row in itertools.product(x, background):
        mixed = np.stack([np.where(inside, sample, row) for inside in coalitions(players)])
        reads = layer.reads({0: mixed})[:, layer.groups[:, 0]]
        alone = np.stack(
            [
                layer.reads({0: np.where(players == p, sample, row)[None]})[0]
                != layer.reads({0: row[None]})[0]
                for p in range(int(players.max()) + 1)
            ]
        )[:, layer.groups[:, 0]]
        open_ = (reads.min(axis=0) < 0) & (reads.max(axis=0) > 0)
        expected += np.where(open_, steps(alone.sum(axis=0), True), 0.0)
    counted = count_terms(Cutter(terms_of(found, players)), x, background)
    assert counted.total == pytest.approx(expected.sum() / (len(x) * len(background)))
    assert len(counted.units) == len(counted.names) == np.count_nonzero(expected)


def test_two_halves_cost_what_their_walks_take():
    for count in range(45):
        a, b = count // 2, count - count // 2
        walks = (a + 1) * 2.0**b + (b + 1) * 2.0**a
        assert steps(np.array(count), True) == min(2.0**count, walks)
        assert steps(np.array(count), False) == 2.0**count
        assert by_halves(np.array(count), True) == (walks < 2.0**count)
    assert steps(np.array(45), True) == 2.0**45
    assert steps(np.array(2000), False) == 2.0**1000
