"""Rows in every form that Keras' fit takes, with their weights, and what classes weigh."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras import layers as L
from keras_cases import Batches, sequential

from explainprune.network.variables import weights_of
from explainprune.pruning import fit_recipe, prune, sensitivity
from explainprune.pruning.rows import given
from explainprune.pruning.weighing import weights_by_class
from explainprune.types import Data, Rows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 6)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
WEIGHT = RNG.integers(0, 4, 48).astype("float32")
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def small():
    keras.utils.set_random_seed(0)
    model = sequential((6,), L.Dense(8, "relu", name="a"), L.Dense(2, name="out"))
    model.compile(keras.optimizers.SGD(0.1), SPARSE)
    return model


def outcome(data, model=None, **options):
    pruned = prune(model or small(), data, sparsity=0.5, steps=2, **options)
    return weights_of(pruned.model), pruned.history


FORMS = {
    "tuple": lambda x, y, w: (x, y, w),
    "Rows": lambda x, y, w: Rows(x, y, weight=w),
    "Data": lambda x, y, w: Data(Rows(x[:5], y[:5]), train=Rows(x, y, weight=w)),
    "data set": lambda x, y, w: tf.data.Dataset.from_tensor_slices((x, y, w)).batch(7),
    "single rows": lambda x, y, w: tf.data.Dataset.from_tensor_slices((x, y, w)),
    "PyDataset": Batches,
    "table": lambda x, y, w: (pd.DataFrame(x, columns=[*"abcdef"]), pd.Series(y), pd.Series(w)),
}


@pytest.mark.parametrize("form", FORMS)
def test_weights_come_with_the_rows_in_every_form(form):
    learned = given(FORMS[form](X, Y, WEIGHT), small())
    np.testing.assert_array_equal(learned.learn.x, X)
    np.testing.assert_array_equal(learned.learn.y, Y)
    np.testing.assert_array_equal(learned.learn.weight, WEIGHT)


def test_rows_that_weigh_nothing_change_nothing():
    """The labels of rows of weight 0 may be what they like: scores, training, figures."""
    other = np.where(WEIGHT == 0, 1 - Y, Y)
    one, two = outcome((X, Y, WEIGHT)), outcome((X, other, WEIGHT))
    for path, values in one[0].items():
        np.testing.assert_array_equal(values, two[0][path])
    pd.testing.assert_frame_equal(one[1], two[1])
    assert not np.array_equal(one[0]["a/kernel"], outcome((X, Y))[0]["a/kernel"])


def test_sample_weight_multiplies_and_a_constant_says_nothing_of_scores_and_figures():
    by_argument = outcome((X, Y), sample_weight=WEIGHT)
    np.testing.assert_array_equal(
        by_argument[0]["a/kernel"], outcome((X, Y, WEIGHT))[0]["a/kernel"]
    )
    twice = given((X, Y, WEIGHT), sample_weight=WEIGHT).learn.weight
    np.testing.assert_array_equal(twice, WEIGHT**2)
    plain = outcome((X, Y), finetune_epochs=0)[1]
    tripled = outcome((X, Y), sample_weight=np.full(48, 3.0), finetune_epochs=0)[1]
    pd.testing.assert_frame_equal(plain, tripled)


def test_figures_of_the_history_are_weighted():
    pruned = prune(small(), (X, Y, WEIGHT), sparsity=0.5, steps=1, finetune_epochs=0)
    logits = pruned.model.predict(X, verbose=0).astype(float)
    loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(48), Y]
    last = pruned.history.iloc[-1]
    assert last["train_loss"] == pytest.approx(np.average(loss, weights=WEIGHT), rel=1e-5)
    right = logits.argmax(axis=1) == Y
    assert last["train_accuracy"] == pytest.approx(np.average(right, weights=WEIGHT))


def test_one_step_of_fine_tuning_follows_keras():
    """A batch of all rows: the weights move by the gradient of Σ w l / n, as fit has it."""
    model = small()
    pruned = prune(small(), (X[:32], Y[:32], WEIGHT[:32]), sparsity=0.0, steps=1, finetune_epochs=1)
    model.fit(X[:32], Y[:32], sample_weight=WEIGHT[:32], batch_size=32, verbose=0)
    for path, values in weights_of(model).items():
        np.testing.assert_allclose(weights_of(pruned.model)[path], values, atol=1e-6)


def test_r2_is_weighted():
    keras.utils.set_random_seed(0)
    model = sequential((6,), L.Dense(8, "relu"), L.Dense(1))
    model.compile("sgd", "mse")
    y = X[:, 1]
    history = prune(model, (X, y, WEIGHT), sparsity=0.5, steps=1, finetune_epochs=0).history
    f = model.predict(X, verbose=0)[:, 0]
    mean = np.average(y, weights=WEIGHT)
    expected = 1 - (WEIGHT * (y - f) ** 2).sum() / (WEIGHT * (y - mean) ** 2).sum()
    assert history["train_r2"][0] == pytest.approx(expected, rel=1e-4)


def test_classes_weigh_in_scores_and_training_and_not_in_figures():
    weights = {0: 0.5, 1: 4}
    each = np.where(Y == 1, 4, 0.5)
    by_class = outcome((X, Y), class_weight=weights)
    np.testing.assert_array_equal(
        by_class[0]["a/kernel"], outcome((X, Y), sample_weight=each)[0]["a/kernel"]
    )
    learned = given((X, Y), class_weight=weights)
    assert learned.measured.weight is None
    np.testing.assert_array_equal(learned.data.learnable.weight, each)
    plain = outcome((X, Y), finetune_epochs=0)[1].iloc[0]
    assert plain.equals(outcome((X, Y), class_weight=weights, finetune_epochs=0)[1].iloc[0])


def test_balanced_classes_weigh_the_same_in_sum():
    y = np.r_[np.zeros(36, int), np.ones(9, int), np.full(3, 2)]
    for labels in (y, np.eye(3)[y]):
        weight = given((X, labels), class_weight="balanced").learn.weight
        assert [weight[y == c].sum() for c in range(3)] == pytest.approx([16] * 3)
    own = given((X, y, WEIGHT), class_weight="balanced").learn.weight
    assert [own[y == c].sum() for c in range(3)] == pytest.approx([WEIGHT.sum() / 3] * 3)
    named = Data(Rows(X, Y), class_names=("no", "yes"), task="classification")
    assert set(given(named, class_weight={"yes": 3}).learn.weight) == {1.0, 3.0}
    assert set(given((X, Y), class_weight={"1": 3}).learn.weight) == {1.0, 3.0}


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ((X, Y), {"class_weight": {2: 1.0}}, "Unknown class in class_weight '2'.* Known: 0, 1"),
        ((X, Y), {"class_weight": {1: -1}}, "class_weight holds numbers of at least 0"),
        ((X, Y), {"class_weight": "even"}, "'balanced' or the weight of each class.*'even'"),
        (X, {"class_weight": "balanced"}, "needs one class label for each row. Received: no lab"),
        ((X, X[:, 0]), {"class_weight": "balanced"}, "needs one class label for each row"),
        ((X, Y), {"sample_weight": [1.0]}, r"shape \(48,\). Received: shape=\(1,\)"),
        ((X, Y, -WEIGHT), {}, "A weight of a row is 0 or more"),
        ((X, Y, 0 * WEIGHT), {}, "All 48 rows weigh 0"),
        (None, {"criterion": "magnitude", "sample_weight": WEIGHT}, "needs rows that it weighs"),
        ((X, Y), {"patience": 0}, "patience is 1 or more epochs. Received: 0"),
        ((X, Y), {"patience": 1, "recipe": fit_recipe()}, r"use fit_recipe\(patience=...\)"),
    ],
)
def test_weights_that_are_refused(data, options, message):
    with pytest.raises(ValueError, match=message):
        prune(small(), data, sparsity=0.5, steps=1, **options)


def test_patience_stops_early_on_rows_held_out():
    model = small()
    model.optimizer.learning_rate = 5.0  # so that the loss soon rises
    y = np.random.default_rng(3).integers(0, 2, 48)
    options = {"sparsity": 0.5, "steps": 1, "finetune_epochs": 30}
    with pytest.warns(UserWarning, match=r"7 of the 48 rows.* are held out to watch"):
        stopped = prune(model, (X, y), patience=1, **options)
    with pytest.warns(UserWarning):
        again = prune(model, (X, y), patience=30, **options)
    best = stopped.history["validation_loss"].iloc[-1]
    assert best >= again.history["validation_loss"].iloc[-1]
    whole = prune(model, (X, y), **options)
    assert "validation_loss" not in whole.history
    data = Data(Rows(X, y), Rows(X[:30], y[:30]), Rows(X[30:], y[30:]))
    assert prune(model, data, patience=1, **options).notes == ()


def test_a_table_feeds_a_model_with_an_input_for_each_column():
    inputs = [keras.Input((1,), name=name) for name in "abcdef"]
    model = keras.Model(inputs, L.Dense(2)(L.Dense(8, "relu", name="h")(L.Concatenate()(inputs))))
    model.compile("sgd", SPARSE)
    table = pd.DataFrame(X[:, ::-1], columns=[*"fedcba"])
    pruned = prune(model, (table, Y), sparsity=0.5, steps=1, finetune_epochs=0)
    fed = {name: X[:, k : k + 1] for k, name in enumerate("abcdef")}
    expected = prune(model, (fed, Y), sparsity=0.5, steps=1, finetune_epochs=0)
    pd.testing.assert_frame_equal(pruned.history, expected.history)


def test_labels_one_hot_stay_so_for_the_loss_that_reads_them():
    keras.utils.set_random_seed(0)
    model = sequential((6,), L.Dense(8, "relu"), L.Dense(2, "softmax"))
    model.compile("sgd", "categorical_crossentropy")
    stream = tf.data.Dataset.from_tensor_slices((X, np.eye(2, dtype="float32")[Y])).batch(8)
    assert prune(model, stream, sparsity=0.5, steps=1).history["train_accuracy"].notna().all()


def test_a_scan_counts_rows_by_their_weight():
    other = np.where(WEIGHT == 0, 1 - Y, Y)
    one, two = (sensitivity(small(), (X, y, WEIGHT), sparsities=[0.5]) for y in (Y, other))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X, Y, WEIGHT, None), "Received: a tuple of 4"),
        ("digits", "Received: str"),
        (tf.data.Dataset.from_tensor_slices((X, Y)).repeat(), "repeats for ever"),
    ],
)
def test_data_that_is_refused(data, message):
    with pytest.raises((TypeError, ValueError), match=message):
        prune(small(), data, sparsity=0.5)


def test_class_weights_are_for_one_class_a_row():
    several = Rows(X, np.repeat([[1, 1, 0], [0, 0, 1]], len(X) // 2, axis=0))
    with pytest.raises(ValueError, match="class_weight needs one class label for each row"):
        weights_by_class(several, "balanced")
    soft = Rows(X[:2], np.array([[0.8, 0.2], [0.1, 0.9]]))
    assert weights_by_class(soft, {0: 2, 1: 3}).tolist() == [2, 3]
