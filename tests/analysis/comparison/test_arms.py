"""Who meets whom: turns, shuffles, redrawn backgrounds, copies."""

import numpy as np
import pytest

from explainprune.analysis.comparison import arms
from explainprune.analysis.comparison.arms import Met, mark_rows, shuffled
from explainprune.analysis.comparison.backgrounds import backgrounds
from explainprune.types import Data, Rows


@pytest.mark.parametrize(("n", "count", "each"), [(160, 8, 1), (80, 8, 2), (7, 8, 8), (601, 3, 1)])
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
    dense = Met(None, np.arange(n), values[None], np.zeros(n))
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


def test_each_background_is_a_draw_without_replacement_of_its_own():
    drawn = backgrounds(numbered(5, train=200), 30, 6, seed=1)
    assert (drawn.size, drawn.first, drawn.how) == (30, 6, "drawn from training rows")
    for number in range(8):
        assert len(set(drawn[number].ravel())) == 30
        np.testing.assert_array_equal(drawn[number], drawn[number])
    assert len({tuple(drawn[number].ravel()) for number in range(8)}) == 8
    again, other = (backgrounds(numbered(5, train=200), 30, 6, seed=s) for s in (1, 2))
    assert np.array_equal(again[3], drawn[3])
    assert not np.array_equal(other[3], drawn[3])
    assert len(drawn.joined(4)) == 120
    assert drawn.notes == ()


def test_small_backgrounds_are_raised_where_there_are_rows():
    raised = backgrounds(numbered(50), 5, 6, seed=0)
    assert (raised.size, raised.too_small) == (20, False)
    assert "raised from 5 to 20 rows" in raised.notes[0]
    few = backgrounds(numbered(12), 100, 6, seed=0)
    assert (few.size, few.how, few.too_small) == (12, "drawn from scored rows", True)


@pytest.mark.parametrize("asked", [5, 12, 19, 20, 100])
@pytest.mark.parametrize("given", [False, True])
def test_a_pool_too_small_for_a_verdict_says_so_whatever_is_asked_for(asked, given):
    data = numbered(12)
    own = np.arange(12.0)[:, None]
    drawn = backgrounds(data.with_(background=own) if given else data, asked, 6, seed=0)
    assert drawn.too_small
    assert drawn.notes[-1] == "There are only 12 background rows; a verdict needs 20 at least."


def test_rows_of_the_users_own_are_a_pool():
    own = np.arange(100.0, 140.0)[:, None]
    for data, asked in ((numbered(50), own), (numbered(50).with_(background=own), 20)):
        drawn = backgrounds(data, asked, 6, seed=0)
        assert (drawn.how, drawn.size, drawn.too_small) == ("given", 20, False)
        seen = np.concatenate([drawn[number] for number in range(20)]).ravel()
        assert set(seen) <= set(own.ravel())
        assert len(set(seen)) == 40
        assert any(len(set(drawn[number].ravel())) < 20 for number in range(6))
    assert backgrounds(numbered(50), own[:7], 6, seed=0).too_small


@pytest.mark.parametrize(
    ("background", "data"), [(np.zeros((1, 1)), numbered(9)), (5, numbered(1))]
)
def test_one_row_is_a_baseline(background, data):
    drawn = backgrounds(data, background, 6, seed=0)
    assert drawn.first == 1
    assert drawn.notes


@pytest.mark.parametrize("background", [0, -3, True, 2.5, None, "all"])
def test_a_background_is_rows_or_their_number(background):
    with pytest.raises(ValueError, match=r"background .*Received: "):
        backgrounds(numbered(9), background, 6, seed=0)


@pytest.mark.parametrize("background", [1, 0, True, 2.5])
def test_one_draw_of_background_rows_is_too_few(background):
    with pytest.raises(ValueError, match=r"backgrounds is the number of draws"):
        backgrounds(numbered(9), 20, background, seed=0)


def test_copies_take_turns_in_one_model(classifier, digits):
    from explainprune.analysis.comparison.copies import COPIES, copies_of
    from explainprune.analysis.comparison.subjects import subject
    from explainprune.network import weights_of

    x = digits.x[:20]
    before = weights_of(classifier)
    dense = subject("dense", classifier, x, "centred")
    copies = copies_of(dense, dense, x, seed=0)
    assert len(copies) == COPIES
    for turn in (2, 0, 1):
        loaded = copies.load(turn)
        np.testing.assert_allclose(loaded.network.outputs(loaded.x), loaded.outputs, atol=1e-6)
    assert np.abs(copies.load(0).outputs - copies.load(1).outputs).max() > 0.1
    assert all(np.array_equal(v, before[p]) for p, v in weights_of(classifier).items())


def test_where_one_model_is_a_formula_the_others_weights_are_drawn_anew(classifier, digits, curved):
    from explainprune.analysis.comparison.copies import copies_of
    from explainprune.analysis.comparison.subjects import subject

    x = digits.x[:20]
    keras_model = subject("other", classifier, x, "centred")
    formula = subject("dense", curved(d=64, outputs=10), x, "centred")
    assert copies_of(formula, keras_model, x, seed=0).of == "other"
    both = copies_of(formula, formula, x, seed=0)
    assert (both.of, both.weights, len(both)) == ("", (), 8)


def test_random_networks_are_relu_networks_whose_gradients_are_right(normal_rows, linear):
    from explainprune.analysis.comparison.copies import copies_of
    from explainprune.analysis.comparison.subjects import subject

    x = normal_rows(40, 5) * [1, 10, 100, 1, 1] + 3
    plain = subject("dense", linear(np.ones((5, 3))), x, "logit")
    networks = copies_of(plain, plain, x, seed=0).subjects
    slope = networks[0].network.jacobian(x)
    step = 1e-6
    for feature in range(5):
        moved = x.copy()
        moved[:, feature] += step
        numeric = (networks[0].network.outputs(moved) - networks[0].outputs) / step
        np.testing.assert_allclose(slope[:, feature], numeric, atol=1e-4)
    np.testing.assert_allclose(networks[0].outputs.sum(axis=1), 0, atol=1e-9)
    # Inputs of every scale have their say.
    say = np.abs(slope * x.std(axis=0)[:, None]).mean(axis=(0, 2))
    assert say.max() < 6 * say.min()
    assert np.ptp([n.outputs[0, 0] for n in networks]) > 0
