"""Labels as losses read them: by number, or one-hot."""

import numpy as np
import pandas as pd
import pytest
from training_cases import mlp, rows

import explainprune as xp
from explainprune.network.backend import keras
from explainprune.network.functions.labels import as_read
from explainprune.network.training.fitting import fit
from explainprune.network.training.performance import performance
from explainprune.network.variables import weights_of
from explainprune.types import Rows

X, Y = rows().x, rows().y
HOT = np.eye(3, dtype=np.float32)[Y]
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def compiled(loss):
    model = mlp(dropout=0.0)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize(
    "loss",
    [
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        keras.losses.CategoricalCrossentropy(from_logits=True, name="mine"),
        keras.losses.CategoricalFocalCrossentropy(from_logits=True),
        "categorical_hinge",
        [keras.losses.CategoricalCrossentropy(from_logits=True)],
        SPARSE,
    ],
)
def test_either_form_of_labels_gives_what_the_other_does(loss):
    model = compiled(loss)
    one, other = [], []
    for found, y in ((one, Y), (other, HOT)):
        found.append(performance(model, Rows(X, y)))
        trained, history = fit(model, Rows(X, y), epochs=2, seed=0, validation=Rows(X, y))
        found += [weights_of(trained), history]
        for criterion in ("fisher", "taylor"):
            found.append(xp.importance(model, X, y, criterion=criterion).scores)
    for mine, theirs in zip(one, other, strict=True):
        assert list(mine) == list(theirs)
        for name in mine:
            np.testing.assert_array_equal(mine[name], theirs[name], err_msg=name)


def test_the_twin_whose_loss_reads_the_other_form_agrees():
    one = compiled(SPARSE)
    other = compiled(keras.losses.CategoricalCrossentropy(from_logits=True))
    for a, b in ((one, other), (other, one)):
        assert performance(a, Rows(X, Y)) == pytest.approx(performance(b, Rows(X, HOT)), rel=1e-6)
        mine, theirs = (
            xp.importance(m, X, y, criterion="fisher").scores for m, y in ((a, Y), (b, HOT))
        )
        for name in mine:
            np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-4, atol=1e-9)


def test_files_of_one_hot_labels_prune_and_compare_a_model_that_reads_them(tmp_path):
    """`load_data` reads one-hot labels as classes, whatever the loss."""
    np.savez(tmp_path / "d.npz", x=X, y=HOT)
    model = compiled(keras.losses.CategoricalCrossentropy(from_logits=True))
    how = {"sparsity": 0.5, "steps": 1, "finetune_epochs": 1}
    data = xp.load_data(tmp_path / "d.npz")
    assert data.y.ndim == 1
    one, other = (xp.prune(model, given, **how) for given in (data, (X, HOT)))
    pd.testing.assert_frame_equal(one.history, other.history)
    scan = [xp.sensitivity(model, each, sparsities=[0.5]) for each in ((X, Y), (X, HOT))]
    pd.testing.assert_frame_equal(*scan)
    found = [
        xp.compare(model, one.model, given, rows=30, backgrounds=2, detail=False)
        for given in (data, (X, HOT))
    ]
    assert found[0].models["dense"].accuracy == found[1].models["dense"].accuracy > 0.2


def test_of_several_outputs_each_reads_its_own():
    x = keras.Input((6,))
    outputs = {"kind": keras.layers.Dense(3, "softmax", name="kind")(x),
               "size": keras.layers.Dense(1, name="size")(x),
               "sort": keras.layers.Dense(3, "softmax", name="sort")(x)}  # fmt: skip
    model = keras.Model(x, outputs)
    losses = ("categorical_crossentropy", "mse", "sparse_categorical_crossentropy")
    model.compile("sgd", dict(zip(outputs, losses, strict=True)))
    one = Rows(X, {"kind": Y, "size": X[:, :1], "sort": HOT})
    other = Rows(X, {"kind": HOT, "size": X[:, :1], "sort": Y})
    assert performance(model, one) == performance(model, other)
    scores = [
        xp.importance(model, X, dict(each.by_output), criterion="fisher") for each in (one, other)
    ]
    for name, values in scores[0].scores.items():
        np.testing.assert_array_equal(values, scores[1].scores[name])


def test_each_position_of_a_sequence_has_its_class():
    y = np.array([[0, 2], [1, 1]])
    hot = np.eye(3, dtype=np.float32)[y]
    np.testing.assert_array_equal(as_read("categorical_crossentropy", y, (2, 3)), hot)
    np.testing.assert_array_equal(as_read("categorical_crossentropy", y[..., None], (2, 3)), hot)
    np.testing.assert_array_equal(as_read("sparse_categorical_crossentropy", hot, (2, 3)), y)


def test_what_needs_no_other_form_stays_as_it_is():
    soft = np.array([[0.2, 0.8], [0.5, 0.5]])
    assert as_read("categorical_crossentropy", soft, (2,)) is soft
    column = np.array([[1], [0]])
    assert as_read("sparse_categorical_crossentropy", column, (2,)) is column
    assert as_read("mse", soft, (2,)) is soft
    by_rows = keras.losses.CategoricalCrossentropy(axis=1)
    assert as_read(by_rows, column, (2, 3)) is column


@pytest.mark.parametrize(
    ("loss", "y", "said"),
    [
        (
            "categorical_crossentropy",
            [0, 3],
            r"'categorical_crossentropy' go from 0 to 2.*label 3 in row 1",
        ),
        ("categorical_crossentropy", [0, -1], r"go from 0 to 2. Received: label -1 in row 1"),
        ("categorical_hinge", [0.5, 1], r"go from 0 to 2. Received: label 0.5 in row 0"),
        (
            "categorical_crossentropy",
            np.eye(4)[:2],
            r"reads the class of each row.*\(.n.,\) or \(.n., 3\). Received: shape=\(2, 4\)",
        ),
        (
            "sparse_categorical_crossentropy",
            np.full((2, 3), 1 / 3),
            r"one class for each row. Received: labels of shape \(2, 3\)",
        ),
        ("sparse_categorical_crossentropy", np.ones((2, 3)), r"aren't one 1 beside zeros"),
    ],
)
def test_labels_that_no_form_fits_are_refused(loss, y, said):
    with pytest.raises(ValueError, match=said):
        as_read(loss, np.asarray(y), (3,))
    model = mlp()
    model.compile("sgd", loss)
    with pytest.raises(ValueError, match=said):
        xp.prune(model, (X[:2], np.asarray(y)), sparsity=0.5, steps=1)
    with pytest.raises(ValueError, match=said):
        xp.importance(model, X[:2], np.asarray(y), criterion="fisher")


def test_a_model_that_computes_its_own_loss_is_given_what_its_loss_reads():
    class Own(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            assert y.shape[1:] == (3,)
            return 2 * super().compute_loss(x, y, y_pred, sample_weight, training)

    plain = compiled(keras.losses.CategoricalCrossentropy(from_logits=True))
    own = Own(plain.inputs, plain.outputs)
    own.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
    mine, theirs = (performance(m, Rows(X, Y)) for m in (own, plain))
    assert mine["loss"] == pytest.approx(2 * theirs["loss"], rel=1e-6)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "binary_focal_crossentropy", "kld"])
def test_of_several_outputs_these_read_classes_one_hot_too(loss):
    np.testing.assert_array_equal(as_read(loss, Y, (3,)), HOT)
    assert as_read(loss, HOT, (3,)) is HOT
    single = (Y > 0).astype(int)
    assert as_read(loss, single, (1,)) is single  # yes or no


@pytest.mark.parametrize("shape", [(), (1,)])
def test_one_number_is_not_spread_over_several_outputs(shape):
    y = np.zeros((150, *shape))
    assert as_read("mse", y, (1,)) is y
    model = mlp()
    model.compile("sgd", keras.losses.Huber())
    with pytest.raises(ValueError, match=r"'huber' reads a number for each output: .*'n', 3\)"):
        xp.importance(model, X, y, criterion="fisher")
