"""Several inputs and outputs in every form that Keras' fit takes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from keras_cases import Batches

from explainprune.network.variables import weights_of
from explainprune.pruning import prune
from explainprune.pruning.rows import given

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 6)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
WEIGHT = RNG.integers(0, 4, 48).astype("float32")
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def several():
    keras.utils.set_random_seed(0)
    a, b = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    h = L.Dense(8, "relu", name="a")(L.Concatenate()([a, b]))
    outs = [L.Dense(3, name="kind")(h), L.Dense(1, name="size")(h)]
    return keras.Model([a, b], outs)


X2 = {"left": X[:, :3], "right": X[:, 3:]}
Y2 = {"kind": np.arange(48) % 3, "size": X[:, :1]}
NESTED = {
    "dicts": (X2, Y2, WEIGHT),
    "lists": ([*X2.values()], [*Y2.values()], WEIGHT),
    "tuples": ((*X2.values(),), (*Y2.values(),), WEIGHT),
    "data set of dicts": tf.data.Dataset.from_tensor_slices((X2, Y2, WEIGHT)).batch(9),
    "data set of tuples": tf.data.Dataset.from_tensor_slices(
        ((*X2.values(),), (*Y2.values(),), WEIGHT)
    ),
    "PyDataset": Batches(X2, Y2, WEIGHT),
}


@pytest.mark.parametrize("form", NESTED)
@pytest.mark.parametrize("losses", [{"kind": SPARSE, "size": "mse"}, [SPARSE, "mse"]])
def test_several_inputs_and_outputs_in_every_form(form, losses):
    model = several()
    model.compile("sgd", losses, loss_weights=[1, 2])
    learned = given(NESTED[form], model)
    for name, part in X2.items():
        np.testing.assert_array_equal(learned.learn.x[name], part)
    for name, part in Y2.items():
        np.testing.assert_array_equal(learned.learn.by_output[name], part)
    if form not in ("dicts", "tuples"):
        return
    pruned = prune(model, NESTED[form], sparsity=0.5, steps=1, finetune_epochs=1)
    outputs = model.predict(X2, verbose=0)
    kind = np.log(np.exp(outputs[0]).sum(axis=1)) - outputs[0][np.arange(48), Y2["kind"]]
    expected = np.average(kind + 2 * (outputs[1] - Y2["size"])[:, 0] ** 2, weights=WEIGHT)
    assert pruned.history["train_loss"][0] == pytest.approx(expected, rel=1e-4)
    assert (weights_of(pruned.model)["kind/kernel"] != weights_of(model)["kind/kernel"]).any()
    assert (weights_of(pruned.model)["size/kernel"] != weights_of(model)["size/kernel"]).any()


def test_a_model_that_is_not_compiled_learns_every_output():
    model = several()
    with pytest.warns(UserWarning, match="isn't compiled"):
        pruned = prune(model, (X2, Y2), sparsity=0.5, steps=1, finetune_epochs=1)
    for path in ("kind/kernel", "size/kernel"):
        assert (weights_of(pruned.model)[path] != weights_of(model)[path]).any()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"kind": Y2["kind"]}, "Output 'size' has no labels. Received: kind"),
        ({**Y2, "hue": Y}, "Unknown output that has labels 'hue'"),
        (Y, "has the outputs kind, size: labels are a dict by these names"),
        ({**Y2, "kind": Y + 2}, "go from 0 to 2.*label 3"),
        ({**Y2, "size": X[:5, :1]}, "for every output. Received: {'kind': 48, 'size': 5}"),
    ],
)
def test_labels_of_outputs_that_are_refused(labels, message):
    model = several()
    model.compile("sgd", [SPARSE, "mse"])
    with pytest.raises(ValueError, match=message):
        prune(model, (X2, labels), sparsity=0.5, steps=1)


def test_a_drop_of_accuracy_is_the_most_that_an_output_loses():
    model = several()
    model.compile("adam", [SPARSE, "mse"])
    y = {"kind": Y + (X[:, 1] > 0), "size": X[:, :1] + X[:, 3:4]}
    model.fit(X2, [*y.values()], epochs=100, verbose=0)
    options = {"criterion": "magnitude", "granularity": "weight", "steps": 1, "finetune_epochs": 0}
    pruned = prune(model, (X2, y), budget={"accuracy_drop": 0.05}, **options)
    kind, size = pruned.model.predict(X2, verbose=0)
    accuracy = (kind.argmax(axis=1) == y["kind"]).mean()
    missed = np.square(size - y["size"]).sum() / np.square(y["size"] - y["size"].mean()).sum()
    last, first = pruned.history.iloc[-1], pruned.history.iloc[0]
    assert last["train_kind_accuracy"] == pytest.approx(accuracy)
    assert last["train_accuracy"] == pytest.approx(accuracy)
    assert last["train_size_r2"] == pytest.approx(1 - missed, abs=1e-5)
    lost = [first[name] - last[name] for name in ("train_kind_accuracy", "train_size_r2")]
    assert last["budget_achieved"] == pytest.approx(max(lost))
    assert max(lost) <= 0.05
