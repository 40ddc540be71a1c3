"""What the sections work out from results, beyond what the page's own tests see."""

from dataclasses import replace

import numpy as np
import pytest

from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.changes import changes
from explainprune.reporting.views.drawings import drawings_of, panels
from explainprune.reporting.views.features import features, leading, picture
from explainprune.reporting.views.levels import plots, sweep
from explainprune.reporting.views.metrics import metrics
from explainprune.reporting.views.performance import performance
from explainprune.reporting.views.samples import gallery, largest_of
from explainprune.reporting.views.scales import complement
from explainprune.reporting.views.sizes import sizes
from explainprune.reporting.views.units import units
from explainprune.reporting.views.verdicts import cards
from explainprune.types import Measure


def labels(scale):
    return [line.label for line, _ in scale.rows]


def test_arms_lie_from_the_most_to_the_least_alike(comparison):
    scale = cards(subject_of(comparison))[0].figures[-1]
    assert labels(scale) == [
        "Background redrawn", "Placebo", "pruned", "Retrained", "Pruned at random",
        "Samples shuffled", "Random weights",
    ]  # fmt: skip
    values = [line.measures[0][1].value for line, _ in scale.rows]
    agreement = comparison.comparisons["dense|retrained"]["signed_top_k"].value
    assert values[3] == pytest.approx(1 - agreement)
    assert values == sorted(values)
    assert [line.strong for line, _ in scale.rows] == [label == "pruned" for label in labels(scale)]


def test_what_the_verdict_states_itself_is_not_worked_out_again(comparison):
    rows = {line.label: line for line, _ in cards(subject_of(comparison))[0].figures[-1].rows}
    stated = comparison.verdict.evidence["random_weights"]
    assert rows["Random weights"].measures == (("mark", stated),)
    assert not rows["Random weights"].derived
    assert rows["Placebo"].derived


def test_a_verdict_without_evidence_still_shows_its_disagreement(comparison):
    bare = replace(comparison, verdict=replace(comparison.verdict, evidence={}))
    (line, _), *rest = cards(subject_of(bare))[0].figures[0].rows
    agreement = comparison.comparisons["dense|pruned"]["signed_top_k"]
    assert line.measures[0][1] == complement(agreement)
    assert line.derived
    assert not rest


def test_evidence_of_both_models_shares_an_axis(comparison):
    card = cards(subject_of(comparison))[1]
    assert [scale.title for scale in card.figures] == [
        "Ratio of effective features", "Effective features", "Fall of accuracy",
        "Fall of faithfulness",
    ]  # fmt: skip
    assert labels(card.figures[1]) == ["dense", "pruned"]
    assert card.figures[0].zone.low == pytest.approx(1 / 1.05)
    assert card.figures[0].zone.high == 1.05
    assert [term.label for term, *_ in card.beside][:2] == [
        "Inputs with a path to an output", "Live connections",
    ]  # fmt: skip


def test_the_place_between_placebo_and_retrained_is_found_in_either_home(comparison):
    stated = Measure(1.5, None, 9, note="one pair has no interval")
    verdict = comparison.verdict
    own = replace(verdict, evidence=verdict.evidence | {"position": stated})
    assert cards(subject_of(replace(comparison, verdict=own)))[0].place == stated
    found = comparison.comparisons["dense|pruned"]["placebo_to_retrained"]
    assert cards(subject_of(comparison))[0].place == found


@pytest.mark.parametrize("interval", [None, (0.2, 0.6)])
def test_complements_keep_the_share_and_turn_the_interval(interval):
    measure = Measure(0.5, interval, 7, "seeds", "note")
    turned = complement(measure)
    assert (turned.value, turned.n, turned.unit, turned.note) == (0.5, 7, "seeds", "note")
    assert turned.interval == (interval and (0.4, 0.8))
    assert complement(Measure(None, None, note="why")).value is None


def test_chance_does_not_flatten_the_scores(comparison):
    scores = performance(subject_of(comparison)).scores
    assert scores.axis.low == pytest.approx(0.8)
    assert "Random weights" in labels(scores)
    assert [term.label for term in scores.columns] == ["AUC", "Log loss"]


def test_slices_join_scores_and_pair_figures(comparison):
    slices = performance(subject_of(comparison)).slices
    assert labels(slices) == (
        ["all rows", *(f"class {k}" for k in range(10)), "group east", "flipped"]
    )
    lines = {line.label: line for line, _ in slices.rows}
    line = lines["class 3"]
    assert [role for role, _ in line.measures] == ["dense", "other"]
    within = comparison.slices["dense|pruned"]["class 3"]
    assert line.beside == (within["signed_top_k"], within["churn"])
    whole = comparison.comparisons["dense|pruned"]
    assert lines["all rows"].beside == (whole["signed_top_k"], whole["churn"])
    assert [m.value for _, m in lines["all rows"].measures] == [0.9722, 0.9611]
    assert not lines["flipped"].measures
    assert lines["flipped"].common.n == 1


def test_layers_count_units_and_connections(comparison):
    rows = {row.layer: row for row in sizes(subject_of(comparison)).layers}
    drawings = comparison.detail.drawings
    kept = [u.kept for u in comparison.detail.units if u.layer == "hidden"]
    assert (rows["hidden"].kept, rows["hidden"].total) == (sum(kept), 48)
    assert rows["hidden_2"].before == 48 * 24 == drawings["dense"].edges[1].total
    assert rows["logits"].after == drawings["pruned"].edges[2].total


def test_drawings_are_found_by_name_or_by_order(comparison):
    drawings = comparison.detail.drawings
    turned = dict(reversed(drawings.items()))
    named = replace(comparison, detail=replace(comparison.detail, drawings=turned))
    assert drawings_of(subject_of(named)) == (drawings["dense"], drawings["pruned"])
    other = dict(zip(("before", "after"), drawings.values(), strict=True))
    ordered = replace(comparison, detail=replace(comparison.detail, drawings=other))
    assert drawings_of(subject_of(ordered)) == (drawings["dense"], drawings["pruned"])
    assert [panel.role for panel in panels(subject_of(ordered))] == ["dense", "other"]
    one = replace(comparison, detail=replace(comparison.detail, drawings={"dense": None}))
    assert not panels(subject_of(one))


def test_the_leading_features_of_either_model_come_first(comparison):
    rows = leading(subject_of(comparison))
    sizes_of = [max(row.dense, row.other) for row in comparison.detail.features]
    assert [max(r.dense, r.other) for r in rows] == sorted(sizes_of, reverse=True)[:20]
    assert features(subject_of(comparison)).total == 64


def test_heat_maps_follow_the_features_names_not_their_order(comparison):
    detail = comparison.detail
    turned = replace(detail, features=detail.features[::-1])
    first, second = (
        features(subject_of(replace(comparison, detail=d))).heat for d in (detail, turned)
    )
    assert first.dense == second.dense
    assert first.dense != first.other
    assert first.largest == max(max(r.dense, r.other) for r in detail.features)


def test_what_changed_most_comes_first(comparison):
    shown = changes(subject_of(comparison))
    by_size = sorted((row.change for row in comparison.detail.features), reverse=True)
    assert [row.change for row, _ in shown.rows] == by_size[:10]
    assert (shown.total, shown.largest) == (64, by_size[0])
    assert "strongest colour" in shown.heat


def test_results_without_a_change_have_no_such_part(comparison):
    bare = replace(comparison, detail=replace(comparison.detail, rescaling=None))
    assert changes(subject_of(bare)) is None


def test_pictures_add_up_channels():
    values = np.arange(12.0)
    assert picture(values, (2, 2, 3)).tolist() == [[3.0, 12.0], [21.0, 30.0]]
    assert picture(values, (3, 4)).shape == (3, 4)


def test_units_are_listed_best_first_within_their_layer(comparison):
    shown = [bar.row for bar in units(subject_of(comparison)).rows]
    assert [u.layer for u in shown] == ["hidden"] * 48 + ["hidden_2"] * 24 + ["logits"] * 10
    ranks = [u.rank_before for u in shown if u.layer == "hidden"]
    assert ranks == sorted(ranks)


def test_each_sample_has_one_symmetric_scale(comparison):
    for shown in gallery(subject_of(comparison)).shown:
        sample = shown.sample
        difference = [b - a for a, b in zip(sample.dense, sample.other, strict=True)]
        largest = max(abs(v) for v in (*sample.dense, *sample.other, *difference))
        assert shown.largest == largest_of(sample) == pytest.approx(largest)
        assert len(shown.pictures) == 4


def test_only_another_class_is_a_flip(comparison):
    flipped = [shown.flipped for shown in gallery(subject_of(comparison)).shown]
    assert flipped == [s.why == "prediction flipped" for s in comparison.detail.samples]
    assert any(flipped)
    regression = replace(comparison, provenance={"task": "regression"})
    assert not any(shown.flipped for shown in gallery(subject_of(regression)).shown)


def test_figures_of_a_sweep_hold_their_levels(study):
    subject = subject_of(study)
    drawn = {plot.title: plot for plot in plots(subject)}
    assert list(drawn) == [
        "Signed top-k agreement", "Accuracy", "Effective features", "Live connections",
        "Signed top-k agreement against accuracy",
    ]  # fmt: skip
    pruned = next(s for s in drawn["Accuracy"].series if s.label == "pruned")
    expected = [(lv.achieved, lv.measures["accuracy"]) for lv in study.levels if lv.arm == "pruned"]
    assert [(p.x, p.y, p.y_interval) for p in pruned.points] == [
        (x, m.value, m.interval) for x, m in expected
    ]
    assert drawn["Signed top-k agreement"].level == ("random weights", 0.0412)
    assert drawn["Accuracy"].level == ("dense", 0.9722)
    both = drawn["Signed top-k agreement against accuracy"]
    against = next(s for s in both.series if s.label == "pruned")
    assert [point.x for point in against.points] == [m.value for _, m in expected]


def test_a_single_pair_has_no_sweep(comparison, study):
    assert sweep(subject_of(comparison)) is None
    assert not plots(subject_of(replace(study, levels=())))


def test_every_seed_has_a_column(study):
    lines = {label: values for label, _, values in sweep(subject_of(study)).per_seed}
    assert lines["dense | pruned · Signed top-k agreement"] == tuple(
        seed["dense|pruned"]["signed_top_k"] for seed in study.per_seed
    )
    assert len(lines) == 3


def test_a_figure_that_a_seed_lacks_is_left_open(study):
    first, *others = study.per_seed
    gap = replace(study, per_seed=({"seed": 0, "verdict": "changed"}, *others))
    lines = {label: values for label, _, values in sweep(subject_of(gap)).per_seed}
    assert lines["verdict"] == ("changed", None, None)
    assert lines["dense | pruned · Churn"][0] is None
    assert first["seed"] == 0


def test_the_primary_metric_comes_first_and_alone(comparison):
    found = metrics(subject_of(comparison))
    assert [row.primary for row in found.rows] == [True] + [False] * (len(found.rows) - 1)
    assert found.rows[0].key == "signed_top_k"
    assert [label for label, _ in found.pairs][:2] == ["pruned", "Background redrawn"]
    assert [row.key for row in found.own] == ["effective_features", "gini"]
    assert found.how == ("bootstrap over 360 samples",)
    assert found.common is not None
    assert found.common.n == 360
