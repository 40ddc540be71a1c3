"""Agreement corrected for chance: 0 as random weights, 1 as identical, with Fieller's interval."""

import numpy as np
import pytest
from scipy.stats import t

from explainprune.analysis import compare
from explainprune.analysis.comparison.beyond_chance import beyond_chance
from explainprune.network import FormulaNetwork
from explainprune.types import Measure, Metric, metric

SAID = {
    "cosine": Metric("correlation", "Cosine", better="more", bounds=(-1.0, 1.0)),
    "moved_weight": Metric("share", "Moved weight", better="less", bounds=(0.0, 1.0)),
    "mine": Metric("number", "Mine"),
}


def measured(value, half=0.02, n=100):
    return Measure(value, (value - half, value + half), n)


def corrected(name, ours, chance):
    found = beyond_chance([name], SAID, {name: ours}, {name: chance})
    return found.get(f"{name}_beyond_chance")


@pytest.mark.parametrize(
    ("name", "ours", "chance", "expected"),
    [
        ("cosine", 1.0, 0.2, 1.0),
        ("cosine", 0.2, 0.2, 0.0),
        ("cosine", 0.6, 0.2, 0.5),
        ("cosine", -0.6, 0.2, -1.0),
        ("moved_weight", 0.0, 0.8, 1.0),
        ("moved_weight", 0.8, 0.8, 0.0),
        ("moved_weight", 0.2, 0.8, 0.75),
    ],
)
def test_by_hand(name, ours, chance, expected):
    assert corrected(name, measured(ours), measured(chance)).value == pytest.approx(expected)


def test_the_interval_holds_the_truth():
    """80 rows against 8 copies that differ much: 95 % of 2,000 draws, and not far more."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(2000):
        ours, copies = rng.normal(0.2, 0.2, 80), rng.normal(0.8, 0.08, 8)
        parts = [
            (v.mean(), t.ppf(0.975, len(v) - 1) * v.std(ddof=1) / np.sqrt(len(v)))
            for v in (ours, copies)
        ]
        (a, half), (r, wide) = parts
        found = corrected("moved_weight", measured(a, half), measured(r, wide))
        held += found.low <= 0.75 <= found.high
    assert 0.935 < held / 2000 < 0.97


def test_what_has_no_scale_says_why():
    unsure = corrected("cosine", measured(0.5), measured(0.9, half=0.2))
    assert unsure.value == pytest.approx(-4.0)
    assert unsure.interval is None
    assert "can't be told from identical" in unsure.note
    assert corrected("cosine", measured(0.5), measured(1.0)).value is None
    lonely = corrected("cosine", Measure(0.5, None, 1, note="a single row"), measured(0.1))
    assert (lonely.interval, lonely.note) == (None, "a single row")
    assert corrected("mine", measured(0.5), measured(0.1)) is None


def line(w):
    w = np.asarray(w, float)
    return FormulaNetwork(lambda x: x @ w, len(w), gradient=lambda x: np.broadcast_to(w, x.shape))


def test_a_comparison_has_it_for_every_agreement_that_says_what_is_best():
    @metric("share", "Mine", better="more")
    def mine(a, b, *, k):
        return (np.sign(a) == np.sign(b)).mean(axis=1)

    x = np.random.default_rng(0).normal(size=(120, 6))
    w = np.arange(1.0, 7.0)
    options = {"detail": False, "background": 20, "k": 2}
    options["metrics"] = ["cosine", mine, "accuracy"]
    found = compare(line(w), line(w[::-1]), x, arms={"twin": line(w)}, **options)
    figures = found.comparisons["dense|other"]
    for name in ("moved_weight", "cosine", "mine"):
        ours, chance = figures[name], found.comparisons["dense|random_weights"][name]
        best = 0.0 if name == "moved_weight" else 1.0
        expected = (ours.value - chance.value) / (best - chance.value)
        assert figures[f"{name}_beyond_chance"].value == pytest.approx(expected)
        assert found.metrics[f"{name}_beyond_chance"].bounds == (None, 1.0)
    assert found.comparisons["dense|twin"]["cosine_beyond_chance"].value == pytest.approx(1)
    assert "cosine_beyond_chance" not in found.comparisons["dense|random_weights"]
