"""Reference rows that are given as a table: read as the scored ones, by the names of columns."""

import numpy as np
import pandas as pd
import pytest

import explainprune as xp
from explainprune.network import FormulaNetwork

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(60, 3)) * [1, 10, 100], columns=["age", "dose", "weight"])
POOL = ROWS[30:]
TURNED = POOL[["weight", "age", "dose"]]
QUICK = {"metrics": [], "detail": False}


def net(bend):
    return FormulaNetwork(lambda x: x[:, 0] * x[:, 1] + bend * x[:, 2], 3)


def moved(data, background):
    pair = xp.compare(net(0.1), net(0.3), data, background=background, **QUICK)
    return pair.comparisons["dense|other"]["moved_weight"].value


def test_columns_in_another_order_are_matched():
    right = moved(ROWS, POOL.to_numpy())
    assert 0.01 < right < 0.9
    assert moved(ROWS, TURNED) == moved(xp.load_data(ROWS), TURNED) == right
    assert moved(ROWS.assign(y=0), TURNED.assign(y=0)) == right
    several = xp.compare_several(net(0.1), {"other": net(0.3)}, ROWS, background=TURNED, **QUICK)
    assert several["other"].comparisons["dense|other"]["moved_weight"].value == right
    one, other = (xp.explain(net(0.3), ROWS, background=each) for each in (POOL, TURNED))
    assert one.detail.features == other.detail.features
    assert moved(ROWS, POOL.iloc[0][["dose", "age", "weight"]]) == moved(ROWS, POOL[:1])


def test_other_columns_and_other_numbers_for_a_category_are_refused():
    with pytest.raises(ValueError, match=r"background lacks the column 'dose', which x has"):
        moved(ROWS, POOL[["age", "weight"]])
    kinds = pd.Categorical(RNG.choice(["lo", "hi"], 60), categories=["lo", "hi"], ordered=True)
    rows = ROWS.assign(dose=kinds)
    pool = rows.assign(dose=rows.dose.cat.reorder_categories(["hi", "lo"], ordered=True))
    with pytest.raises(ValueError, match="one category would be two numbers"):
        moved(rows, pool)
