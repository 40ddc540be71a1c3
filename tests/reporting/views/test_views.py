"""What the sections work out from results, beyond what the page's own tests see."""

from dataclasses import replace

import numpy as np
import pytest

from explainprune.reporting import render
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.changes import changes
from explainprune.reporting.views.drawings import drawings_of, networks
from explainprune.reporting.views.features import features, leading
from explainprune.reporting.views.maps import picture
from explainprune.reporting.views.metrics import metrics
from explainprune.reporting.views.performance import performance
from explainprune.reporting.views.sizes import sizes
from explainprune.reporting.views.units import units
from explainprune.reporting.views.verdicts import cards
from explainprune.types import Measure


def labels(scale):
    return [line.label for line, _ in scale.rows]


def test_arms_lie_from_the_most_to_the_least_alike(comparison):
    scale = cards(subject_of(comparison))[0].figures[-1]
    assert labels(scale) == [
        "Placebo", "pruned", "Retrained", "Pruned at random",
        "Rows shuffled", "Random weights",
    ]  # fmt: skip
    values = [line.measures[0][1].value for line, _ in scale.rows]
    assert values[2] == comparison.comparisons["dense|retrained"]["moved_weight"].value
    assert values == sorted(values)
    assert [line.strong for line, _ in scale.rows] == [label == "pruned" for label in labels(scale)]
    bare = replace(comparison, verdict=replace(comparison.verdict, evidence={}))
    assert labels(cards(subject_of(bare))[0].figures[-1])[0] == "Other background rows"


def test_what_the_verdict_states_of_an_arm_is_shown_as_stated(comparison):
    stated = Measure(0.77, (0.7, 0.84), 5, "copies")
    verdict = comparison.verdict
    own = replace(verdict, evidence=verdict.evidence | {"random_weights": stated})
    shown = cards(subject_of(replace(comparison, verdict=own)))[0].figures[-1]
    rows = {line.label: line for line, _ in shown.rows}
    assert rows["Random weights"].measures == (("mark", stated),)
    placebo = comparison.comparisons["dense|placebo"]["moved_weight"]
    assert rows["Placebo"].measures == (("mark", placebo),)


def test_what_the_answer_follows_from_is_drawn_in_order_and_named(comparison):
    scale = cards(subject_of(comparison))[0].figures[0]
    assert labels(scale) == [
        "Moved weight", "Worst class: class 9", "Worst group: group east",
        "The explainer's own noise", "How stable an explanation is",
    ]  # fmt: skip
    evidence = comparison.verdict.evidence
    roles = [line.measures[0][0] for line, _ in scale.rows]
    assert roles == ["other", "other", "other", "mark", "mark"]
    assert scale.rows[0][0].measures[0][1] == evidence["moved_weight"]
    assert (scale.zone.low, scale.zone.high) == (0.0, comparison.verdict.margin)


def test_a_verdict_without_evidence_still_shows_the_moved_weight(comparison):
    bare = replace(comparison, verdict=replace(comparison.verdict, evidence={}))
    (line, _), *rest = cards(subject_of(bare))[0].figures[0].rows
    assert line.measures[0][1] == comparison.comparisons["dense|pruned"]["moved_weight"]
    assert not rest


def test_evidence_of_both_models_shares_an_axis(comparison):
    card = cards(subject_of(comparison))[1]
    assert [scale.title for scale in card.figures] == [
        "Ratio of effective features", "Effective features", "Fall of accuracy",
        "Fall of faithfulness",
    ]  # fmt: skip
    assert labels(card.figures[1]) == ["dense", "pruned"]
    assert card.figures[0].zone.low == pytest.approx(1 / 1.05)
    assert [(t.label, a, b) for t, a, b in card.beside[-2:]] == [
        ("circuit", 11.7, 9.3), ("circuit by chance", 0.17, 0.0),
    ]  # fmt: skip
    assert card.figures[0].zone.high == 1.05
    assert [term.label for term, *_ in card.beside][:2] == [
        "Inputs with a path to an output", "Live connections",
    ]  # fmt: skip


def test_the_place_between_placebo_and_retrained_is_shown_only_where_they_differ(comparison):
    found = comparison.comparisons["dense|pruned"]["placebo_to_retrained"]
    assert cards(subject_of(comparison))[0].place == found
    for placebo in (Measure(0.2, (0.15, 0.2562), 360), Measure(0.2, None, 1, note="one row")):
        pairs = comparison.comparisons | {"dense|placebo": {"moved_weight": placebo}}
        overlapping = replace(comparison, comparisons=pairs)
        assert cards(subject_of(overlapping))[0].place is None
    pairs = dict(comparison.comparisons)
    pairs["dense|pruned"] = {"moved_weight": pairs["dense|pruned"]["moved_weight"]}
    assert cards(subject_of(replace(comparison, comparisons=pairs)))[0].place is None


def test_what_rows_can_tell_apart_is_read_off_the_curve(comparison):
    shown = cards(subject_of(comparison))[0].power
    assert [point.true for point in shown.points] == pytest.approx([0.025 * i for i in range(13)])
    assert (shown.preserved.true, shown.preserved.preserved) == (0.1, 0.96214)
    assert (shown.changed.true, shown.changed.changed) == (0.2, 0.951873)
    assert cards(subject_of(comparison))[1].power is None
    weak = tuple(replace(p, preserved=0.5 * p.preserved, changed=0.0) for p in shown.points)
    weaker = replace(comparison, verdict=replace(comparison.verdict, power=weak))
    none = cards(subject_of(weaker))[0].power
    assert (none.preserved, none.changed) == (None, None)


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        (None, "stated with the results"),
        ({"hash": "0a1b2c3d"}, "stated before (hash 0a1b2c3d)"),
        ("0a1b2c3d", "stated before (hash 0a1b2c3d)"),
    ],
)
def test_margins_are_stated_before_only_by_a_protocol(comparison, protocol, said):
    facts = comparison.provenance | ({} if protocol is None else {"protocol": protocol})
    both = cards(subject_of(replace(comparison, provenance=facts)))
    assert [card.stated for card in both] == [said, said]


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
    assert line.beside == (within["moved_weight"], within["churn"])
    whole = comparison.comparisons["dense|pruned"]
    assert lines["all rows"].beside == (whole["moved_weight"], whole["churn"])
    assert [m.value for _, m in lines["all rows"].measures] == [0.9722, 0.9611]
    assert not lines["flipped"].measures
    assert lines["flipped"].common.n == 1


def test_why_several_figures_have_no_interval_is_said_once(comparison):
    note = "all 3 seeds gave the same"
    alike = Measure(0.5, None, 3, "seeds", note)
    alone = Measure(0.5, None, 1, "samples", "one row")
    found = comparison.slices["dense|pruned"] | {
        "class 1": {"moved_weight": alike}, "class 2": {"moved_weight": alike},
        "class 4": {"moved_weight": alone},
    }  # fmt: skip
    sliced = replace(comparison, slices={"dense|pruned": found})
    models = {key: replace(row, slices={}) for key, row in comparison.models.items()}
    shown = performance(subject_of(replace(sliced, models=models))).slices
    assert shown.reasons == (note, "one row")  # class 4 and the flipped row
    page = render(replace(sliced, models=models)).partition("Within classes, groups")[2]
    page = page.partition("</section>")[0]
    assert page.count(f"<sup>1</sup> <bdi>{note}</bdi>") == 1
    assert page.count("no interval¹<") == 2
    assert page.count("no interval²<") == 2


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
    assert [panel.role for panel in networks(subject_of(ordered)).panels] == ["dense", "other"]
    one = replace(comparison, detail=replace(comparison.detail, drawings={"dense": None}))
    assert networks(subject_of(one)) is None


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
    found = units(subject_of(comparison))
    shown, total = [bar.row for bar in found.rows], len(comparison.detail.units)
    assert [u.layer for u in shown] == ["hidden"] * 6 + ["hidden_2"] * 6 + ["logits"] * 6
    assert (len(shown), found.total) == (18, total)
    ranks = [u.rank_before for u in shown if u.layer == "hidden"]
    assert ranks == sorted(ranks) == [float(i) for i in range(1, 7)]


def test_units_of_many_layers_are_no_more(comparison, factory):
    layers = tuple((f"layer {i}", 100) for i in range(100))
    many = factory.units_of(layers, np.random.default_rng(0))
    found = units(subject_of(replace(comparison, detail=replace(comparison.detail, units=many))))
    assert (len(found.rows), found.total) == (20, 10_000)


def test_the_primary_metric_comes_first_and_alone(comparison):
    found = metrics(subject_of(comparison))
    assert [row.primary for row in found.rows] == [True] + [False] * (len(found.rows) - 1)
    assert found.rows[0].key == "moved_weight"
    assert [label for label, _ in found.pairs][:2] == ["pruned", "Other background rows"]
    assert [row.key for row in found.own] == [
        "effective_features", "gini", "circuit", "circuit_by_chance",
    ]  # fmt: skip
    assert found.how == ("bootstrap over 360 samples",)
    assert found.common is not None
    assert found.common.n == 360


def test_results_without_counts_of_connections_say_no_more_than_they_hold(comparison):
    old = replace(comparison, detail=replace(comparison.detail, rewired=()))
    found = networks(subject_of(old))
    dense, pruned = (sum(e.total for e in d.edges) for d in comparison.detail.drawings.values())
    said = f"The dense model has {dense:,} connections, the pruned model {pruned:,}."
    assert found.sentence == said and found.changed is not None
    assert "What became of all connections" not in render(old)
    other = replace(comparison.detail.drawings["pruned"], layers=(), edges=())
    first = replace(comparison.detail.drawings["pruned"].layers[0], name="elsewhere")
    other = replace(other, layers=(first,))
    unlike = replace(old.detail, drawings={**old.detail.drawings, "pruned": other})
    found = networks(subject_of(replace(old, detail=unlike)))
    assert "their layers differ" in found.sentence and found.changed is None
