"""Rows that belong together, and how much each counts."""

import numpy as np
import pytest

from explainprune.analysis import compare
from explainprune.analysis.comparison.belonging import units_of, with_clusters
from explainprune.types import Data, Rows

OPTIONS = {"metrics": [], "detail": False}


def moved(*pair, **options):
    return compare(*pair, **OPTIONS, **options).verdict.evidence["moved_weight"]


@pytest.fixture
def pair(linear):
    a = np.array([1.4, 1.3, 1.2, 1.1, 0.9, 0.8, 0.7, 0.6])
    return linear(a), linear(a * [1, 1, 1, 1, 1, 1, -1, 1])


def test_exact_copies_are_one_cluster_and_the_mean_keeps_them(pair, normal_rows):
    x, train = normal_rows(60), Rows(normal_rows(2000, seed=1))
    twice = Data(Rows(np.concatenate([x, x])), train=train)
    once = Data(Rows(x), train=train)
    widths = []
    for data, copies in ((once, "clustered"), (twice, "clustered"), (twice, "independent")):
        found = moved(*pair, data, copies=copies)
        widths.append(found.high - found.low)
        assert found.n == len(data)
    assert widths[1] == pytest.approx(widths[0], rel=0.1)
    assert widths[2] < 0.9 * widths[1]
    sentence = compare(*pair, twice, **OPTIONS).verdict.sentence
    assert "The interval is over 60 distinct rows." in sentence


def test_clusters_by_values_by_name_and_of_the_data(pair, normal_rows):
    x = normal_rows(120)
    x[:, 7] = np.repeat(np.arange(40), 3)
    named = Data(Rows(x), feature_names=tuple("abcdefgh"))
    labels = [f"patient {number}" for number in x[:, 7]]
    of_data = named.with_(scored=Rows(x, clusters=np.array(labels)))
    found = [
        moved(*pair, named, clusters=labels),
        moved(*pair, named, clusters="h"),
        moved(*pair, of_data),
    ]
    assert found[0] == found[1] == found[2]
    assert found[0].note.startswith("interval over 40 clusters")
    with pytest.raises(ValueError, match="Unknown feature for clusters 'i'"):
        with_clusters(named, "i")


def test_few_clusters_cannot_decide(pair, normal_rows):
    verdict = compare(*pair, normal_rows(120), clusters=np.arange(120) % 24, **OPTIONS).verdict
    assert verdict.label == "inconclusive"
    assert "24 clusters can't decide: a verdict needs 25 at least." in verdict.sentence


def test_a_row_of_weight_nothing_is_as_good_as_left_out(pair, normal_rows):
    x, train = normal_rows(90), Rows(normal_rows(2000, seed=1))
    weight = np.where(np.arange(90) < 60, 1.0, 0.0)
    weighted = Data(Rows(x, weight=weight), train=train)
    alone = Data(Rows(x[:60]), train=train)
    options = {"methods": ["gradient_input"]}
    ours, theirs = (moved(*pair, data, **options) for data in (weighted, alone))
    assert ours.value == pytest.approx(theirs.value, rel=1e-9)
    assert ours.n == theirs.n == 60 and ours.interval == pytest.approx(theirs.interval)
    few = Data(Rows(x, weight=np.arange(90) < 10), train=train)
    same = compare(pair[0], pair[0].__class__(pair[0].outputs, 8), few, **OPTIONS)
    assert same.verdict.label == "inconclusive" and "Ten rows can't" in same.verdict.sentence


def test_minus_zero_is_zero():
    x = np.array([[0.0, 1.0], [-0.0, 1.0], [0.5, 1.0]])
    assert units_of(Data(Rows(x)), x, "clustered").count == 2


def test_copies_that_were_rounded_otherwise_are_copies(normal_rows):
    x = np.repeat(normal_rows(40), 5, axis=0) * [1, 1e6, 1e-6, 1, 1, 1, 1, 1]
    near = x * (1 + 1e-9 * np.random.default_rng(0).normal(size=x.shape))
    assert 40 <= units_of(Data(Rows(near)), near, "clustered").count <= 42
    assert units_of(Data(Rows(x)), x + x * 1e-3 * np.arange(200)[:, None], "clustered").count > 150
