"""Scores by class and by group, for one class's logit, and compiled once for all of them."""

import numpy as np
import pytest

from explainprune.criteria import CRITERIA, importance
from explainprune.criteria.scorer import Scorer
from explainprune.network.backend import keras
from explainprune.network.statistics.probing import probes
from explainprune.network.tracing import traced
from explainprune.network.variables import weights_of
from explainprune.types import Data, Rows

L = keras.layers


def net(tail="linear", skip=False):
    keras.utils.set_random_seed(2)
    x = keras.Input((4,))
    h = L.Dense(6, activation="tanh", name="a")(x)
    h = L.Dense(5, activation=tail, name="b")(h)
    if skip:
        h = L.Concatenate()([h, x])
    return keras.Model(x, L.Dense(3, name="c")(h))


RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4)).astype(np.float32)
Y = np.array([0, 1, 2] * 4)


@pytest.mark.parametrize("name", ["taylor", "conductance", "grasp", "lrp", "shap", "shapley"])
def test_by_class_is_each_class_as_the_target(name):
    found = importance(net(), X, Y, criterion=name, by="class")
    assert list(found) == [0, 1, 2]
    for label, scores in found.items():
        alone = importance(net(), X, Y, criterion=name, target=label)
        for path, values in alone.scores.items():
            np.testing.assert_allclose(scores[path], values, rtol=1e-6, atol=1e-12)
    assert any(not np.allclose(found[0][p], found[1][p]) for p in found[0].scores)


def test_by_group_is_each_groups_rows():
    group = np.array(["u", "v"] * 6)
    rows = Rows(X, Y, group)
    for given in (rows, Data(rows), Data(Rows(X[:2]), train=rows)):
        found = importance(net(), given, by="group")
        assert list(found) == ["u", "v"]
        for name, scores in found.items():
            alone = importance(net(), X[group == name], Y[group == name])
            for path, values in alone.scores.items():
                np.testing.assert_allclose(scores[path], values, rtol=1e-6)


def test_without_labels_classes_are_the_predicted_ones():
    predicted = np.asarray(net()(X)).argmax(axis=1)
    found = importance(net(), X, criterion="activation", by="class")
    assert list(found) == sorted(set(predicted))
    for label, scores in found.items():
        alone = importance(net(), X[predicted == label], criterion="activation")
        np.testing.assert_allclose(scores["a"], alone["a"], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "clas"}, "Unknown division of rows by 'clas'. Did you mean 'class'"),
        ({"by": "group"}, "by='group' needs a Data or Rows with groups. Received: none"),
        ({"by": "class", "target": 1}, "Pass target or by, not both. Received: target=1"),
        ({"by": "class", "x": None, "y": None, "criterion": "magnitude"}, "needs rows: x is None"),
        ({"by": "class", "y": Y + 0.5, "criterion": "activation"}, "by='class' needs one class"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        importance(net(), **({"x": X, "y": Y} | options))


def behind(model, target, rows):
    """Return what every unit of a adds to one logit, where all behind it is linear."""
    held = weights_of(model)
    a = np.asarray(model.get_layer("a")(rows), float)
    start = np.asarray(model.get_layer("a")(rows.mean(axis=0, keepdims=True)), float)
    return (held["b/kernel"] @ held["c/kernel"])[:, target], a - start, a


@pytest.mark.parametrize("target", [0, 1, 2])
def test_a_target_is_the_logit_that_is_followed(target):
    model, rows = net(), X[target == Y]
    slope, moved, a = behind(model, target, rows)
    for name, each in (
        ("conductance", slope * moved),
        ("internal_influence", np.broadcast_to(slope, moved.shape)),
        ("shap", slope * (a - a.mean(axis=0))),
    ):
        scores = importance(model, X, Y, criterion=name, target=target)["a"]
        np.testing.assert_allclose(scores, abs(each).mean(axis=0), rtol=1e-4, err_msg=name)


def test_relevance_starts_at_the_targets_logit():
    model, rows = net(), X[Y == 1]
    logit = np.asarray(model(rows), float)[:, 1]
    b = np.asarray(model.get_layer("b")(model.get_layer("a")(rows)), float)  # of both signs
    shares = np.maximum(b * weights_of(model)["c/kernel"][:, 1], 0)
    sums = shares.sum(axis=1, keepdims=True)
    assert (sums > 0).any()
    expected = shares / np.where(sums > 0, sums, 1) * logit[:, None]
    scores = importance(model, X, Y, criterion="lrp", target=1)["b"]
    np.testing.assert_allclose(scores, abs(expected).mean(axis=0), rtol=1e-3, atol=1e-6)


def test_one_logit_is_its_own_target():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([L.Input((4,)), L.Dense(3, "relu", name="a"), L.Dense(1, "sigmoid")])
    y = Y % 2
    whole, each = importance(model, X, y, criterion="conductance"), {}
    for target in (0, 1):
        each[target] = importance(model, X, y, criterion="conductance", target=target)
        only = importance(model, X[y == target], criterion="conductance")
        np.testing.assert_allclose(each[target]["a"], only["a"], rtol=1e-5)
    assert whole["a"].max() > 0


def test_internal_influence_against_a_fine_sum():
    model = net("relu")
    held, best = weights_of(model), np.asarray(model(X)).argmax(axis=1)
    mean, t = X.mean(axis=0), (np.arange(4000) + 0.5)[:, None] / 4000
    expected = np.zeros((12, 6))
    for row in range(12):
        a = np.tanh((mean + t * (X[row] - mean)) @ held["a/kernel"] + held["a/bias"])
        open_ = (a @ held["b/kernel"] + held["b/bias"]) > 0
        slope = (open_ * held["c/kernel"][:, best[row]]) @ held["b/kernel"].T
        expected[row] = slope.mean(axis=0)
    scores = importance(model, X, criterion="internal_influence")["a"]
    np.testing.assert_allclose(scores, abs(expected).mean(axis=0), rtol=0.03, atol=2e-3)


def test_internal_influence_counts_both_ends_of_the_line_by_half():
    # Without kinks the trapezoid rule errs by the square of a step; a sum of either side wouldn't.
    model = net("tanh")
    held, best = weights_of(model), np.asarray(model(X)).argmax(axis=1)
    mean, t = X.mean(axis=0), (np.arange(2000) + 0.5)[:, None] / 2000
    expected = np.zeros((12, 6))
    for row in range(12):
        a = np.tanh((mean + t * (X[row] - mean)) @ held["a/kernel"] + held["a/bias"])
        b = np.tanh(a @ held["b/kernel"] + held["b/bias"])
        slope = ((1 - b**2) * held["c/kernel"][:, best[row]]) @ held["b/kernel"].T
        expected[row] = slope.mean(axis=0)
    scores = importance(model, X, criterion="internal_influence")["a"]
    np.testing.assert_allclose(scores, abs(expected).mean(axis=0), rtol=1e-3, atol=1e-5)


def test_completeness_is_reported_where_a_layer_cuts_the_graph():
    whole = importance(net("tanh"), X, criterion="conductance")
    assert set(whole.figures) == {"a", "b"}
    assert 0 < whole.figures["a"]["completeness_gap"] < 5e-3
    (a, slope), *_ = probes(net("tanh"), X)["a"].along(32)
    middle = (slope[:, 1:] + slope[:, :-1]) / 2
    total = (middle * np.diff(a, axis=1)).sum(axis=(1, 2, 3))
    logits = np.asarray(net("tanh")(X), float)
    best = logits.argmax(axis=1)
    start = np.asarray(net("tanh")(X.mean(axis=0, keepdims=True)), float)[0]
    moved = logits[np.arange(12), best] - start[best]
    gap = abs(total - moved).max() / abs(moved).max()
    assert whole.figures["a"]["completeness_gap"] == pytest.approx(gap, rel=1e-2)
    # Past this b there is a way around.
    assert importance(net(skip=True), X, criterion="conductance").figures == {}


def test_one_model_is_compiled_once(monkeypatch):
    counts = []
    trace = traced.Traced._trace
    monkeypatch.setattr(
        traced.Traced, "_trace", lambda self, *args: counts.append(1) or trace(self, *args)
    )
    names = [name for name in CRITERIA if not name.startswith("batchnorm")]
    scorer = Scorer(net(), X, Y, names)
    scorer()
    first = len(counts)
    for target in (None, 0, 1, 2):
        scorer(np.array([0, 1, 2, 3, 5]), target)
    assert len(counts) == first


def test_tensorflow_has_nothing_to_warn_of(caplog):
    for _ in range(7):
        importance(net(), X, Y, criterion="taylor")
        importance(net(), X, Y, criterion="conductance")
    assert "retracing" not in caplog.text


def test_a_frame_names_units_as_they_were_and_says_which_are_kept():
    from explainprune.pruning import prune, shrink

    model = net()
    how = {"criterion": "magnitude", "granularity": "unit", "schedule": "one_shot"}
    pruned = prune(model, sparsity=0.5, **how)
    shrunk = shrink(pruned.model, masks=pruned.masks)
    before = importance(model, X, Y).with_kept(pruned.masks).to_frame()
    after = importance(shrunk.model, X, Y).with_original(shrunk.kept).to_frame()
    for layer in ("a", "b"):
        alive = before[(before.layer == layer) & before.kept.fillna(False)]
        assert sorted(alive.unit) == sorted(after[after.layer == layer].unit)
    assert before[before.layer != "c"].kept.mean() == pytest.approx(0.5, abs=0.05)
