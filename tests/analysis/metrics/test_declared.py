"""What metrics say of themselves: every one of ours does, and a user's function may."""

from functools import partial

import numpy as np
import pytest

import explainprune as xp
from explainprune.analysis.metrics import METRICS
from explainprune.network import FormulaNetwork
from explainprune.types import Comparison, Metric, metric, metric_of, said_of

QUICK = {"background": 20, "detail": False, "k": 2}
UNSEEN = 1 - 0.025 ** (1 / 60)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_is(name):
    said = metric_of(METRICS[name])
    assert METRICS[name].metric is said  # and isn't guessed
    assert said.label[0].isupper()
    assert said.better in ("more", "less")


def formula(w):
    w = np.asarray(w, float)
    return FormulaNetwork(lambda x: x @ w, len(w), gradient=lambda x: np.broadcast_to(w, x.shape))


def figures(*metrics, methods=("expected_gradients",), **options):
    """Figures of two formulas whose leading reasons are the same on all of 60 rows."""
    x = np.random.default_rng(0).normal(size=(60, 6))
    w = np.arange(1.0, 7.0) * 1.02
    w[0] += 0.001
    options = QUICK | {"metrics": list(metrics), "methods": list(methods)} | options
    return xp.compare(formula(np.arange(1.0, 7.0)), formula(w), x, **options)


def ones(a, b, *, k):
    return np.ones(len(a))


def test_equal_values_of_a_function_that_says_nothing_have_no_interval():
    found = figures(ones).comparisons["dense|other"]["ones"]
    assert (found.value, found.interval) == (1.0, None)
    assert found.note == "all 60 values are equal: how far others may lie isn't known"


@pytest.mark.parametrize(
    ("kind", "bounds", "low"),
    [
        ("share", None, 1 - UNSEEN),
        ("correlation", None, 1 - 2 * UNSEEN),
        ("number", (-3.0, 1.0), 1 - 4 * UNSEEN),
        ("ratio", None, None),  # no largest ratio is known
    ],
)
def test_a_users_function_says_how_far_others_may_lie(kind, bounds, low):
    mine = metric(kind, "Mine", better="more", bounds=bounds)(lambda a, b, *, k: np.ones(len(a)))
    mine.__name__ = "mine"
    methods = ("expected_gradients", "gradient_input")
    found = figures(mine, methods=methods).comparisons["dense|other"]
    for name in ("mine", "mine@gradient_input"):
        assert found[name].low == (None if low is None else pytest.approx(low))


def test_a_users_quality_and_behaviour_are_read_alike():
    @metric("share", "All alike")
    def alike(values):
        return np.ones(len(values))

    @metric("share", "Near", of_two=True)
    def near(outputs_a, outputs_b=None, y=None):
        return np.asarray(np.abs(outputs_a - outputs_b).max(axis=1) < 100, dtype=float)

    result = figures(alike, near)
    assert result.models["dense"].slices["all rows"]["alike"].low == pytest.approx(1 - UNSEEN)
    assert result.comparisons["dense|other"]["near"].low == pytest.approx(1 - UNSEEN)


def test_what_it_says_travels_with_the_results():
    @metric("correlation", "My own", "what I mean", better="more")
    def mine(a, b, *, k):
        return np.linspace(0, 1, len(a))

    result = figures(mine)
    again = Comparison.from_json(result.to_json())
    assert again.metrics["mine"] == Metric(
        "correlation", "My own", "what I mean", "more", (-1.0, 1.0)
    )
    assert said_of("mine@gradient_input", again.metrics) == again.metrics["mine"]
    assert said_of("nobodys_own", again.metrics) == Metric(label="nobodys own")


def test_a_partial_says_what_its_function_says():
    assert metric_of(partial(METRICS["cosine"], k=3)) == metric_of(METRICS["cosine"])


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"is one of share, .*Received: 'shares'"):
        metric("shares")
    with pytest.raises(ValueError, match=r"better is 'more', 'less' or '' .*Received: 'higher'"):
        metric("share", better="higher")
