"""Figures over seeds: hand-made seeds with known means, intervals and verdicts."""

import math
from dataclasses import replace

import pytest
from scipy.stats import t

from explainprune.analysis.intervals import over_units
from explainprune.analysis.metrics import METRICS
from explainprune.study.aggregate import (
    comparisons_over_seeds,
    levels_over_seeds,
    models_over_seeds,
    per_seed,
)
from explainprune.study.config import ExplainSettings
from explainprune.study.verdicts import on_scale, procedure_clarity, procedure_verdict
from explainprune.types import Comparison, Measure, Metric, ModelRow, Verdict, metric_of

NO = "made by hand"
SAID = {name: metric_of(function) for name, function in METRICS.items()}


def over_seeds(name, values):
    return over_units(SAID[name], values)


def measure(value):
    return Measure(value, None, 10, "samples", NO)


def seed_of(disagreement, *, noise=0.01, ratio=0.5, loss=0.0, accuracy=0.9, connections=40):
    """One seed's comparison whose figures are what is given."""
    verdict = Verdict(
        "preserved", "", "endpoint", 0.1,
        evidence={
            "disagreement": measure(disagreement),
            "excess": measure(disagreement - noise),
            "noise": measure(noise),
        },
    )  # fmt: skip
    clarity = Verdict(
        "clearer", "", "endpoint", 0.05,
        evidence={
            "effective_features_ratio": measure(ratio),
            "effective_features_dense": measure(20.0),
            "effective_features_other": measure(20.0 * ratio),
            "accuracy_drop": measure(loss),
            "naopc_drop": measure(0.0),
        },
    )  # fmt: skip
    return Comparison(
        verdict,
        clarity,
        models={
            "dense": ModelRow("dense", accuracy=accuracy, params=100, live_connections=100),
            "pruned": ModelRow("pruned", accuracy=accuracy - loss, live_connections=connections),
        },
        comparisons={
            "dense|pruned": {"signed_top_k": measure(1 - disagreement)},
            "dense|placebo": {"signed_top_k": measure(0.98)},
            "dense|retrained": {"signed_top_k": measure(0.78)},
            "dense|redrawn_background": {"signed_top_k": measure(1 - noise)},
        },
        metrics=SAID,
    )


def t_interval(values):
    n, mean = len(values), sum(values) / len(values)
    sd = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
    half = t.ppf(0.975, n - 1) * sd / math.sqrt(n)
    return mean - half, mean + half


def test_seeds_are_the_unit_and_shares_get_logit_intervals():
    values = [0.90, 0.94, 0.97]
    found = over_seeds("signed_top_k", values)
    low, high = t_interval([math.log(v / (1 - v)) for v in values])
    assert found.value == pytest.approx(sum(values) / 3)
    assert found.interval == pytest.approx([1 / (1 + math.exp(-e)) for e in (low, high)])
    assert (found.n, found.unit) == (3, "seeds")


def test_correlations_get_fisher_intervals_and_the_rest_plain_ones():
    values = [0.2, -0.1, 0.4]
    low, high = t_interval([math.atanh(v) for v in values])
    found = over_seeds("rank_correlation", values)
    assert found.interval == pytest.approx((math.tanh(low), math.tanh(high)))
    assert over_seeds("log_loss", values).interval == pytest.approx(t_interval(values))


def test_only_what_all_seeds_have_is_averaged():
    seeds = [seed_of(0.1), seed_of(0.3)]
    seeds[1].comparisons.pop("dense|placebo")
    found = comparisons_over_seeds(seeds)
    assert "dense|placebo" not in found
    assert found["dense|pruned"]["signed_top_k"].value == pytest.approx(0.8)


def test_sizes_are_means_and_say_so():
    rows = models_over_seeds([seed_of(0.1, connections=40), seed_of(0.1, connections=45)])
    assert rows["pruned"].live_connections == 42
    assert rows["pruned"].note == "Sizes are means over seeds."
    assert rows["dense"].note == ""
    assert (rows["dense"].n, rows["dense"].unit) == (2, "seeds")


def test_eight_like_seeds_preserve_and_two_are_an_illustration():
    values = [0.030, 0.034, 0.028, 0.033, 0.031, 0.029, 0.032, 0.035]
    many = procedure_verdict([seed_of(v) for v in values], ExplainSettings(), k=4)
    assert (many.label, many.scope, many.illustrative) == ("preserved", "procedure", False)
    assert many.evidence["disagreement"].value == pytest.approx(sum(values) / 8)
    assert many.evidence["placebo"].value == pytest.approx(0.02)
    few = procedure_verdict([seed_of(v) for v in values[:3]], ExplainSettings(), k=4)
    assert few.illustrative


def test_a_large_excess_is_a_change():
    seeds = [seed_of(v) for v in (0.40, 0.42, 0.41, 0.43, 0.39, 0.40)]
    assert procedure_verdict(seeds, ExplainSettings(), k=4).label == "changed"


def test_clearer_needs_a_model_that_works():
    ratios = (0.50, 0.52, 0.48, 0.51, 0.49, 0.50)
    works = [seed_of(0.1, ratio=r, loss=0.001 * i) for i, r in enumerate(ratios)]
    assert procedure_clarity(works, ExplainSettings()).label == "clearer"
    broken = [seed_of(0.1, ratio=r, loss=0.2 + 0.001 * i) for i, r in enumerate(ratios)]
    verdict = procedure_clarity(broken, ExplainSettings())
    assert verdict.label == "inconclusive"
    assert "broken" in verdict.sentence


def test_the_scale_runs_from_placebo_to_retrained():
    assert on_scale([seed_of(0.02), seed_of(0.02)]).value == pytest.approx(0.0)
    assert on_scale([seed_of(0.22), seed_of(0.22)]).value == pytest.approx(1.0)
    assert on_scale([seed_of(0.12), seed_of(0.32)]).value == pytest.approx(1.0)


def test_levels_are_averaged_row_by_row():
    def level(value):
        measures = {"agreement": value, "accuracy": 0.5}
        return {"arm": "pruned", "sparsity": 0.9, "achieved": 0.9, "measures": measures}

    found = levels_over_seeds([{"levels": [level(0.7)]}, {"levels": [level(0.9)]}], SAID)
    assert len(found) == 1
    assert found[0].measures["agreement"].value == pytest.approx(0.8)
    assert found[0].measures["accuracy"].value == 0.5


def test_each_seeds_own_figures_are_kept():
    rows = per_seed([{"seed": 7}], [seed_of(0.1)])
    assert rows[0]["seed"] == 7
    assert rows[0]["dense|pruned"] == {"signed_top_k": pytest.approx(0.9)}


def test_seeds_that_agree_to_the_row_have_no_interval_at_the_edge_neither():
    found = over_seeds("accuracy", [0.975, 0.975, 0.975])
    assert (found.value, found.interval) == (0.975, None)
    assert found.note == "all 3 seeds gave the same, which doesn't tell how much seeds differ"
    assert over_seeds("signed_top_k", [1.0, 1.0, 1.0]).interval is None
    assert over_seeds("log_loss", [0.7, 0.7]).interval is None
    assert over_seeds("accuracy", [0.975, 0.975, 0.98]).interval is not None


def test_a_users_figure_is_read_by_what_it_says_of_itself_by_every_method():
    """A correlation of one's own gets Fisher's interval; a share of one's own the logit's."""
    values = [0.2, -0.1, 0.4]
    pairs = [
        {"mine": measure(v), "mine@exact": measure(v), "ours": measure(v + 0.5), "odd": measure(v)}
        for v in values
    ]
    said = {"mine": Metric("correlation"), "ours": Metric("share")}
    seeds = [
        replace(seed_of(0.1), comparisons={"dense|pruned": pair}, metrics=said) for pair in pairs
    ]
    found = comparisons_over_seeds(seeds)["dense|pruned"]
    low, high = t_interval([math.atanh(v) for v in values])
    for name in ("mine", "mine@exact"):
        assert found[name].interval == pytest.approx((math.tanh(low), math.tanh(high)))
    low, high = t_interval([math.log((v + 0.5) / (0.5 - v)) for v in values])
    assert found["ours"].interval == pytest.approx([1 / (1 + math.exp(-e)) for e in (low, high)])
    assert found["odd"].interval == pytest.approx(t_interval(values))  # says nothing of itself
