"""One model by itself: what `compare` measures of the dense one, and no more."""

import numpy as np
import pytest

from explainprune import compare, explain
from explainprune.analysis.comparison import arms
from explainprune.types import Profile, read_results


@pytest.fixture(scope="module")
def profile(models, data):
    return explain(models[0], data, background=15)


def test_figures_are_the_dense_models(profile, models, data):
    pair = compare(models[0], models[1], data, background=15)
    theirs = {row.name: row for row in pair.detail.features}
    for row in profile.detail.features:
        assert row.dense == pytest.approx(theirs[row.name].dense)
        assert row.dense_interval == pytest.approx(theirs[row.name].dense_interval)
    ours, dense = profile.models["model"], pair.models["dense"]
    assert (ours.accuracy, ours.intervals) == (dense.accuracy, dense.intervals)
    marks = pair.comparisons
    for arm in ("redrawn_background", "random_weights", "shuffled_samples"):
        assert profile.marks[arm] == marks[f"dense|{arm}"]["moved_weight"]


def test_nothing_is_said_of_another_model(profile):
    assert list(profile.models) == ["model", "random_weights"]
    text = profile.to_json()
    assert "itself" not in text and "dense model" not in text
    assert all(row.change is None for row in profile.detail.features)
    assert set(profile.answers.confusion) == {"model"}


def test_the_sentence_says_how_many_features_and_what_moves_them(profile):
    effective = profile.models["model"].slices["all rows"]["effective_features"].value
    assert f"rests on {effective:.1f} features" in profile.sentence
    moved = profile.marks["redrawn_background"].value
    assert (
        f"Other background rows move {100 * moved:.1f}".rstrip("0").rstrip(".") in profile.sentence
    )


def test_rows_are_wrong_ones_unsure_ones_and_typical_ones(profile, models, data):
    why = {}
    for sample in profile.detail.samples:
        why.setdefault(sample.why, []).append(sample.row)
        assert sample.other == () and sample.moved is None
    outputs = models[0].outputs(data.x)
    wrong = np.flatnonzero(outputs.argmax(axis=1) != data.y)
    assert set(why) == {"wrong", "least sure", "typical"} and set(why["wrong"]) <= set(wrong)
    ahead = np.sort(outputs, axis=1)
    sure = ahead[:, -1] - ahead[:, -2]
    assert np.median(sure[why["least sure"]]) < np.median(sure)


def test_a_model_is_explained_once(models, data, monkeypatch):
    explained = []
    attribute = arms.attribute
    monkeypatch.setattr(
        arms,
        "attribute",
        lambda network, *g, **o: (explained.append(network), attribute(network, *g, **o))[1],
    )
    options = {"background": 15, "backgrounds": 3, "effort": 1}
    compare(models[0], models[1], data, detail=False, **options)
    alone = sum(network is models[0] for network in explained)
    explained.clear()
    explain(models[0], data, **options)
    assert sum(network is models[0] for network in explained) == alone > 0


def test_regression_shows_the_highest_and_the_lowest(normal_rows):
    from explainprune.network import FormulaNetwork

    x = normal_rows()
    found = explain(FormulaNetwork(lambda x: x[:, 0] * 3 + x[:, 1], x.shape[1]), x, background=15)
    values = x[:, 0] * 3 + x[:, 1]
    tops = [s.row for s in found.detail.samples if s.why == "highest prediction"]
    assert set(tops) == set(np.argsort(-values)[:4].tolist())


def test_results_are_read_as_what_they_are(profile):
    again = read_results(profile.to_json())
    assert type(again) is Profile and again == profile
