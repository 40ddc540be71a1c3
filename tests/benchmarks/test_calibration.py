"""Error rates of the pair's verdict, a small part of `benchmarks/calibration.py`; and its page."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import explainprune as xp

FOLDER = Path(__file__).parents[2] / "benchmarks"


def wrong(runs, **options):
    """Count wrong labels of runs whose true D is the margin."""
    from calibrated.hard import near
    from calibrated.rule import data_of, judged

    pair = near("linear")
    found = []
    for number in range(runs):
        x = pair.rows(np.random.default_rng(number), 200)
        found.append(judged(pair, data_of(x, pair.pool), seed=number, **options).label)
    return sum(label != "inconclusive" for label in found)


def test_wrong_labels_at_the_margin_are_as_rare_as_is_said():
    # 5 % of 80 runs, both ways together; 11 and more have a chance of .003
    assert wrong(80) <= 10


def test_without_the_variance_of_backgrounds_they_are_not(monkeypatch):
    from dataclasses import replace

    import calibrated.rule

    from explainprune.analysis.intervals import crossed_mean

    def broken(values, units):
        return replace(crossed_mean(values, units), backgrounds=0.0)

    monkeypatch.setattr(calibrated.rule, "crossed_mean", broken)
    assert wrong(80) > 20


@pytest.mark.parametrize("kind", ["linear", "relu"])
def test_the_short_way_judges_as_compare_does(kind):
    from calibrated.planted import path_means, standard
    from calibrated.rule import data_of, judged

    pair = standard(kind, 0.2)
    x = pair.rows(np.random.default_rng(3), 120)
    data = data_of(x, pair.pool, group=np.repeat(["a", "b"], 60))
    short = judged(pair, data, seed=5).verdict
    whole = xp.compare(
        pair.dense, pair.other, data, methods=[path_means], metrics=[], detail=False, seed=5
    ).verdict
    for name in ("moved_weight", "floor", "worst_group"):
        assert short.evidence[name] == whole.evidence[name]
    assert short.label == whole.label
    assert (short.more, short.power, short.worst) == (whole.more, whole.power, whole.worst)


def test_planted_truth_is_what_an_integral_along_the_path_gives():
    from calibrated.planted import Relu, moved_weight, standard

    pair = standard("relu", 0.15)
    rng = np.random.default_rng(1)
    x, pool = rng.normal(size=(100, 8)), pair.pool[:50]
    places = (np.arange(40) + 0.5) / 40

    def along(network):
        points = pool + places[:, None, None] * (x[:, None, None] - pool)
        slopes = network.gradient(points.reshape(-1, 8)).reshape(points.shape).mean(axis=1)
        return ((x[:, None] - pool) * slopes).mean(axis=1)

    table = np.mean(moved_weight(pair.dense.means(x, pool), pair.other.means(x, pool)))
    slow = np.mean(moved_weight(along(pair.dense), along(pair.other)))
    assert table == pytest.approx(slow, abs=1e-3)
    read, exact = Relu(1).means(x, pool), along(Relu(1))
    assert np.abs(read - exact).mean() < 0.01 * np.abs(exact).mean()


def test_wilson_and_holm():
    from calibrated.rates import Rate, pooled, too_high

    # Wilson 1927: 5 of 200 → .0107 to .0572
    assert Rate(5, 200).interval == pytest.approx((0.01073, 0.05719), abs=2e-5)
    assert Rate(0, 200).interval[0] == 0
    assert pooled([Rate(1, 100), Rate(3, 200)]) == Rate(4, 300)
    # P(X ≥ 12 | 200, .025) = .0053: too high alone, not as one of ten
    assert too_high([Rate(12, 200)]) == [0]
    assert too_high([Rate(12, 200)] + [Rate(5, 200)] * 9) == []
    assert too_high([Rate(40, 200), Rate(12, 200), Rate(5, 200)]) == [0, 1]


def test_cells_go_on_where_they_were(tmp_path, monkeypatch):
    from calibrated import store

    monkeypatch.setattr(store, "FOLDER", tmp_path)
    monkeypatch.setattr(store, "LINES", tmp_path / "lines.csv")
    seen = []

    def run(number):
        seen.append(number)
        return {"value": number, **({"odd": 1.0} if number % 2 else {})}

    cell = store.Cell("trial", "some, cell", run, runs=60)
    store.finish(cell, 30)
    store.finish(cell)
    store.finish(cell)
    assert seen == list(range(60))
    store.gather([cell, store.Cell("trial", "never run", run)])
    found = store.results("trial", tmp_path / "lines.csv")
    assert found["some, cell"]["value"] == store.Sum(60, 1770.0, 70210.0)
    assert found["some, cell"]["odd"].runs == 30
    assert "never run" not in found


def test_the_page_says_what_its_lines_say(monkeypatch):
    runpy.run_path(str(FOLDER / "calibration.py"))
    from _page import filled
    from calibrated import page

    text = page.PAGE.read_text(encoding="utf-8")
    assert text.count("<!-- end -->") == len(page.TABLES)
    assert filled(page.PAGE, page.TABLES) == text, "stale: run benchmarks/calibration.py"
