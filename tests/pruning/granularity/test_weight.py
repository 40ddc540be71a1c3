import numpy as np
from keras import layers as kl
from keras_cases import sequential

from explainprune.pruning.candidates import candidates
from explainprune.pruning.granularity import Sharing, implied_sparsity, view

K, _ = True, False


def small():
    return sequential((2,), kl.Dense(3, name="a"), kl.Dense(2, name="b"), kl.Dense(2, name="out"))


def see(model, **options):
    return view("weight", model, candidates(model, **options))


def test_kernels_alone_are_masked_each_unit_keeping_a_weight():
    seen = see(small())
    scores = {
        "a/kernel": np.array([[9.0, 8, 1], [7, 6, 2]]),
        "b/kernel": np.array([[0.1, 0.6], [0.2, 0.5], [0.3, 0.4]]),
        "out/kernel": np.zeros((2, 2)),
    }
    masks = seen.masks(seen.choose(scores, 0.5, None, Sharing()))
    assert set(masks) == {"a/kernel", "b/kernel"}
    np.testing.assert_array_equal(masks["a/kernel"], [[K, K, _], [K, _, K]])
    np.testing.assert_array_equal(masks["b/kernel"], [[_, K], [_, _], [K, _]])


def test_all_kernels_of_a_layer():
    model = sequential((5, 2), kl.SeparableConv1D(3, 2, name="s"), kl.Flatten(), kl.Dense(2))
    assert see(model).sizes == {"s/pointwise_kernel": 6, "s/depthwise_kernel": 4}


def test_sparsity_of_single_layers_implies_that_of_all():
    seen = see(small())
    assert implied_sparsity({"a": 0.5}, seen) == 3 / 12
    assert implied_sparsity({"a": 0.5, "b": 1 / 3}, seen) == 5 / 12
