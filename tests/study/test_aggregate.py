"""Figures over seeds: hand-made seeds with known means, intervals and verdicts."""

import math
from dataclasses import replace

import pytest
from scipy.optimize import brentq
from scipy.stats import t
from study_cases import NO, SAID, measure, seed_of

from explainprune.analysis.intervals import over_units
from explainprune.study.aggregate import (
    comparisons_over_seeds,
    levels_over_seeds,
    models_over_seeds,
    per_seed,
)
from explainprune.study.config import ExplainSettings
from explainprune.study.verdicts import on_scale, procedure_clarity, procedure_verdict
from explainprune.types import Measure, Metric


def over_seeds(name, values):
    return over_units(SAID[name], values)


def johnson(values):
    """The interval from the definition: what the transformed statistic doesn't refuse."""
    n, mean = len(values), sum(values) / len(values)
    off = [v - mean for v in values]
    sd = math.sqrt(sum(v * v for v in off) / (n - 1))
    skew = sum(v**3 for v in off) * n / ((n - 1) * (n - 2)) / sd**3

    def transformed(t, y):  # of t = (mean - mu) sqrt(n) / sd
        r = skew / math.sqrt(n)
        return t + r * t**2 / 3 + r**2 * t**3 / 27 + r / 6 - y

    most = t.ppf(0.975, n - 1)
    ends = [brentq(transformed, -1e6, 1e6, args=(y,)) for y in (most, -most)]
    step = sd / math.sqrt(n)
    return mean - max(ends[0], most) * step, mean - min(ends[1], -most) * step


def test_seeds_are_the_unit_and_the_interval_is_of_the_mean_that_is_printed():
    for values in ([0.05, 0.06, 0.03], [0.90, 0.94, 0.97, 0.5, 0.91, 0.93], [0.1, 0.12, 0.3, 0.11]):
        found = over_seeds("signed_top_k", values)
        low, high = johnson(values)
        assert found.value == pytest.approx(sum(values) / len(values))
        assert found.interval == pytest.approx((max(0, low), min(1, high)))
        assert (found.n, found.unit) == (len(values), "seeds")


def test_intervals_end_where_figures_do_and_ratios_have_a_geometric_mean():
    values = [0.2, -0.1, 0.4]
    low, high = johnson(values)
    assert over_seeds("rank_correlation", values).interval == pytest.approx(
        (max(-1, low), min(1, high))
    )
    assert over_seeds("log_loss", [0.2, 0.1, 0.9]).low == 0.0
    found = over_units(Metric("ratio", bounds=(0.0, None)), [0.25, 1.0, 4.0])
    assert found.value == pytest.approx(1.0)
    assert found.interval == pytest.approx(
        tuple(math.exp(end) for end in johnson([math.log(v) for v in (0.25, 1.0, 4.0)]))
    )


def test_only_what_all_seeds_have_is_averaged():
    seeds = [seed_of(0.1), seed_of(0.3)]
    seeds[1].comparisons.pop("dense|placebo")
    found = comparisons_over_seeds(seeds)
    assert "dense|placebo" not in found
    assert found["dense|pruned"]["moved_weight"].value == pytest.approx(0.2)


def test_sizes_are_means_and_say_so():
    rows = models_over_seeds([seed_of(0.1, connections=40), seed_of(0.1, connections=45)])
    assert rows["pruned"].live_connections == 42
    assert rows["pruned"].note == "Sizes are means over seeds."
    assert rows["dense"].note == ""
    assert (rows["dense"].n, rows["dense"].unit) == (2, "seeds")


def test_eight_like_seeds_preserve_and_below_six_there_is_no_label():
    values = [0.030, 0.034, 0.028, 0.033, 0.031, 0.029, 0.032, 0.035]
    many = procedure_verdict([seed_of(v) for v in values], ExplainSettings())
    assert (many.label, many.scope, many.illustrative) == ("preserved", "procedure", False)
    assert many.evidence["moved_weight"].value == pytest.approx(sum(values) / 8)
    assert many.evidence["placebo"].value == pytest.approx(0.02)
    few = procedure_verdict([seed_of(v) for v in values[:5]], ExplainSettings())
    assert (few.label, few.illustrative) == ("inconclusive", True)
    assert few.evidence["moved_weight"].value == pytest.approx(sum(values[:5]) / 5)
    reason = "Five seeds can't decide: a verdict on a procedure needs 6 at least."
    assert few.conditions == (reason,) and few.sentence.startswith("For this procedure, over five")
    assert reason in few.sentence
    clarity = procedure_clarity([seed_of(v) for v in values[:5]], ExplainSettings())
    assert (clarity.label, clarity.more) == ("inconclusive", None)
    assert reason in clarity.sentence and "effective features instead of 20" in clarity.sentence


def test_an_open_procedure_says_how_many_more_seeds_and_what_these_can_tell():
    values = [0.08, 0.17, 0.11, 0.15, 0.10, 0.14]
    found = procedure_verdict([seed_of(v) for v in values], ExplainSettings())
    assert found.label == "inconclusive"
    assert found.more > 0 and found.more_backgrounds == 0
    assert "more seeds would most likely decide" in found.sentence
    mean = sum(values) / 6
    error = math.sqrt(sum((v - mean) ** 2 for v in values) / 5 / 6)
    below = 0.15 - t.ppf(0.975, 5) * error
    half = next(point for point in found.power if point.preserved == 0.5)
    assert half.true == pytest.approx(below)
    few = procedure_verdict([seed_of(v) for v in values[:5]], ExplainSettings())
    assert (few.power, few.more) == ((), None)


def test_seeds_that_all_move_beyond_the_margin_are_a_change():
    seeds = [seed_of(v) for v in (0.40, 0.42, 0.41, 0.43, 0.39, 0.40)]
    assert procedure_verdict(seeds, ExplainSettings()).label == "changed"
    few = procedure_verdict(seeds[:5], ExplainSettings())
    assert (few.label, few.illustrative) == ("inconclusive", True)
    within = procedure_verdict(seeds, ExplainSettings(margin=0.39))
    assert within.label == "inconclusive"


def test_the_floor_is_taken_off_before_a_change_is_called():
    seeds = [seed_of(v, floor=0.3) for v in (0.40, 0.42, 0.41, 0.43, 0.39, 0.40)]
    assert procedure_verdict(seeds, ExplainSettings()).label == "inconclusive"


def test_circuits_of_seeds_stand_beside_the_verdict_and_decide_nothing():
    works = [seed_of(0.1, ratio=0.5 + 0.01 * i) for i in range(6)]
    plain = procedure_clarity(works, ExplainSettings())
    for i, each in enumerate(works):
        each.clarity.evidence["circuit_dense"] = measure(10.0 + i)
        each.clarity.evidence["circuit_other"] = measure(20.0)
    works[0].clarity.evidence.pop("circuit_other")  # what one seed lacks isn't averaged
    found = procedure_clarity(works, ExplainSettings())
    assert (found.label, found.sentence) == (plain.label, plain.sentence)
    figure = found.evidence["circuit_dense"]
    assert figure.value == pytest.approx(12.5)
    assert figure.interval == pytest.approx(johnson([10.0, 11, 12, 13, 14, 15]))
    assert set(found.evidence) == {*plain.evidence, "circuit_dense"}


def test_clearer_needs_a_model_that_works():
    ratios = (0.50, 0.52, 0.48, 0.51, 0.49, 0.50)
    works = [seed_of(0.1, ratio=r, loss=0.001 * i) for i, r in enumerate(ratios)]
    assert procedure_clarity(works, ExplainSettings()).label == "clearer"
    broken = [seed_of(0.1, ratio=r, loss=0.2 + 0.001 * i) for i, r in enumerate(ratios)]
    verdict = procedure_clarity(broken, ExplainSettings())
    assert verdict.label == "inconclusive"
    assert "broken" in verdict.sentence


def test_the_scale_runs_from_placebo_to_retrained():
    def place(*moved):
        marks = [(0.02, 0.22), (0.021, 0.22), (0.019, 0.221)]
        return on_scale(
            [
                seed_of(v, placebo=near, retrained=far)
                for v, (near, far) in zip(moved, marks, strict=True)
            ]
        )

    assert place(0.02, 0.021, 0.019).value == pytest.approx(0.0)
    assert place(0.22, 0.22, 0.221).value == pytest.approx(1.0)
    expected = (0.1 / 0.2 + 0.299 / 0.199 + 0.101 / 0.202) / 3
    assert place(0.12, 0.32, 0.12).value == pytest.approx(expected)
    assert place(0.12, 0.32, 0.12).interval == pytest.approx(
        johnson([0.1 / 0.2, 0.299 / 0.199, 0.101 / 0.202])
    )


def test_there_is_no_place_between_marks_that_overlap():
    marks = [(0.02, 0.22), (0.2, 0.05), (0.1, 0.15)]
    seeds = [seed_of(0.1, placebo=near, retrained=far) for near, far in marks]
    assert on_scale(seeds) is None
    seeds[0].comparisons.pop("dense|retrained")
    assert on_scale(seeds) is None


def test_the_sentence_says_where_the_procedure_lies_and_what_skewed_seeds_do():
    moved = (0.10, 0.11, 0.12, 0.10, 0.11, 0.115)
    seeds = [seed_of(v, placebo=0.02 + v / 100, retrained=0.22 + v / 10) for v in moved]
    found = procedure_verdict(seeds, ExplainSettings())
    first = found.sentence.split(". ")[0]
    assert "more than further training without pruning moves and less than training from" in first
    assert found.label == "preserved" and first.endswith(": preserved")
    assert "with six seeds as skewed as any that were tried, 7.7 %." in found.sentence
    far = [seed_of(v + 0.3, placebo=v + 0.29, retrained=0.9 + v / 10) for v in moved]
    changed = procedure_verdict(far, ExplainSettings())
    assert changed.label == "changed"
    assert "the change comes from the training, not from the pruning." in changed.sentence


def test_doubts_of_seeds_are_counted_and_block_preserved_alone():
    doubt = ("Two runs of the explainer differ.", "Another.")
    values = (0.030, 0.034, 0.028, 0.033, 0.031, 0.029)
    seeds = [seed_of(v, conditions=doubt if i < 2 else ()) for i, v in enumerate(values)]
    found = procedure_verdict(seeds, ExplainSettings())
    assert found.label == "inconclusive"
    assert found.conditions == ("In 2 of six seeds: Two runs of the explainer differ.",)
    far = [seed_of(0.4 + v, conditions=doubt) for v in values]
    assert procedure_verdict(far, ExplainSettings()).label == "changed"


def test_one_function_in_every_seed_is_preserved_and_equal_seeds_have_their_rows_interval():
    alike = [replace(seed_of(0.0, floor=0.0), provenance={"identical_models": True})] * 6
    found = procedure_verdict(alike, ExplainSettings())
    assert (found.label, found.evidence["moved_weight"].interval) == ("preserved", (0.0, 0.0))
    equal = [seed_of(0.1, loss=0.01) for _ in range(6)]
    for i, seed in enumerate(equal):
        seed.clarity.evidence["accuracy_drop"] = Measure(0.01, (-0.01 * i, 0.02), 10, "samples", NO)
    drop = procedure_clarity(equal, ExplainSettings()).evidence["accuracy_drop"]
    assert drop.interval == (-0.05, 0.02)
    assert drop.note.endswith("how much seeds differ: the widest of their own intervals")


def test_levels_are_averaged_row_by_row():
    def level(value):
        measures = {"moved_weight": value, "accuracy": 0.5}
        return {"arm": "pruned", "sparsity": 0.9, "achieved": 0.9, "measures": measures}

    found = levels_over_seeds([{"levels": [level(0.7)]}, {"levels": [level(0.9)]}], SAID)
    assert len(found) == 1
    assert found[0].measures["moved_weight"].value == pytest.approx(0.8)
    assert found[0].measures["accuracy"].value == 0.5


def test_each_seeds_own_figures_are_kept():
    rows = per_seed([{"seed": 7}], [seed_of(0.1)])
    assert rows[0]["seed"] == 7
    assert rows[0]["dense|pruned"] == {"moved_weight": 0.1}


def test_seeds_that_agree_to_the_row_have_no_interval_at_the_edge_neither():
    found = over_seeds("accuracy", [0.975, 0.975, 0.975])
    assert (found.value, found.interval) == (0.975, None)
    assert found.note == "all 3 seeds gave the same, which doesn't tell how much seeds differ"
    assert over_seeds("moved_weight", [0.0, 0.0, 0.0]).interval is None
    assert over_seeds("log_loss", [0.7, 0.7]).interval is None
    assert over_seeds("accuracy", [0.975, 0.975, 0.98]).interval is not None


def test_a_users_figure_is_read_by_what_it_says_of_itself_by_every_method():
    """A correlation of one's own ends at ±1, a ratio of one's own has a geometric mean."""
    values = [0.9, 0.2, 0.99]
    pairs = [{"mine": measure(v), "mine@exact": measure(v), "odd": measure(v)} for v in values]
    said = {"mine": Metric("correlation", bounds=(-1.0, 1.0))}
    seeds = [
        replace(seed_of(0.1), comparisons={"dense|pruned": pair}, metrics=said) for pair in pairs
    ]
    found = comparisons_over_seeds(seeds)["dense|pruned"]
    low, high = johnson(values)
    assert low < -1 < 1 < high
    for name in ("mine", "mine@exact"):
        assert found[name].interval == (-1.0, 1.0)
    assert found["odd"].interval == pytest.approx((low, high))  # says nothing of itself
