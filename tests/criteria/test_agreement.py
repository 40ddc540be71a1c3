"""Agreement of criteria, and how far their scores depend on the rows."""

import numpy as np
import pytest
from keras_cases import sequential
from scipy.stats import spearmanr

from explainprune.criteria import agreement, importance, importances, stability
from explainprune.network.backend import keras
from explainprune.types import Importance, Rows

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
Y = RNG.integers(3, size=40)


def net():
    keras.utils.set_random_seed(2)
    return sequential(
        (4,), L.Dense(6, "relu", name="a"), L.Dense(5, "relu", name="b"), L.Dense(3, name="c")
    )


def test_agreement_is_the_mean_of_spearmans_within_layers():
    found = importances(net(), X, Y, criteria=["magnitude", "taylor", "ablation"])
    table = agreement(found)
    assert list(table.index) == list(table.columns) == list(found)
    np.testing.assert_allclose(table, table.T)
    np.testing.assert_allclose(np.diag(table), 1)
    for one, other in (("magnitude", "taylor"), ("taylor", "ablation")):
        shared = [path for path in found[one].scores if path in found[other].scores]
        each = [spearmanr(found[one][p], found[other][p]).statistic for p in shared]
        assert table.loc[one, other] == pytest.approx(np.mean(each))
        alone = agreement(found, layer="a").loc[one, other]
        assert alone == pytest.approx(spearmanr(found[one]["a"], found[other]["a"]).statistic)
    assert len(found["ablation"].scores) == 2 < len(found["taylor"].scores)


def test_constant_layers_say_nothing():
    flat = Importance("flat", "unit", {"a": np.ones(3), "b": np.array([1.0, 2.0])})
    other = Importance("other", "unit", {"a": np.arange(3.0), "b": np.array([3.0, 1.0])})
    table = agreement({"flat": flat, "other": other})
    assert table.loc["flat", "other"] == -1
    assert np.isnan(agreement({"flat": flat, "other": other}, layer="a").loc["flat", "other"])


def test_scores_that_do_not_compare():
    unit = Importance("unit", "unit", {"a": np.ones(3)})
    weight = Importance("weight", "weight", {"a/kernel": np.ones((2, 3))})
    with pytest.raises(ValueError, match=r"don't compare. Received: {'u': 'unit', 'w': 'weight'}"):
        agreement({"u": unit, "w": weight})
    with pytest.raises(ValueError, match=r"No criterion scores 'z'. Scored: \['a'\]"):
        agreement({"u": unit}, layer="z")
    longer = Importance("longer", "unit", {"a": np.ones(4)})
    with pytest.raises(ValueError, match=r"'a' has scores of shape \(3,\) by 'unit' and of shape"):
        agreement({"u": unit, "l": longer})


def test_a_bootstrap_of_a_mean_has_its_standard_error():
    scores, ranks = stability(net(), X, criterion="activation", samples=400)
    whole = importance(net(), X, criterion="activation")
    a = np.asarray(net().get_layer("a")(X), float)
    np.testing.assert_allclose(scores["a"], whole["a"])
    np.testing.assert_allclose(scores.std_error["a"], a.std(axis=0) / np.sqrt(40), rtol=0.15)
    assert 0.5 < scores.figures["a"]["rank_correlation"] < 1
    first = ranks[ranks.layer == "a"]
    assert list(first["rank"]) == [1, 2, 3, 4, 5, 6]
    assert ((first.rank_low <= first["rank"]) & (first["rank"] <= first.rank_high)).all()
    assert (first.rank_high - first.rank_low).max() >= 1
    np.testing.assert_allclose(first.score, np.sort(whole["a"])[::-1])


def test_the_ranks_by_hand():
    """Draw the same rows again, and score each draw alone."""
    scores, ranks = stability(net(), Rows(X, Y), criterion="taylor", samples=5, seed=3)
    rng, draws = np.random.default_rng([3, 1]), []
    for _ in range(5):
        rng.integers(2**31)
        rows = rng.integers(40, size=40)
        draws.append(importance(net(), X[rows], Y[rows])["b"])
    np.testing.assert_allclose(scores.std_error["b"], np.std(draws, axis=0, ddof=1), rtol=1e-4)
    places = np.argsort(np.argsort(-np.array(draws), axis=1), axis=1) + 1
    low, high = np.quantile(places, [0.025, 0.975], axis=0)
    mine = ranks[ranks.layer == "b"].sort_values("unit")
    np.testing.assert_allclose(mine.rank_low, low)
    np.testing.assert_allclose(mine.rank_high, high)


def test_what_draws_draws_anew():
    scores, _ = stability(net(), X, criterion="random", samples=200)
    np.testing.assert_allclose(scores.std_error["a"], np.sqrt(1 / 12), rtol=0.2)
    assert abs(scores.figures["a"]["rank_correlation"]) < 0.2


def test_what_looks_at_weights_only_does_not_move():
    scores, ranks = stability(net(), X, criterion="magnitude", samples=3)
    assert (scores.std_error["a"] == 0).all()
    assert scores.figures["a"]["rank_correlation"] == pytest.approx(1)
    assert (ranks.rank_low == ranks["rank"]).all()


def test_errors():
    with pytest.raises(ValueError, match="A bootstrap draws rows: x is None"):
        stability(net(), None)
    with pytest.raises(ValueError, match=r"samples is 2 or more. Received: 1"):
        stability(net(), X, Y, samples=1)
