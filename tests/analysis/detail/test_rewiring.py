"""What became of connections, against counting them one by one."""

from dataclasses import replace

import numpy as np

from explainprune.analysis.detail.rewiring import rewired
from explainprune.analysis.detail.wiring import Wires, Wiring


def plan(*wires, units=(("in", 5), ("a", 4), ("b", 3))):
    return Wiring({}, dict(units), {}, set(), tuple(wires))


def slowly(before, after):
    found = dict.fromkeys(("removed", "turned", "weaker", "alike", "stronger", "added"), 0)
    for a, b in zip(before.ravel(), after.ravel(), strict=True):
        if a and not b:
            found["removed"] += 1
        elif b and not a:
            found["added"] += 1
        elif a and b:
            ratio = b / a
            kind = "turned" if ratio < 0 else "weaker" if ratio < 0.5 else "stronger"
            found[kind if not 0.5 <= ratio <= 2 else "alike"] += 1
    return found


def test_every_connection_is_counted_once():
    rng = np.random.default_rng(0)
    before, after = (rng.normal(size=(5, 4)) * (rng.random((5, 4)) < 0.7) for _ in range(2))
    everyone = {"in": np.arange(5), "a": np.arange(4)}
    (found,) = rewired(plan(Wires("in", "a", before)), plan(Wires("in", "a", after)), everyone)
    expected = slowly(before, after)
    assert all(expected.values())
    assert {key: getattr(found, key) for key in expected} == expected
    assert (found.before, found.after) == ((before != 0).sum(), (after != 0).sum())


def test_twice_and_half_are_alike():
    before, after = np.array([[1.0, 2.0, 1.0, 2.1]]), np.array([[2.0, 1.0, 2.1, 1.0]])
    wires = [plan(Wires("in", "a", each)) for each in (before, after)]
    (found,) = rewired(*wires, {"in": np.arange(1), "a": np.arange(4)})
    assert (found.weaker, found.alike, found.stronger) == (1, 2, 1)


def test_a_smaller_model_is_counted_at_its_old_places():
    before = np.arange(1.0, 13).reshape(4, 3)
    at = {"a": np.array([1, -1, 0, -1]), "b": np.array([0, -1, 1])}
    smaller = np.array([[7.0, -9.0], [0.2, 0.0]])  # of units 2 and 0, to units 0 and 2
    (found,) = rewired(plan(Wires("a", "b", before)), plan(Wires("a", "b", smaller)), at)
    # unit 2: 7 as it was, 9 turned; unit 0: 1 became 0.2; all the other nine are gone.
    assert (found.alike, found.turned, found.weaker, found.removed) == (1, 1, 1, 9)


def test_layers_that_cannot_be_joined_are_left_out():
    one = Wires("in", "a", np.ones((5, 4)))
    assert rewired(plan(one), plan(replace(one, end="b")), {"in": np.arange(5)}) == ()
    assert rewired(plan(one), plan(one), {"in": np.arange(5)}) == ()


def test_two_bundles_between_the_same_layers_are_kept_apart():
    wires = [Wires("in", "a", np.full((5, 4), value)) for value in (1.0, 2.0)]
    at = {"in": np.arange(5), "a": np.arange(4)}
    found = rewired(plan(*wires), plan(wires[0], Wires("in", "a", np.zeros((5, 4)))), at)
    assert [(each.alike, each.removed) for each in found] == [(20, 0), (0, 20)]
