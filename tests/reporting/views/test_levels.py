"""A study's levels and seeds, as they are drawn and listed."""

from dataclasses import replace

from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.levels import charts, sweep


def test_figures_of_a_sweep_hold_their_levels(study):
    subject = subject_of(study)
    drawn = {chart.title: chart for chart in charts(subject)}
    assert list(drawn) == [
        "Moved weight", "Accuracy", "Effective features", "Live connections",
        "Moved weight against accuracy",
    ]  # fmt: skip
    pruned = next(s for s in drawn["Accuracy"].series if s.label == "pruned")
    expected = [(lv.achieved, lv.measures["accuracy"]) for lv in study.levels if lv.arm == "pruned"]
    assert [(p.x, p.y, p.y_interval) for p in pruned.points] == [
        (x, m.value, m.interval) for x, m in expected
    ]
    assert drawn["Moved weight"].reference == ("random weights", 0.8588)
    assert drawn["Accuracy"].reference == ("dense", 0.9722)
    both = drawn["Moved weight against accuracy"]
    against = next(s for s in both.series if s.label == "pruned")
    assert [point.x for point in against.points] == [m.value for _, m in expected]


def test_a_single_pair_has_no_sweep(comparison, study):
    assert sweep(subject_of(comparison)) is None
    assert not charts(subject_of(replace(study, levels=())))


def test_every_seed_has_a_column(study):
    lines = {label: values for label, _, values in sweep(subject_of(study)).per_seed}
    assert lines["dense | pruned · Moved weight"] == tuple(
        seed["dense|pruned"]["moved_weight"] for seed in study.per_seed
    )
    assert len(lines) == 3


def test_a_figure_that_a_seed_lacks_is_left_open(study):
    first, *others = study.per_seed
    gap = replace(study, per_seed=({"seed": 0, "verdict": "changed"}, *others))
    lines = {label: values for label, _, values in sweep(subject_of(gap)).per_seed}
    assert lines["verdict"] == ("changed", None, None)
    assert lines["dense | pruned · Churn"][0] is None
    assert first["seed"] == 0
