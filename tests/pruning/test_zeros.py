"""What is pruned stays pruned, whoever pruned it and however it goes on."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras_cases import sequential

from explainprune.network.variables import weights_of, with_weights
from explainprune.pruning import prune
from explainprune.pruning.granularity import GRANULARITIES

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 8)).astype("float32")
Y = (X[:, :2].sum(axis=1) > 0).astype(int)
WRITTEN = {"fan_in:K": "fan_in:2", "N:M": "2:4", "block:RxC": "block:2x2"}


def dense():
    keras.utils.set_random_seed(1)
    model = sequential(
        (8,), L.Dense(12, "relu", name="a"), L.Dense(8, "relu", name="b"), L.Dense(2, name="out")
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss)
    return model


def by_another_tool(share=0.7, units=()):
    """Set the smallest weights of every kernel to 0, and some units of ``a``, in plain numpy."""
    model = dense()
    changed = {}
    for path, values in weights_of(model).items():
        if path.endswith("kernel"):
            least = np.quantile(np.abs(values), share)
            changed[path] = np.where(np.abs(values) <= least, 0, values)
    changed["a/kernel"][:, list(units)] = 0
    changed["b/kernel"][list(units)] = 0
    return with_weights(model, changed)


def came_back(before, after):
    later = weights_of(after)
    return sum(
        int(((values == 0) & (later[path] != 0)).sum())
        for path, values in weights_of(before).items()
        if path.endswith("kernel")
    )


@pytest.mark.parametrize("epochs", [0, 4])
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_zeros_stay_zeros(granularity, epochs):
    sparse = by_another_tool()
    written = WRITTEN.get(granularity, granularity)
    amount = {} if ":" in written and "block" not in written else {"sparsity": 0.8}
    if written in ("unit", "coupled", "input", "block:2x2"):
        amount = {"sparsity": 0.6 if "block" in written else 0.25}
    pruned = prune(sparse, (X, Y), granularity=written, steps=2, finetune_epochs=epochs, **amount)
    assert came_back(sparse, pruned.model) == 0
    assert came_back(sparse, prune(pruned.model, (X, Y), sparsity=0.88, steps=1).model) == 0
    gone = sum(int((v == 0).sum()) for v in weights_of(sparse).values() if 0 < (v == 0).mean() < 1)
    assert "Weights that are 0 to begin with stay 0" in pruned.notes[-1]
    assert f"learn): {gone:,}, " in pruned.notes[-1]
    for path, values in weights_of(sparse).items():
        if path.endswith("kernel"):  # the head's as well: a recipe or a later tool holds them
            assert not pruned.masks[path][values == 0].any()


def test_the_history_begins_where_the_model_does():
    sparse = by_another_tool(0.7)
    kernels = [v for p, v in weights_of(sparse).items() if p in ("a/kernel", "b/kernel")]
    begun = sum((k == 0).sum() for k in kernels) / sum(k.size for k in kernels)
    pruned = prune(sparse, (X, Y), sparsity=0.88, steps=3, finetune_epochs=0)
    achieved = pruned.history["achieved"].tolist()
    assert achieved[0] == pytest.approx(begun) == pruned.history["requested"][0]
    # Cubic, of what is left: s(p) = s₀ + (s − s₀)(1 − (1 − p)³).
    expected = [begun + (0.88 - begun) * (1 - (1 - p) ** 3) for p in (1 / 3, 2 / 3, 1)]
    assert achieved[1:] == pytest.approx(expected, abs=1 / sum(k.size for k in kernels))
    assert pruned.masks.sparsity == achieved[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparsity": 0.5}, r"are gone to begin with, a sparsity of 0\.6979.*: 0\.5 asks for less"),
        ({"sparsity": 0.8, "allocation": {"a": 0.5}}, r"entries of 'a' are gone.*: 0\.5 asks"),
        ({"budget": {"params_kept": 0.9}}, r"begins at params_kept=0\.3.*: 0\.9\} asks for less"),
    ],
)
def test_less_than_there_is_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        prune(by_another_tool(), (X, Y), steps=1, finetune_epochs=0, **options)


def test_sparsity_0_removes_nothing_more():
    sparse = by_another_tool()
    pruned = prune(sparse, (X, Y), sparsity=0.0, steps=2, finetune_epochs=2)
    assert came_back(sparse, pruned.model) == 0
    assert pruned.masks.sparsity == pruned.history["achieved"][0] > 0.6


def test_units_that_are_gone_count_as_gone():
    sparse = by_another_tool(0.0, units=[1, 4, 7])
    for granularity in ("unit", "coupled"):
        pruned = prune(
            sparse, (X, Y), granularity=granularity, sparsity=0.5, steps=1, finetune_epochs=0
        )
        assert pruned.history["achieved"][0] == 3 / 20
        first = next(kept for key, kept in pruned.masks.entries.items() if key == "a")
        assert not first[[1, 4, 7]].any()
        assert pruned.masks.removed == 10


def test_blocks_and_inputs_that_are_gone_count_as_gone():
    model = dense()
    kernel = weights_of(model)["a/kernel"]
    kernel[2] = 0
    sparse = with_weights(model, {"a/kernel": kernel})
    pruned = prune(sparse, (X, Y), granularity="input", sparsity=0.5, steps=1, finetune_epochs=0)
    assert (
        pruned.history["achieved"][0] == 1 / 8 and not next(iter(pruned.masks.entries.values()))[2]
    )
    kernel[:4, :4] = 0
    sparse = with_weights(model, {"a/kernel": kernel})
    pruned = prune(
        sparse, (X, Y), granularity="block:2x2", sparsity=0.5, steps=1, finetune_epochs=0
    )
    assert pruned.history["achieved"][0] == 4 / (4 * 6 + 6 * 4)
    assert not pruned.masks.entries["a/kernel"][:2, :2].any()


def test_masks_and_keep_zeros_say_otherwise():
    sparse = by_another_tool()
    free = prune(sparse, (X, Y), sparsity=0.2, keep_zeros=False, steps=1, finetune_epochs=4)
    assert came_back(sparse, free.model) > 0 and free.history["achieved"][0] == 0
    kept = np.ones((8, 12), bool)
    kept[:, :3] = False
    masked = prune(dense(), (X, Y), sparsity=0.5, masks={"a/kernel": kept}, finetune_epochs=4)
    assert (weights_of(masked.model)["a/kernel"][:, :3] == 0).all()
    assert masked.history["achieved"][0] == 24 / (96 + 96)
    only = prune(sparse, (X, Y), sparsity=0.5, masks={"a/kernel": kept}, finetune_epochs=4)
    assert came_back(sparse, only.model) > 0
    with pytest.raises(ValueError, match=r"mask of 'a/kernel' needs shape \(8, 12\)"):
        prune(dense(), (X, Y), sparsity=0.5, masks={"a/kernel": kept[1:]})


def test_a_tensor_of_zeros_alone_is_not_pruned():
    model = dense()
    assert not weights_of(model)["a/bias"].any()
    pruned = prune(model, (X, Y), sparsity=0.5, steps=1, finetune_epochs=2)
    assert weights_of(pruned.model)["a/bias"].any() and pruned.notes == ()


@pytest.mark.parametrize("budget", [{"params_kept": 0.25}, {"accuracy_drop": 0.5}])
def test_budgets_begin_there_too(budget):
    sparse = by_another_tool()
    pruned = prune(sparse, (X, Y), budget=budget, steps=1, finetune_epochs=2)
    assert came_back(sparse, pruned.model) == 0
    assert pruned.masks.sparsity >= pruned.history["achieved"][0] > 0.6


def test_a_recipe_is_given_what_holds_them():
    sparse = by_another_tool()

    def recipe(model, data, *, seed, after_step):
        for variable in model.trainable_variables:
            variable.assign_add(np.ones(variable.shape))
        after_step()
        assert came_back(sparse, model) == 0
        return model

    prune(sparse, (X, Y), sparsity=0.8, steps=1, recipe=recipe)
