"""Neurons before and after, joined by name, size or kept indices."""

import numpy as np
import pytest

from explainprune.analysis.detail.units import joined, original, unit_rows
from explainprune.types import Importance


def scores(**layers):
    return Importance("test", "unit", {path: np.array(v, float) for path, v in layers.items()})


def test_equal_architectures_are_joined_by_index():
    ours, theirs = joined(scores(a=[1, 2, 3]), scores(a=[4, 5, 6]), None)
    assert theirs["a"].tolist() == [4, 5, 6]
    assert ours["a"].tolist() == [1, 2, 3]


def test_kept_indices_say_where_a_unit_was():
    _, theirs = joined(scores(a=[1, 2, 3], b=[1, 1]), scores(a=[5, 6], b=[7, 8]), {"a": [2, 0]})
    np.testing.assert_array_equal(theirs["a"], [6, np.nan, 5])
    assert theirs["b"].tolist() == [7, 8]


def test_unrelated_networks_are_left_apart():
    before = {"a": 3, "b": 2}
    assert original(before, {"a": 3, "b": 5}, None) == {}
    assert original(before, {"a": 3}, None) == {}
    assert {
        p: i.tolist() for p, i in original(before, {"a": 2, "b": 5}, {"a": [0, 1]}).items()
    } == {"a": [0, 1]}


@pytest.mark.parametrize("kept", [[0], [0, 3], [0, 1, 2], [-1, 0]])
def test_kept_indices_must_fit(kept):
    with pytest.raises(
        ValueError, match=r"kept\['a'\] needs the original index, below 3, of each of 2"
    ):
        original({"a": 3}, {"a": 2}, {"a": kept})


def test_rows_rank_the_largest_first_and_share_ties():
    ours = {"a": np.array([5.0, 1.0, 5.0]), "out": np.array([1.0])}
    theirs = {"a": np.array([2.0, np.nan, 3.0]), "out": np.array([1.0])}
    rows = unit_rows(ours, theirs, {"a": np.array([True, False, True])}, {"out"})
    assert [(r.unit, r.rank_before, r.rank_after, r.kept) for r in rows] == [
        (0, 1.5, 2.0, True),
        (1, 3.0, None, False),
        (2, 1.5, 1.0, True),
    ]
    assert rows[1].after is None
    assert {r.layer for r in rows} == {"a"}


def test_a_shrunk_model_is_joined_to_the_units_it_came_from(classifier, digits):
    from explainprune.analysis import compare
    from explainprune.network import weights_of
    from explainprune.network.backend import keras

    # Remove units 1 and 5 of the first layer and 0 of the second by hand, exactly: they are silent.
    weights = weights_of(classifier)
    kept = {
        "first": np.delete(np.arange(24), [1, 5]),
        "second": np.delete(np.arange(16), [0]),
        "out": np.arange(10),
    }
    silent = {p: v.copy() for p, v in weights.items()}
    for path, gone in (("first", [1, 5]), ("second", [0])):
        silent[f"{path}/kernel"][:, gone] = 0
        silent[f"{path}/bias"][gone] = 0
    from explainprune.network import with_weights

    masked = with_weights(classifier, silent)
    small = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(22, "relu", name="first"),
            keras.layers.Dense(15, "relu", name="second"),
            keras.layers.Dense(10, "softmax", name="out"),
        ]
    )
    small.set_weights(
        [
            silent["first/kernel"][:, kept["first"]],
            silent["first/bias"][kept["first"]],
            silent["second/kernel"][np.ix_(kept["first"], kept["second"])],
            silent["second/bias"][kept["second"]],
            silent["out/kernel"][kept["second"]],
            silent["out/bias"],
        ]
    )
    data = digits.with_(scored=digits.scored.take(slice(0, 40)))
    result = compare(masked, small, data, background=10, kept=kept, names=("masked", "shrunk"))
    assert result.comparisons["masked|shrunk"]["signed_top_k"].value == pytest.approx(1.0)
    rows = {(row.layer, row.unit): row for row in result.detail.units}
    gone = {("first", 1), ("first", 5), ("second", 0)}
    assert {key for key, row in rows.items() if not row.kept} >= gone
    for key, row in rows.items():
        if key in gone:
            assert row.after is None
        else:
            assert row.after == pytest.approx(row.before, rel=1e-4)
    before, after = (result.detail.drawings[name] for name in ("masked", "shrunk"))
    assert [layer.shown for layer in before.layers] == [layer.shown for layer in after.layers]
    assert [edges.total for edges in before.edges] == [edges.total for edges in after.edges]
    assert before.edges[0].source == after.edges[0].source
    np.testing.assert_allclose(before.edges[0].weight, after.edges[0].weight, rtol=1e-4)
