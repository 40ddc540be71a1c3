"""Rows and what comes with them go by position: an index that says otherwise is refused."""

import numpy as np
import pandas as pd
import pytest

import explainprune as xp
from explainprune.data.reading import samples_of
from explainprune.network import FormulaNetwork, perceptron
from explainprune.types.matching import check_index

ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["age", "dose"])
TURNED = pd.Series((ROWS.age > 0).astype(int)).iloc[::-1]
SAID = r"has the index of x in another order: rows go by position. Pass {0}\.loc\[x\.index\]"


def net():
    return FormulaNetwork(lambda x: 3 * x[:, 0] + x[:, 1], 2)


VERBS = {
    "y": [
        lambda y: xp.load_data((ROWS, y)),
        lambda y: xp.load_data(((ROWS, y.iloc[::-1]), (ROWS, y))),
        lambda y: xp.compare(net(), net(), (ROWS, y)),
        lambda y: xp.prune(perceptron(2, 2), (ROWS, y), sparsity=0.5),
        lambda y: xp.importance(perceptron(2, 2), ROWS, y),
        lambda y: xp.importance(perceptron(2, 2), (ROWS, y)),
        lambda y: list(samples_of(net(), ROWS, y, rows=10)),
    ],
    "weight": [
        lambda w: xp.load_data(ROWS, weight=w),
        lambda w: xp.load_data((ROWS, None, w)),
        lambda w: xp.importance(perceptron(2, 2), (ROWS, w.to_numpy(), w)),
    ],
    "group": [lambda g: xp.load_data(ROWS, group=g)],
    "clusters": [
        lambda c: xp.load_data(ROWS, clusters=c),
        lambda c: xp.compare(net(), net(), ROWS, clusters=c),
    ],
    "raw": [lambda c: xp.load_data(ROWS, raw=c.to_frame("age"))],
    "sample_weight": [
        lambda w: xp.prune(perceptron(2, 2), (ROWS, w.to_numpy()), sample_weight=w, sparsity=0.5)
    ],
}


@pytest.mark.parametrize(("what", "verb"), [(w, v) for w, each in VERBS.items() for v in each])
def test_every_verb_refuses_rows_in_another_order(what, verb):
    with pytest.raises(ValueError, match=f"^{what} {SAID.format(what)}"):
        verb(TURNED)


@pytest.mark.parametrize(
    "values", [TURNED.to_numpy(), TURNED.sort_index(), TURNED.reset_index(drop=True), [1] * 30]
)
def test_what_has_no_other_order_is_fine(values):
    check_index((ROWS, None), values, "y")
