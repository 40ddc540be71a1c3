"""What can't be pruned is refused with what is wrong, and the model is as it was."""

import keras
import numpy as np
import pytest

from explainprune.network.masking import apply_masks
from explainprune.network.variables import weights_of
from explainprune.pruning import lottery_ticket, prune, sensitivity, shrink


def unchanged(model, call, message):
    """Run a call that must fail; the model's weights and compile state must not notice."""
    before, optimizer = weights_of(model), getattr(model, "optimizer", None)
    with pytest.raises(ValueError, match=message):
        call(model)
    for path, values in weights_of(model).items():
        np.testing.assert_array_equal(values, before[path])
    assert getattr(model, "optimizer", None) is optimizer


class Own(keras.Model):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.a, self.b = keras.layers.Dense(3, "relu"), keras.layers.Dense(2)

    def call(self, x):
        return self.b(self.a(x))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m: prune(m, criterion="magnitude", sparsity=0.5, granularity="unit"),
            "of type Own has no layer graph",
        ),
        (
            lambda m: prune(m, np.ones((20, 2)), criterion="lrp", sparsity=0.5, finetune_epochs=0),
            "'lrp' is defined for no layer of model 'own'",
        ),
        (shrink, r"subclassed model \(Own\)"),
    ],
)
def test_a_subclassed_model(call, message):
    model = Own(name="own")
    model(np.ones((1, 2), "float32"))
    unchanged(model, call, message)


@pytest.mark.parametrize("verb", [apply_masks, lambda m, masks: shrink(m, masks=masks)])
def test_a_mask_of_the_wrong_shape(model, verb):
    masks = {"first/kernel": np.ones((6, 11), bool)}
    unchanged(model, lambda m: verb(m, masks), r"'first/kernel' needs shape \(6, 12\).*\(6, 11\)")


@pytest.mark.parametrize("verb", [apply_masks, lambda m, masks: shrink(m, masks=masks)])
def test_a_mask_of_no_variable(model, verb):
    masks = {"frist/kernel": np.ones((6, 12), bool)}
    unchanged(model, lambda m: verb(m, masks), r"'frist/kernel'. Did you mean 'first/kernel'")


@pytest.mark.parametrize("verb", [prune, sensitivity, lottery_ticket])
def test_a_layer_that_does_not_exist(model, data, verb):
    more = {} if verb is sensitivity else {"sparsity": 0.5}
    message = r"Unknown layer in protect 'frist'. Did you mean 'first'"
    unchanged(model, lambda m: verb(m, data, protect="frist", **more), message)
    by_layer = {"frist": 0.5}
    if verb is not sensitivity:
        message = r"'frist'. Did you mean 'first'"
        unchanged(model, lambda m: verb(m, data, allocation=by_layer, sparsity=0.5), message)


@pytest.mark.parametrize(
    ("budget", "closest"),
    [({"params_kept": 0.01}, "params_kept"), ({"flops_kept": 0.01}, "flops_kept")],
)
def test_a_budget_that_cannot_be_reached_says_the_closest(model, data, budget, closest):
    def call(m, most=budget):
        return prune(m, data, budget=most, criterion="magnitude", finetune_epochs=0, steps=1)

    unchanged(model, call, rf"the closest is {closest}=0\.\d+, at sparsity=0\.88")
    with pytest.raises(ValueError) as error:
        call(model)
    within = float(str(error.value).split(f"is {closest}=")[1].split(",")[0])
    # Printed to six digits: the last may be rounded down.
    assert call(model, {closest: within + 1e-6}).masks.sparsity == pytest.approx(148 / 168)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([keras.layers.ReLU(), keras.layers.Flatten()], "no layer of it has a kernel"),
        ([keras.layers.Dense(3, name="only")], r"\['only'\], are outputs or protected"),
    ],
)
def test_nothing_prunable(layers, message):
    model = keras.Sequential([keras.Input((4,)), *layers])
    unchanged(model, lambda m: prune(m, criterion="magnitude", sparsity=0.5), message)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("verb", [lambda m: prune(m, criterion="random", sparsity=0.5), shrink])
def test_weights_that_are_not_finite(untrained, bad, verb):
    kernel = untrained.get_layer("first").kernel
    kernel.assign(np.full((6, 12), bad))
    unchanged(untrained, verb, r"NaN.*72 of 'first/kernel'|'first/kernel'.*NaN")
