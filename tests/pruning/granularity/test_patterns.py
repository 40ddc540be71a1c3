"""Patterns of weights: fan-in limits, N:M groups, blocks."""

import numpy as np
import pytest
from keras import layers as kl
from keras_cases import sequential

from explainprune.network.variables import variables
from explainprune.pruning.candidates import candidates
from explainprune.pruning.granularity import Sharing, view
from explainprune.pruning.granularity.fan_in import fan_ins
from explainprune.pruning.granularity.n_of_m import keep_in_groups

K, _ = True, False
RNG = np.random.default_rng(0)


def small(inputs=4, units=2):
    return sequential((inputs,), kl.Dense(units, name="a"), kl.Dense(2, name="out"))


def convolutional():
    return sequential(
        (5, 5, 3),
        kl.Conv2D(4, 2, name="c"),
        kl.Conv2DTranspose(2, 2, name="t"),
        kl.Flatten(),
        kl.Dense(2, name="out"),
    )


def see(granularity, model, **options):
    return view(granularity, model, candidates(model, **options))


def scores_of(model):
    return {path: RNG.random(v.shape) for path, v in variables(model).items() if "kernel" in path}


def test_fan_in_by_hand():
    seen = see("fan_in:1", small())
    assert seen.sparsity == 6 / 8
    scores = {"a/kernel": np.array([[4.0, 1], [3, 2], [2, 3], [1, 4]])}
    half = seen.choose(scores, 0.0, None, Sharing(progress=2 / 3))
    np.testing.assert_array_equal(half["a/kernel"], [[K, _], [K, _], [_, K], [_, K]])
    # What went before does not come back, however high it scores now.
    scores["a/kernel"] = scores["a/kernel"][::-1]
    last = seen.choose(scores, 0.0, half, Sharing())
    np.testing.assert_array_equal(last["a/kernel"], [[_, _], [K, _], [_, K], [_, _]])


def test_one_fan_in_for_each_layer():
    model = convolutional()
    seen = see("fan_in:5,7", model)
    masks = seen.masks(seen.choose(scores_of(model), 0.0, None, Sharing()))
    np.testing.assert_array_equal(masks["c/kernel"].sum(axis=(0, 1, 2)), [5, 5, 5, 5])
    np.testing.assert_array_equal(masks["t/kernel"].sum(axis=(0, 1, 3)), [7, 7])
    assert masks.sparsity == seen.sparsity
    assert see("fan_in:99", model).sparsity == 0.0


def test_fan_ins_of_all_layers_fall_by_the_same_factors():
    # Layers alike but for their limits: 64 → 4 and 64 → 1, a factor of 2 and of 2√2 four times.
    kept = [fan_ins([64, 64], [64, 64], [4, 1], share) for share in progress_of([4, 1])]
    assert kept == [[32, 23], [16, 8], [8, 3], [4, 1]]
    # The counts are those asked for: what has gone is the share of what goes in the end.
    for share in (0.3, 0.77, 0.95):
        stay = fan_ins([6400, 12800], [64, 128], [4, 16], share)
        gone = 100 * (64 - stay[0]) + 100 * (128 - stay[1])
        assert gone / (100 * 60 + 100 * 112) == pytest.approx(share, abs=1 / 172)
    assert fan_ins([64, 8], [64, 8], [4, 99], 0.5) == [34, 8]  # a limit above what there is


def progress_of(most):
    """Share of what goes in the end that has gone after 1 to 4 of 4 equal factors from 64."""
    kept = np.array([[64 * (k / 64) ** (step / 4) for k in most] for step in range(5)]).sum(axis=1)
    return (kept[0] - kept[1:]) / (kept[0] - kept[-1])


def test_n_of_m_by_hand():
    seen = see("1:2", small())
    assert seen.sparsity == 0.5
    scores = {"a/kernel": np.array([[4.0, 1], [3, 2], [2, 3], [1, 4]])}
    kept = seen.choose(scores, 0.5, None, Sharing())
    np.testing.assert_array_equal(kept["a/kernel"], [[K, _], [_, K], [K, _], [_, K]])
    seen = see("1:4", small())
    some = seen.choose(scores, 0.0, None, Sharing(progress=1 / 3))
    np.testing.assert_array_equal(some["a/kernel"], [[K, _], [K, K], [K, K], [_, K]])
    scores["a/kernel"] = scores["a/kernel"][::-1]
    kept = seen.choose(scores, 0.0, some, Sharing())
    np.testing.assert_array_equal(kept["a/kernel"], [[_, _], [_, K], [K, _], [_, _]])


def test_groups_run_along_input_channels_and_the_last_may_be_short():
    kernel = RNG.random((2, 2, 5, 3))
    kept = keep_in_groups(kernel, 3, 2, 4)
    for row, column, unit in np.ndindex(2, 2, 3):
        values = kernel[row, column, :, unit]
        expected = np.isin(values, np.sort(values[:4])[2:]) | (np.arange(5) == 4)
        np.testing.assert_array_equal(kept[row, column, :, unit], expected)
    transposed = keep_in_groups(np.moveaxis(kernel, 2, 3), 2, 2, 4)
    np.testing.assert_array_equal(np.moveaxis(transposed, 3, 2), kept)
    model = convolutional()
    seen = see("2:4", model)
    masks = seen.masks(seen.choose(scores_of(model), 0.0, None, Sharing()))
    assert masks["c/kernel"].sum() == 2 * 2 * 2 * 4
    assert masks["t/kernel"].sum() == 2 * 2 * 2 * 2
    assert masks.sparsity == seen.sparsity


def test_blocks_by_hand():
    seen = see("block:2x1", small(5))
    assert seen.sizes == {"a/kernel": 6}
    scores = {"a/kernel": np.array([[1.0, 9], [1, 9], [5, 2], [5, 2], [3, 4]])}
    masks = seen.masks(seen.choose(scores, 0.5, None, Sharing()))
    np.testing.assert_array_equal(masks["a/kernel"], [[_, K], [_, K], [K, _], [K, _], [_, K]])
    assert masks.sparsity == 0.5


def test_blocks_of_convolutions_are_whole_or_gone():
    model = convolutional()
    seen = see("block:4x2", model)
    assert seen.sizes == {"c/kernel": 6, "t/kernel": 4}
    masks = seen.masks(seen.choose(scores_of(model), 0.5, None, Sharing(keep_at_least=0)))
    assert masks.removed == 5
    matrix = masks["c/kernel"].reshape(12, 4)
    for r, c in np.ndindex(3, 2):
        assert len(np.unique(matrix[4 * r : 4 * r + 4, 2 * c : 2 * c + 2])) == 1


@pytest.mark.parametrize(
    ("granularity", "text"),
    [
        ("fan_in", r"Unknown granularity 'fan_in'. Did you mean 'fan_in:K'\? Known: weight, unit"),
        ("fan_in:0", r"takes one K of at least 1.*Received: \(0,\)"),
        (
            "fan_in:3,2,1",
            r"each of the 1 layers that may be pruned, \['a'\]. Received: \(3, 2, 1\)",
        ),
        ("4:2", r"1 ≤ N < M. Received: 4:2"),
        ("0:2", r"1 ≤ N < M. Received: 0:2"),
        ("block:0x2", r"sides of at least 1. Received: 0x2"),
        ("block:4", r"Unknown granularity 'block:4'. Did you mean 'block:RxC'\?"),
        (2, r"Unknown granularity 2"),
    ],
)
def test_errors(granularity, text):
    with pytest.raises(ValueError, match=text):
        see(granularity, small())


@pytest.mark.parametrize("granularity", ["fan_in:2", "2:4"])
def test_an_allocation_beside_a_pattern_is_refused(granularity):
    model = small()
    seen = see(granularity, model)
    with pytest.raises(ValueError, match=r"allocation has no meaning.*Received: allocation='erk'"):
        seen.choose(scores_of(model), 0.0, None, Sharing("erk"))
