"""Who meets whom: turns, shuffles, redrawn backgrounds, copies."""

import numpy as np
import pytest

from explainprune.analysis.comparison import arms
from explainprune.analysis.comparison.arms import Met, mark_rows, shuffled
from explainprune.analysis.comparison.backgrounds import REDRAWS, backgrounds
from explainprune.types import Data, Rows


@pytest.mark.parametrize(
    ("n", "count", "each"), [(600, 10, 1), (300, 10, 2), (7, 10, 10), (601, 3, 1)]
)
def test_every_row_meets_as_many_arms_and_every_arm_as_many_rows(n, count, each):
    met = np.zeros((n, count), dtype=int)
    for turn, index in arms._turns(n, count):
        met[index, turn] += 1
    assert met.max() == 1
    assert (met.sum(axis=1) == each).all()
    assert np.ptp(met.sum(axis=0)) <= each


def test_shuffled_rows_never_meet_themselves():
    n = 40
    values = np.arange(n, dtype=float)[:, None]
    dense = Met(None, np.arange(n), values, np.zeros(n))
    index = np.arange(3, 23)
    met = list(shuffled(dense, index, seed=0))
    assert len(met) == arms.SHUFFLES
    for part in met:
        assert (part.values[:, 0] != part.index).all()
        assert sorted(part.values[:, 0]) == index.tolist()
    assert not np.array_equal(met[0].values, met[1].values)
    two = list(shuffled(dense, np.array([4, 5]), seed=0))
    assert [part.values.ravel().tolist() for part in two] == [[5.0, 4.0]]


def test_scale_marks_need_no_more_than_some_rows():
    assert mark_rows(50, 0).tolist() == list(range(50))
    some = mark_rows(5000, 0)
    assert len(set(some)) == arms.MARK_ROWS
    assert (np.diff(some) > 0).all()


def numbered(n, train=None):
    rows = np.arange(float(n))[:, None]
    return Data(Rows(rows), train=None if train is None else Rows(np.arange(float(train))[:, None]))


def test_redrawn_backgrounds_share_no_row_with_the_first():
    drawn = backgrounds(numbered(5, train=200), 30, seed=1)
    base = set(drawn.base.ravel())
    assert len(base) == len(drawn) == 30
    assert len(drawn.redrawn) == REDRAWS
    for part in drawn.redrawn:
        assert len(set(part.ravel())) == 30
        assert base.isdisjoint(part.ravel())
    assert drawn.how == "drawn from training rows"
    assert drawn.note == ""
    again = backgrounds(numbered(5, train=200), 30, seed=1)
    assert np.array_equal(again.base, drawn.base)
    other = backgrounds(numbered(5, train=200), 30, seed=2)
    assert not np.array_equal(other.base, drawn.base)


def test_the_background_is_the_one_that_attribute_draws():
    from explainprune.analysis.attribution.reading.background import drawn_background

    data = numbered(5, train=200)
    expected = drawn_background(data, 7, 30)
    assert np.array_equal(backgrounds(data, 30, seed=7).base, expected)


def test_few_rows_are_redrawn_with_replacement():
    drawn = backgrounds(numbered(12), 100, seed=0)
    assert len(drawn) == 12
    assert drawn.how == "drawn from scored rows"
    assert "redrawn with replacement" in drawn.note
    assert len({tuple(part.ravel()) for part in drawn.redrawn}) == REDRAWS
    assert any(len(set(part.ravel())) < 12 for part in drawn.redrawn)


def test_a_given_background_is_redrawn_from_itself():
    own = np.array([[7.0], [8.0], [9.0]])
    for data, asked in ((numbered(50), own), (numbered(50).with_(background=own), 100)):
        drawn = backgrounds(data, asked, seed=0)
        assert drawn.how == "given"
        np.testing.assert_array_equal(drawn.base, own)
        assert set(np.concatenate(drawn.redrawn).ravel()) == {7.0, 8.0, 9.0}


@pytest.mark.parametrize(
    ("background", "data"), [(np.zeros((1, 1)), numbered(9)), (5, numbered(1))]
)
def test_one_row_cannot_be_redrawn(background, data):
    drawn = backgrounds(data, background, seed=0)
    assert drawn.redrawn == ()
    assert drawn.note


@pytest.mark.parametrize("background", [0, -3, True, 2.5, None, "all"])
def test_a_background_is_rows_or_their_number(background):
    with pytest.raises(ValueError, match=r"background .*Received: "):
        backgrounds(numbered(9), background, seed=0)


def test_copies_take_turns_in_one_model(classifier, digits):
    from explainprune.analysis.comparison.copies import COPIES, copies_of
    from explainprune.analysis.comparison.subjects import subject
    from explainprune.network import weights_of

    x = digits.x[:20]
    before = weights_of(classifier)
    copies = copies_of(subject("dense", classifier, x, "centred"), x, seed=0)
    assert len(copies) == COPIES
    for turn in (2, 0, 1):
        loaded = copies.load(turn)
        np.testing.assert_allclose(
            loaded.network.outputs(loaded.x), copies.outputs[turn], atol=1e-6
        )
        assert loaded.outputs is copies.outputs[turn]
    assert np.abs(copies.outputs[0] - copies.outputs[1]).max() > 0.1
    assert all(np.array_equal(v, before[p]) for p, v in weights_of(classifier).items())
