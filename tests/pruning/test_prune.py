from itertools import pairwise

import keras
import numpy as np
import pytest
from keras import layers as kl

from explainprune.criteria import CRITERIA, importance
from explainprune.network import compiled_like, perceptron
from explainprune.network.backend import tf
from explainprune.network.variables import clone, weights_of
from explainprune.pruning import prune
from explainprune.pruning.allocation import allocate
from explainprune.pruning.schedule import SCHEDULES
from explainprune.types import Data, Importance, Rows

PRUNABLE = 6 * 12 + 12 * 8


def accuracy(model, rows):
    return float((model(rows.x).numpy().argmax(axis=1) == rows.y).mean())


def scores_weights(model, data, criterion):
    """Tell whether a criterion gives every weight a score of its own."""
    try:
        importance(model, data, criterion=criterion, level="weight")
    except ValueError as error:
        assert "scores units only" in str(error)
        return False
    return True


def same_weights(a, b):
    theirs = weights_of(b)
    return all(np.array_equal(w, theirs[path]) for path, w in weights_of(a).items())


def test_weights_one_shot_without_data_by_hand(untrained):
    pruned = prune(untrained, criterion="magnitude", sparsity=0.5, schedule="one_shot")
    before = weights_of(untrained)
    scores = {path: np.abs(before[path]) for path in ("first/kernel", "second/kernel")}
    expected = allocate(scores, 0.5, unit_axes=dict.fromkeys(scores, 1))
    after = weights_of(pruned.model)
    for path, values in before.items():
        mask = expected.get(path, True)
        np.testing.assert_array_equal(after[path], np.where(mask, values, 0))
    assert list(pruned.masks) == list(expected)
    assert pruned.notes == ()


@pytest.mark.parametrize(
    ("granularity", "sparsity", "removed"), [("weight", 0.7, 118), ("unit", 0.4, 8)]
)
def test_the_share_is_removed_and_the_accuracy_kept(model, data, granularity, sparsity, removed):
    pruned = prune(model, data, granularity=granularity, sparsity=sparsity, steps=2)
    assert pruned.masks.total == (PRUNABLE if granularity == "weight" else 20)
    assert pruned.masks.removed == removed
    for path, values in weights_of(pruned.model).items():
        if path in pruned.masks:
            assert (values[~pruned.masks[path]] == 0).all()
    assert accuracy(model, data.scored) > 0.9
    assert accuracy(pruned.model, data.scored) > 0.85
    assert np.count_nonzero(weights_of(pruned.model)["out/bias"]) == 3


def test_history(model, data):
    pruned = prune(model, data, sparsity=0.5, steps=3, finetune_epochs=2)
    history = pruned.history
    assert list(history.step) == [0, 1, 2, 3]
    np.testing.assert_allclose(history.requested, [0, 0.5 * 19 / 27, 0.5 * 26 / 27, 0.5])
    counts = [round(share * PRUNABLE) / PRUNABLE for share in history.requested]
    np.testing.assert_allclose(history.achieved, counts)
    assert list(history.epochs) == [0, 0, 1, 1]
    assert set(history.criterion) == {"taylor"}
    for name, rows in (("train", data.train), ("validation", data.validation)):
        assert history[f"{name}_accuracy"][0] == pytest.approx(accuracy(model, rows))
        assert history[f"{name}_accuracy"][3] == pytest.approx(accuracy(pruned.model, rows))
        assert (history[f"{name}_loss"] > 0).all()


def test_nothing_of_the_callers_changes(model, data):
    before, optimizer = weights_of(model), model.optimizer
    arrays = data.train.x.copy()
    prune(model, data, sparsity=0.5, steps=1, finetune_epochs=1)
    for path, values in weights_of(model).items():
        np.testing.assert_array_equal(values, before[path])
    assert model.compiled
    assert model.optimizer is optimizer
    np.testing.assert_array_equal(data.train.x, arrays)


def test_the_same_seed_gives_the_same_model_and_another_seed_another(model, data):
    settings = {"criterion": "random", "sparsity": 0.5, "steps": 1, "finetune_epochs": 1}
    first = prune(model, data, seed=1, **settings)
    assert same_weights(first.model, prune(model, data, seed=1, **settings).model)
    other = prune(model, data, seed=2, **settings)
    assert any((first.masks[path] != other.masks[path]).any() for path in first.masks)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("granularity", ["weight", "unit"])
def test_every_criterion_prunes_to_the_entry(normalised, data, criterion, granularity):
    settings = {"granularity": granularity, "sparsity": 0.4, "finetune_epochs": 0, "steps": 1}
    if granularity == "weight" and not scores_weights(normalised, data, criterion):
        with pytest.raises(ValueError, match="scores units only"):
            prune(normalised, data, criterion=criterion, **settings)
        return
    pruned = prune(normalised, data, criterion=criterion, **settings)
    total = PRUNABLE if granularity == "weight" else 20
    assert pruned.masks.removed == round(0.4 * total)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_what_is_removed_stays_removed(untrained, data, schedule):
    seen = []

    def recipe(model, data, *, seed, after_step):
        seen.append(weights_of(model))
        trained = clone(model)
        for variable in trained.trainable_variables:
            variable.assign_add(np.full(variable.shape, 0.1))
        after_step(trained)
        seen.append(weights_of(trained))
        return trained

    settings = {"criterion": "random", "schedule": schedule, "steps": 4}
    pruned = prune(untrained, data.train.x, sparsity=0.8, recipe=recipe, **settings)
    kernels = ("first/kernel", "second/kernel")
    zeros = [{path: weights[path] == 0 for path in kernels} for weights in seen]
    for before, after in pairwise(zeros):
        for path in kernels:
            assert (after[path] | ~before[path]).all()
    for path in kernels:
        np.testing.assert_array_equal(zeros[-1][path], ~pruned.masks[path])
    assert len(seen) == 2 * (1 if schedule == "one_shot" else 4)


def test_units_removed_are_silent(model, data):
    pruned = prune(model, data, granularity="unit", sparsity=0.5, finetune_epochs=0)
    weights = weights_of(pruned.model)
    gone = ~pruned.masks.entries["second"]
    assert gone.any()
    assert (weights["second/kernel"][:, gone] == 0).all()
    assert (weights["second/bias"][gone] == 0).all()
    assert (weights["out/kernel"][gone] == 0).all()


def test_arrays_and_pairs_do_as_data(model, data):
    rows = data.train
    settings = {"sparsity": 0.5, "steps": 1, "finetune_epochs": 1}
    whole = prune(model, Data(rows), **settings)
    assert same_weights(whole.model, prune(model, (rows.x, rows.y), **settings).model)
    stream = tf.data.Dataset.from_tensor_slices((rows.x, rows.y)).batch(16)
    assert same_weights(whole.model, prune(model, stream, **settings).model)
    with pytest.warns(UserWarning, match="no labels, so the model is pruned without fine-tuning"):
        unlabelled = prune(model, rows.x, sparsity=0.5, steps=1)
    assert unlabelled.history.epochs.sum() == 0
    assert "train_loss" not in unlabelled.history
    assert "no labels" in unlabelled.notes[0]


def test_an_uncompiled_model_gets_the_loss_it_implies_and_says_so(untrained, data):
    with pytest.warns(UserWarning, match="The model isn't compiled: it is fine-tuned with Adam"):
        pruned = prune(untrained, data, sparsity=0.5, steps=1, finetune_epochs=1)
    assert pruned.model.loss.get_config()["from_logits"]
    assert not untrained.compiled
    assert not prune(untrained, data, sparsity=0.5, finetune_epochs=0).model.compiled


def test_protected_layers_stay_whole_and_do_not_count(model, data):
    pruned = prune(model, data, sparsity=0.5, protect=["first"], finetune_epochs=0)
    assert pruned.masks.prunable == ("second/kernel",)
    assert pruned.masks.removed == 48


def test_allocation_by_layer_says_how_much(model, data):
    pruned = prune(model, data, allocation={"first": 0.5, "second": 0.25}, finetune_epochs=0)
    counts = {path: int((~mask).sum()) for path, mask in pruned.masks.items()}
    assert counts == {"first/kernel": 36, "second/kernel": 24}


def test_a_zero_sparsity_trains_and_removes_nothing(model, data):
    pruned = prune(model, data, sparsity=0.0, steps=2, finetune_epochs=1)
    assert pruned.masks.removed == 0
    assert pruned.history.epochs.tolist() == [0, 0, 1]
    assert not same_weights(pruned.model, model)


def test_a_subclassed_model_can_lose_weights():
    @keras.saving.register_keras_serializable("test_prune")
    class Own(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.a, self.b = kl.Dense(3, name="a"), kl.Dense(2, name="b")

        def call(self, x):
            return self.b(self.a(x))

    model = Own(name="own")
    x = np.ones((4, 2), "float32")
    model(x)
    pruned = prune(model, criterion="magnitude", sparsity=0.5, schedule="one_shot")
    assert pruned.masks.removed == 3
    with pytest.raises(ValueError, match="granularity='unit' follows units along the graph"):
        prune(model, granularity="unit", criterion="magnitude", sparsity=0.5)


def test_adam_cannot_bring_back_what_is_removed(data):
    wide = compiled_like(perceptron(6, 3, hidden=(30, 20), seed=1), data.train)
    assert type(wide.optimizer).__name__ == "Adam"
    pruned = prune(wide, data, sparsity=0.9, steps=1, finetune_epochs=5, schedule="one_shot")
    weights = weights_of(pruned.model)
    assert sum(int((weights[p] == 0).sum()) for p in pruned.masks.prunable) == 0.9 * 780
    for path in pruned.masks.prunable:
        np.testing.assert_array_equal(weights[path] == 0, ~pruned.masks[path])
    moved = weights["outputs/kernel"] != weights_of(wide)["outputs/kernel"]
    assert moved.mean() > 0.9


def test_scores_that_one_has_are_taken_as_they_are(model, data):
    mine = Importance(
        "mine", "unit", {"first": np.arange(12.0), "second": np.array([9.0, *np.ones(7)])}
    )
    how = {"granularity": "unit", "allocation": "uniform", "finetune_epochs": 0}
    pruned = prune(model, data, criterion=mine, sparsity=0.5, steps=2, **how)
    assert list(np.flatnonzero(pruned.masks.entries["first"])) == [6, 7, 8, 9, 10, 11]
    assert pruned.masks.entries["second"][0]
    assert set(pruned.history.criterion) == {"mine"}
    with pytest.raises(
        ValueError, match=r"scores of each weight. Received: Importance\('mine', 20"
    ):
        prune(model, data, criterion=mine, sparsity=0.5)
    half = Importance("mine", "unit", {"first": np.arange(12.0)})
    with pytest.raises(ValueError, match=r"'mine' is not defined for 'second': choose"):
        prune(model, data, criterion=half, sparsity=0.5, **how)


def test_rows_of_a_scored_split_are_not_learned_from(model, data):
    half = data.with_(scored=Rows(data.x * 0 + 7, data.y))
    a = prune(model, data, sparsity=0.5, steps=1, finetune_epochs=1)
    b = prune(model, half, sparsity=0.5, steps=1, finetune_epochs=1)
    assert same_weights(a.model, b.model)


@pytest.mark.parametrize(
    ("granularity", "sparsity", "removed", "total"),
    [
        ("input", 0.5, 3, 6),
        ("fan_in:3", None, 3 * 12 + 9 * 8, PRUNABLE),
        ("2:4", None, 2 * 12 + 6 * 8, PRUNABLE),
        ("block:3x4", 0.5, 7, 2 * 3 + 4 * 2),
    ],
)
def test_every_granularity_in_steps(untrained, data, granularity, sparsity, removed, total):
    pruned = prune(
        untrained,
        data.train.x,
        criterion="random",
        granularity=granularity,
        sparsity=sparsity,
        recipe=lambda model, data, **options: model,
        steps=3,
    )
    assert (pruned.masks.removed, pruned.masks.total) == (removed, total)
    assert pruned.history.achieved.is_monotonic_increasing
    assert pruned.history.achieved.iloc[-1] == removed / total
    weights = weights_of(pruned.model)
    for path in pruned.masks.prunable:
        np.testing.assert_array_equal(weights[path] == 0, ~pruned.masks[path])


def test_a_pattern_says_itself_how_much(model):
    with pytest.raises(ValueError, match=r"'2:4' itself says how much .* sparsity=0.5 as well"):
        prune(model, criterion="magnitude", granularity="2:4", sparsity=0.5)
