"""Noise that changes as much as pruning did: the search alone, and on models."""

import numpy as np
import pytest

from explainprune import network
from explainprune.study.matching import matched, nearest
from explainprune.types import Data, Rows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 6)).astype("float32")


@pytest.mark.parametrize("target", [0.01, 0.25, 3.0])
def test_a_rising_difference_is_met(target):
    assert nearest(lambda size: size**2, target) == pytest.approx(target**0.5, rel=1e-6)


def test_steps_are_met_as_near_as_they_go():
    stairs = nearest(lambda size: np.floor(8 * size) / 8, 0.3)
    assert np.floor(8 * stairs) / 8 == 0.25
    with pytest.raises(ValueError, match=r"changes as much as 0\.9"):
        nearest(lambda size: min(size, 0.5), 0.9)


def models(outputs):
    dense = network.perceptron(6, outputs, hidden=(16,), seed=0)
    weights = network.weights_of(dense)
    weights["hidden_1/kernel"][np.abs(weights["hidden_1/kernel"]) < 0.2] = 0
    from explainprune.network.variables import with_weights

    return dense, with_weights(dense, weights)


def test_a_cut_off_decides_what_is_a_change():
    dense, pruned = models(2)
    data = Data(Rows(X, np.arange(400) % 2), task="classification")
    found = matched(dense, pruned, data, 0, threshold=0.8)

    def decided(model):
        out = model(X).numpy()
        return 1 / (1 + np.exp(out[:, 0] - out[:, 1])) >= 0.8

    ours, theirs = ((decided(each) != decided(dense)).mean() for each in (found, pruned))
    assert ours == pytest.approx(theirs, abs=0.005) and theirs > 0


@pytest.mark.parametrize("outputs", [3, 1])
def test_as_many_predictions_change_as_by_pruning(outputs):
    dense, pruned = models(outputs)
    classes = max(2, outputs)
    data = Data(Rows(X, np.arange(400) % classes), task="classification")
    found = matched(dense, pruned, data, 0)

    def classes_of(model):
        out = model(X).numpy()
        return out[:, 0] > 0 if outputs == 1 else out.argmax(axis=1)

    ours, theirs = ((classes_of(each) != classes_of(dense)).mean() for each in (found, pruned))
    assert theirs > 0.02
    assert ours == pytest.approx(theirs, abs=0.005)  # two rows
    np.testing.assert_array_equal(
        found.get_weights()[0], matched(dense, pruned, data, 0).get_weights()[0]
    )


def test_a_regression_is_matched_by_variance():
    dense, pruned = models(2)
    data = Data(Rows(X, RNG.normal(size=(400, 2))), task="regression")
    found = matched(dense, pruned, data, 0)
    base = dense(X).numpy()
    lost = [
        (np.square(each(X).numpy() - base).mean(axis=0) / base.var(axis=0)).mean()
        for each in (found, pruned)
    ]
    assert lost[0] == pytest.approx(lost[1], rel=1e-3)


def test_where_nothing_changed_there_is_nothing_to_match():
    dense, _ = models(3)
    data = Data(Rows(X, np.arange(400) % 3), task="classification")
    with pytest.raises(ValueError, match="changes no prediction: there is nothing to match"):
        matched(dense, network.clone(dense), data, 0)
