"""Kernels that aren't what they seem: with a low-rank adapter, or in eight bits."""

import keras
import numpy as np
import pytest
from keras import layers as L

import explainprune as xp

X = np.random.default_rng(0).normal(size=(60, 5)).astype("float32")


def small():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((5,)), L.Dense(8, "relu", name="h"), L.Dense(2)])


def test_an_adapter_would_bring_back_what_goes_from_a_kernel():
    model = small()
    model.get_layer("h").enable_lora(2)
    for granularity in ("weight", "fan_in:2", "2:4"):
        with pytest.raises(ValueError, match=r"'h' of .* holds a low-rank adapter.*Merge it"):
            xp.prune(model, criterion="magnitude", granularity=granularity, sparsity=0.5)


@pytest.mark.filterwarnings("ignore:Layer InputLayer does not have")
def test_a_quantised_model_is_compared_without_what_its_kernels_hide():
    float_, int8 = small(), small()
    values = xp.attribute(int8, X[:3], background=X[9:], method="permutation", target=0).values
    int8.quantize("int8")
    now = xp.attribute(int8, X[:3], background=X[9:], method="permutation", target=0).values
    assert 0 < np.abs(now - values).max() < 0.1  # not what was traced before
    found = xp.compare(float_, int8, X, background=20, detail=False)
    assert found.verdict.label == "preserved"
    assert found.certificate.bound is None and "quantised" in found.certificate.no_bound
    again = xp.compare(int8, float_, X, background=20, detail=False)
    assert 0.1 < again.comparisons["dense|random_weights"]["moved_weight"].value < 1
    with pytest.raises(ValueError, match=r"layer 'h' .* is not read: its kernel is quantised"):
        xp.output_bound(float_, int8, X)


def test_scores_are_of_the_kernel_with_its_adapter():
    model, merged = small(), small()
    layer = model.get_layer("h")
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.random.default_rng(1).normal(size=(2, 8)))
    merged.get_layer("h").kernel.assign(layer.kernel)
    y = (X[:, 0] > 0).astype(int)
    for criterion in ("magnitude", "wanda", "taylor", "activation"):
        ours, theirs = (
            xp.importance(m, X, y, criterion=criterion).scores["h"] for m in (model, merged)
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)
