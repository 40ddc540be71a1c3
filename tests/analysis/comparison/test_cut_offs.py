"""A cut-off of one's own: what follows it, against counting; and the slice that falls most."""

from types import SimpleNamespace

import numpy as np
import pytest
from comparison_cases import PAIR, QUICK
from credit_cases import applicants, risk
from scipy.stats import t as student

from explainprune.analysis import compare
from explainprune.analysis.comparison.cut_offs import at_cut_off
from explainprune.analysis.comparison.scores import DECISIONS
from explainprune.analysis.intervals import Units
from explainprune.analysis.metrics import METRICS, kind_of
from explainprune.types import Comparison

EVEN, TURNED = (2.0, 1.5, 1.2, 1.0, 0.8, 0.6), (1.2, 1.6, 0.4, 1.0, 0.2, 1.4)
PROBABILITIES = {"auc", "brier", "ece", "log_loss"}


def data_of(n=400):
    """Applicants whose labels follow the first model, with a sex."""
    found = applicants(n)
    rng = np.random.default_rng(5)
    y = (rng.random(n) < chances(EVEN, found)).astype(int)
    return applicants_with(found, y, np.where(rng.random(n) < 0.4, "women", "men"))


def applicants_with(data, y, group):
    from dataclasses import replace

    return data.with_(scored=replace(data.scored, y=y, group=group))


def chances(weights, data):
    return 1 / (1 + np.exp(-(data.x @ np.asarray(weights))))


@pytest.fixture(scope="module")
def data():
    return data_of()


@pytest.fixture(scope="module", params=[0.3, 0.8])
def cut(request):
    return request.param


def test_all_figures_of_decisions_use_the_cut_off(data, cut):
    found = compare(risk(EVEN), risk(TURNED), data, threshold=cut, **QUICK)
    ours, theirs = (chances(w, data) >= cut for w in (EVEN, TURNED))
    right = [(said == data.y) for said in (ours, theirs)]
    for name, each in zip(("dense", "other"), right, strict=True):
        model = found.models[name]
        assert model.accuracy == pytest.approx(each.mean())
        recalls = [each[data.y == k].mean() for k in (0, 1)]
        assert model.balanced_accuracy == pytest.approx(np.mean(recalls))
        assert model.slices["class deny"]["accuracy"].value == pytest.approx(recalls[1])
        women = data.group == "women"
        assert model.slices["group women"]["accuracy"].value == pytest.approx(each[women].mean())
    precision = data.y[theirs].mean()
    assert found.models["other"].slices["class deny"]["precision"].value == pytest.approx(precision)
    pair = found.comparisons[PAIR]
    assert pair["churn"].value == pytest.approx((ours != theirs).mean())
    assert pair["negative_flips"].value == pytest.approx((right[0] & ~right[1]).mean())
    assert {(a, b): n for a, b, n in found.answers.confusion["other"]} == {
        (a, b): n for a in (0, 1) for b in (0, 1) if (n := ((data.y == a) & (theirs == b)).sum())
    }
    assert found.clarity.evidence["accuracy_drop"].value == pytest.approx(
        right[0].mean() - right[1].mean()
    )


def test_probabilities_and_reasons_do_not(data, cut):
    plain, found = (
        compare(risk(EVEN), risk(TURNED), data, threshold=threshold, **QUICK)
        for threshold in (None, cut)
    )
    for name in ("dense", "other"):
        ours, theirs = plain.models[name], found.models[name]
        assert (ours.log_loss, ours.auc) == (theirs.log_loss, theirs.auc)
        assert ours.slices["all rows"]["brier"] == theirs.slices["all rows"]["brier"]
        assert ours.accuracy != theirs.accuracy
    assert plain.verdict.evidence["moved_weight"] == found.verdict.evidence["moved_weight"]
    assert plain.codes is None and found.codes is None


def test_of_an_adverse_class_it_is_the_chance_of_that(data):
    found = compare(risk(EVEN), risk(TURNED), data, adverse="grant", threshold=0.8, **QUICK)
    granted = 1 - chances(EVEN, data) >= 0.8
    assert found.models["dense"].accuracy == pytest.approx((granted == (data.y == 0)).mean())
    assert (found.answers.cut_offs.of, found.answers.cut_offs.stated) == ("grant", 0.8)
    assert found.codes is not None


def test_half_is_what_no_cut_off_decides(data):
    plain, half = (
        compare(risk(EVEN), risk(TURNED), data, threshold=threshold, **QUICK)
        for threshold in (None, 0.5)
    )
    assert plain.models == half.models
    assert plain.answers.confusion == half.answers.confusion


def test_the_curve_and_the_groups_are_what_counting_gives(data):
    found = compare(risk(EVEN), risk(TURNED), data, threshold=0.33, **QUICK).answers.cut_offs
    assert (found.of, found.stated) == ("deny", 0.33)
    for name, weights in (("dense", EVEN), ("other", TURNED)):
        chance, curve = chances(weights, data), found.curve[name]
        assert [point.chance for point in curve] == sorted(
            [0.33, *(pytest.approx(0.05 * k) for k in range(1, 20))], key=float_of
        )
        for point in curve:
            counted(point, chance, data.y == 1, np.ones(len(data), dtype=bool))
        for slice_, each in found.within.items():
            where = np.ones(len(data), dtype=bool)
            if slice_ != "all rows":
                where = data.group == slice_.removeprefix("group ")
            assert each[name].chance == 0.33
            counted(each[name], chance, data.y == 1, where)
    assert set(found.within) == {"all rows", "group women", "group men"}


def float_of(value):
    return value if isinstance(value, float) else value.expected


def counted(point, chance, true, where):
    """Hold one cut-off against counting, and its intervals against Student's on as many rows."""
    decided = chance >= point.chance
    for name, yes, rows in (
        ("decided", decided, where),
        ("recall", decided, where & true),
        ("false_alarms", decided, where & ~true),
        ("precision", true, where & decided),
    ):
        measure = getattr(point, name)
        if not rows.any():
            assert measure.value is None
            continue
        assert measure.value == pytest.approx(yes[rows].mean())
        assert measure.n == rows.sum()
        if 0 < measure.value < 1 and rows.sum() > 1:
            error = yes[rows].std(ddof=1) / np.sqrt(rows.sum())
            half = student.ppf(0.975, rows.sum() - 1) * error
            assert measure.low <= max(0.0, measure.value - half) + 1e-9
            assert measure.high >= min(1.0, measure.value + half) - 1e-9


@pytest.mark.parametrize(
    ("options", "said"),
    [({"threshold": 0.0}, "between 0 and 1. Received: 0.0."), ({"threshold": True}, "Received: T")],
)
def test_what_is_no_chance_is_refused(data, options, said):
    with pytest.raises(ValueError) as refused:
        compare(risk(EVEN), risk(TURNED), data, **QUICK | options)
    assert said in str(refused.value)


def test_three_classes_need_one_that_is_adverse():
    from explainprune.network import FormulaNetwork

    three = FormulaNetwork(lambda x: x @ np.eye(4)[:, :3], 4, n_outputs=3)
    x = np.random.default_rng(0).normal(size=(60, 4))
    with pytest.raises(ValueError, match="decides between two classes; these models have 3"):
        compare(three, three, (x, x[:, :3].argmax(axis=1)), threshold=0.5, **QUICK)


def test_every_behaviour_metric_reads_decisions_or_probabilities():
    named = {name for name, metric in METRICS.items() if kind_of(metric) == "behaviour"}
    assert named - {"r2"} == set(DECISIONS) | PROBABILITIES


def test_the_slice_that_falls_most_comes_with_an_interval_for_all(data):
    found = compare(risk(EVEN), risk(TURNED), data, **QUICK)
    fall = found.answers.fall
    right = [(chances(w, data) > 0.5) == data.y for w in (EVEN, TURNED)]
    lost = right[0].astype(float) - right[1]
    cuts = {f"class {name}": data.y == k for k, name in enumerate(("grant", "deny"))}
    cuts |= {f"group {name}": data.group == name for name in ("women", "men")}
    falls = {name: lost[where].mean() for name, where in cuts.items()}
    assert fall.slice == max(falls, key=falls.get)
    where = cuts[fall.slice]
    assert fall.fall.value == pytest.approx(falls[fall.slice])
    assert (fall.before, fall.after) == (
        pytest.approx(right[0][where].mean()), pytest.approx(right[1][where].mean()),
    )  # fmt: skip
    assert (fall.looked_at, fall.fall.n) == (4, where.sum())
    error = lost[where].std(ddof=1) / np.sqrt(where.sum())
    half = student.ppf(1 - 0.025 / 4, where.sum() - 1) * error
    assert fall.fall.low == pytest.approx(fall.fall.value - half, rel=0.1)
    assert fall.fall.low <= fall.fall.value - half + 1e-9


def test_slices_of_few_rows_are_not_looked_at_and_no_fall_is_none(data):
    few = np.array(["women"] * 24 + ["men"] * (len(data) - 24))
    found = compare(risk(EVEN), risk(TURNED), applicants_with(data, data.y, few), **QUICK)
    assert found.answers.fall.looked_at == 3
    assert compare(risk(EVEN), risk(EVEN), data, **QUICK).answers.fall is None
    better = compare(risk((-1.0,) * 6), risk(EVEN), data, **QUICK).answers
    assert better.fall is None


def test_results_make_the_round_trip(data):
    found = compare(risk(EVEN), risk(TURNED), data, threshold=0.3, **QUICK)
    assert Comparison.from_json(found.to_json()) == found


def test_a_chance_on_the_cut_off_is_decided():
    chance, true = np.array([0.2, 0.5, 0.5, 0.8]), np.array([False, True, False, True])
    case = SimpleNamespace(units=Units.rows(4))
    found = at_cut_off(case, chance, true, 0.5, np.ones(4, dtype=bool))
    assert (found.decided.value, found.recall.value, found.false_alarms.value) == (0.75, 1.0, 0.5)
    assert found.precision.value == pytest.approx(2 / 3)
