"""Shares of features with their intervals, and the gallery."""

import numpy as np
import pytest

from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.detail import features as module
from explainprune.analysis.detail.columns import columns_of
from explainprune.analysis.detail.features import feature_rows, shares
from explainprune.analysis.detail.kinds import kind_of_rows
from explainprune.analysis.detail.samples import flipped as flipped_rows
from explainprune.analysis.detail.samples import inputs_by_player, samples, sampling
from explainprune.types import Data, Rows


def test_shares_are_of_the_whole_and_blind_to_scale():
    values = np.random.default_rng(0).normal(size=(50, 4)) * [4, 2, 1, 0]
    rows = feature_rows(values, -100 * values, ("a", "b", "c", "d"), seed=0)
    size = np.abs(values).sum(axis=0)
    np.testing.assert_allclose([r.dense for r in rows], size / size.sum())
    for row in rows:
        assert row.other == pytest.approx(row.dense)
        assert row.other_interval == pytest.approx(row.dense_interval)
        assert row.dense_interval[0] <= row.dense <= row.dense_interval[1]
    assert rows[3].dense_interval == (0.0, 0.0)


def test_intervals_of_shares_cover():
    truth = np.array([4.0, 2.0, 1.0]) / 7
    covered = np.zeros(3)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        size = rng.exponential(size=(80, 3)) * [4, 2, 1]
        _, (low, high) = shares(size, seed)
        covered += (low <= truth) & (truth <= high)
    assert (covered / 150 > 0.88).all()
    assert (covered / 150 < 0.995).all()


def test_shares_do_not_depend_on_blocks(monkeypatch):
    size = np.random.default_rng(0).exponential(size=(30, 3))
    whole = shares(size, 1)
    monkeypatch.setattr(module, "_BLOCK", 90)
    np.testing.assert_allclose(shares(size, 1)[1], whole[1], rtol=1e-12)


def test_nothing_attributed_is_a_share_of_nought():
    rows = feature_rows(np.zeros((3, 2)), np.ones((3, 2)), ("a", "b"), seed=0)
    assert [r.dense for r in rows] == [0.0, 0.0]
    assert [r.other for r in rows] == [0.5, 0.5]


def test_many_features_are_cut_to_the_largest(monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    dense, other = np.array([[5.0, 1, 0, 0]] * 3), np.array([[1.0, 0, 0, 9]] * 3)
    assert [r.name for r in feature_rows(dense, other, tuple("abcd"), seed=0)] == ["a", "d"]


def gallery(n=40, flipped=(7, 9), undefined=(3,)):
    rng = np.random.default_rng(0)
    ours = np.tile([2.0, 0.0], (n, 1))
    theirs = ours.copy()
    theirs[list(flipped)] = [0.0, 2.0]
    dense, other = (
        Subject(name, None, None, "logit", rng.normal(size=(n, 3)), outputs)
        for name, outputs in (("dense", ours), ("other", theirs))
    )
    moved = rng.random(n).round(2)
    moved[list(undefined)] = np.nan
    data = Data(Rows(dense.x, np.arange(n) % 2), task="classification", class_names=("no", "yes"))
    values = rng.normal(size=(2, n, 3))
    numbers = np.arange(n) + 100
    sample = sampling(data, dense, other, values, moved, "classification", numbers)
    turned = flipped_rows(dense, other, "classification")
    return samples(moved, turned, sample), moved


def test_the_gallery_shows_typical_changed_and_flipped_rows_once_each():
    shown, moved = gallery()
    rows = [s.row - 100 for s in shown]
    assert len(set(rows)) == len(rows) == 10
    assert [s.why for s in shown] == ["typical"] * 4 + ["most changed"] * 4 + [
        "prediction flipped"
    ] * 2
    assert sorted(rows[-2:]) == [7, 9]
    free = np.setdiff1d(np.arange(40), [3, 7, 9])
    assert {moved[i] for i in rows[4:8]} == set(np.sort(moved[free])[-4:])
    middle = np.nanmedian(moved)
    assert max(abs(moved[i] - middle) for i in rows[:4]) < 0.1
    flipped = shown[-1]
    assert flipped.dense_says.startswith("no (88%)")
    assert flipped.other_says.startswith("yes (88%)")
    assert flipped.label == "yes"
    assert len(flipped.x) == len(flipped.dense) == len(flipped.other) == 3


def test_of_many_flipped_rows_four_are_shown():
    shown, _ = gallery(flipped=range(20, 30))
    assert [s.why for s in shown].count("prediction flipped") == 4
    assert len(shown) == 12


def test_rows_without_reasons_can_still_flip():
    shown, _ = gallery(n=2, flipped=(0,), undefined=(0, 1))
    assert [(s.row, s.moved) for s in shown] == [(100, None)]


def test_a_player_of_one_hot_columns_shows_which_is_on():
    data = Data(Rows(np.zeros((1, 5))), players=(0, 0, 0, 1, 1))
    x = np.array([[0.0, 0.0, 1.0, 2.0, 4.0], [1.0, 0.0, 0.0, 1.0, 1.0]])
    np.testing.assert_array_equal(inputs_by_player(data, x, 2), [[2.0, 3.0], [0.0, 1.0]])
    assert inputs_by_player(Data(Rows(x)), x, 5) is x


def test_values_are_said_where_more_is_known_than_numbers():
    rng = np.random.default_rng(0)
    x = np.array([[1.0, 0.0, 30.0], [0.0, 1.0, 40.0]])
    one = Subject("one", None, None, "logit", x, np.array([[1.0, 0.0], [0.0, 1.0]]))
    named = {"feature_names": ("job_cook", "job_clerk", "age"), "players": (0, 0, 1)}
    data = Data(Rows(x), player_names=("job", "age"), **named)
    values = rng.normal(size=(2, 2, 2))
    columns = columns_of(data, data.scored, None, x, 2)
    given = (data, one, one, values, np.zeros(2), "classification", np.arange(2))
    assert sampling(*given, columns)(1, "typical").said == ("clerk", "40")
    assert sampling(*given)(1, "typical").said == ()


def lying(x, **fields):
    data = Data(Rows(x), **fields)
    flat = x.reshape(len(x), -1)
    return data, Subject("dense", None, None, "logit", flat, np.zeros((len(x), 1)))


def test_rows_are_drawn_as_they_lie_whoever_plays():
    images = np.arange(24.0).reshape(2, 2, 2, 3)
    data, dense = lying(images, image_shape=(2, 2, 3), players=(0,) * 6 + (1,) * 6)
    assert kind_of_rows(data, dense) == {
        "image_shape": (2, 2, 3),
        "series_shape": None,
        "owners": data.players,
        "channels": (),
    }
    values = np.ones((2, 2)), np.ones((2, 2))
    sample = sampling(data, dense, dense, values, np.zeros(2), "regression", np.arange(2))(
        1, "typical"
    )
    assert sample.whole == tuple(range(12, 24)) and sample.x == (14.5, 20.5)
    series, dense = lying(images.reshape(2, 4, 3))
    assert kind_of_rows(series, dense)["series_shape"] == (4, 3)
    values = np.ones((2, 12)), np.ones((2, 12))
    sample = sampling(series, dense, dense, values, np.zeros(2), "regression", np.arange(2))(
        0, "typical"
    )
    assert sample.whole == () and len(sample.x) == 12
    table, dense = lying(images.reshape(2, 12), players=(0,) * 6 + (1,) * 6)
    assert set(kind_of_rows(table, dense).values()) == {None, ()}
