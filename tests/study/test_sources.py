"""The split of the moved weight's variance: planted parts come back, and what can't be told."""

import math

import numpy as np
import pytest

from explainprune.analysis.comparison.variance import _parts
from explainprune.analysis.intervals import Units
from explainprune.study.sources import (
    NO_DRAWS,
    ONE_BASELINE,
    ONE_FILE,
    ONE_SEED,
    sources_over_seeds,
)

ROWS, DRAWS = 60, 4
PLANTED = {
    "training": 0.06,
    "pruning": 0.02,
    "row": 0.2,
    "row by model": 0.15,
    "row by pruning": 0.1,
    "background": 0.04,
    "row by background": 0.3,
    "draws": 0.03,
    "row by draws": 0.25,
}
"""Standard deviations of a single one of each: a seed, a row, a background, a draw for one."""


def study(rng, seeds, sd=PLANTED, rows=ROWS, draws=DRAWS, other_rows=False):
    """Make moved weights of every seed's two prunings out of planted effects, and split them."""

    def noise(name, *shape):
        return rng.normal(0, sd[name], shape) if sd[name] else np.zeros(shape)

    of_rows = noise("row", rows)
    found = []
    for number in range(seeds):
        if other_rows:
            of_rows = noise("row", rows)
        trained = noise("training") + 0.3
        model = noise("row by model", rows)
        shared = noise("background", draws, 1) + noise("row by background", draws, rows)
        first, second = (
            noise("draws", draws, 1) + noise("row by draws", draws, rows) for _ in range(2)
        )
        fixed = trained + of_rows + model + shared
        pruned, repruned = (
            fixed + noise("pruning") + noise("row by pruning", rows) + first for _ in range(2)
        )
        parts = _parts(pruned, Units.rows(rows))
        again = _parts(first - second, Units.rows(rows))
        apart = _parts(pruned - repruned, Units.rows(rows))
        found.append(
            parts
            | {
                "explainer": again["value"] ** 2 / 2,
                "explainer_rows": again["rows"] / 2,
                "row_numbers": [number] if other_rows else [0],
                "apart": apart["value"],
                "apart_noise": apart["rows"] + apart["backgrounds"] - apart["both"],
            }
        )
    return found


def truth(sd=PLANTED, rows=ROWS, draws=DRAWS):
    """The variance that each source gives one seed's figure."""
    v = {name: value**2 for name, value in sd.items()}
    return {
        "training": v["training"],
        "pruning": v["pruning"],
        "rows": (v["row"] + v["row by model"] + v["row by pruning"]) / rows,
        "background": v["background"] / draws + v["row by background"] / draws / rows,
        "explainer": v["draws"] / draws + v["row by draws"] / draws / rows,
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "design", [{}, {"other_rows": True}, {"rows": 30, "draws": 2}, {"sd": {**PLANTED, "row": 0.0}}]
)
def test_planted_components_come_back(design):
    rng = np.random.default_rng(0)
    wanted = truth(**{k: v for k, v in design.items() if k != "other_rows"})
    several = 60
    sums = dict.fromkeys(wanted, 0.0)
    for _ in range(several):  # of forty seeds each, so that few estimates fall below 0
        for each in sources_over_seeds(study(rng, 40, **design), one_file=False):
            sums[each.name] += each.deviation.value**2 / several
    for name, value in wanted.items():
        assert sums[name] == pytest.approx(value, rel=0.15), name


@pytest.mark.slow
def test_intervals_hold_the_planted_deviation():
    rng = np.random.default_rng(1)
    wanted = {name: math.sqrt(value) for name, value in truth().items()}
    trials, held = 300, dict.fromkeys(wanted, 0)
    for _ in range(trials):
        for each in sources_over_seeds(study(rng, 8), one_file=False):
            low, high = each.deviation.interval
            held[each.name] += low <= wanted[each.name] <= high
    for name, count in held.items():
        assert count / trials > 0.9, (name, count / trials)


def test_shares_add_up_and_have_a_reason_for_no_interval():
    found = sources_over_seeds(study(np.random.default_rng(2), 8), one_file=False)
    assert [each.name for each in found] == [
        "training",
        "pruning",
        "rows",
        "background",
        "explainer",
    ]
    assert sum(each.share.value for each in found) == pytest.approx(1.0)
    total = sum(each.deviation.value**2 for each in found)
    for each in found:
        assert each.share.value == pytest.approx(each.deviation.value**2 / total)
        assert each.share.interval is None and "no interval of its own" in each.share.note


def test_what_cannot_be_told_apart_says_why():
    parts = study(np.random.default_rng(3), 8)
    alone = [{k: v for k, v in each.items() if not k.startswith("apart")} for each in parts]
    together = sources_over_seeds(alone, one_file=False)
    assert together[0].name == "seed"
    split = sources_over_seeds(parts, one_file=False)
    assert together[0].deviation.value ** 2 == pytest.approx(
        sum(each.deviation.value**2 for each in split[:2])
    )
    file = {each.name: each.deviation for each in sources_over_seeds(parts, one_file=True)}
    assert (file["training"].value, file["training"].note) == (None, ONE_FILE)
    assert file["pruning"].value == pytest.approx(together[0].deviation.value)
    one = sources_over_seeds(parts[:1], one_file=False)
    assert (one[0].deviation.value, one[0].deviation.note) == (None, ONE_SEED)
    assert one[0].share.note == ONE_SEED


def test_a_baseline_and_an_explainer_without_chance():
    rng = np.random.default_rng(4)
    parts = [each | {"explainer": None} for each in study(rng, 8, draws=1)]
    found = {each.name: each.deviation for each in sources_over_seeds(parts, one_file=False)}
    assert (found["background"].value, found["background"].note) == (None, ONE_BASELINE)
    assert (found["explainer"].interval, found["explainer"].note) == ((0.0, 0.0), NO_DRAWS)
    assert sources_over_seeds([*parts, {}], one_file=False) == ()
