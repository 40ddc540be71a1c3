"""Models of equal probabilities are equal, whatever form their outputs have."""

import numpy as np
import pytest

from explainprune.analysis import compare
from explainprune.analysis.comparison.subjects import subject
from explainprune.analysis.comparison.two_classes import TwoClasses

OPTIONS = {"detail": False, "metrics": []}


@pytest.fixture(scope="module")
def forms():
    """One probability as a sigmoid unit, two softmax units, a logit and two logits."""
    from explainprune.network.backend import keras

    layers = keras.layers
    keras.utils.set_random_seed(0)
    x = keras.Input((6,))
    hidden = layers.Dense(8, "relu", name="hidden")(x)
    one, two = layers.Dense(1, "sigmoid"), layers.Dense(2, "softmax")
    logit, logits = layers.Dense(1), layers.Dense(2)
    models = {
        name: keras.Model(x, layer(hidden))
        for name, layer in {"one": one, "two": two, "logit": logit, "logits": logits}.items()
    }
    weights, bias = one.get_weights()
    pair = [np.concatenate([-weights / 2, weights / 2], 1), np.concatenate([-bias / 2, bias / 2])]
    two.set_weights(pair)
    logits.set_weights(pair)
    logit.set_weights([weights, bias])
    models["logit"].compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    models["logits"].compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return models


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(size=(300, 6)).astype("float32")


@pytest.mark.parametrize(
    ("a", "b"), [("one", "two"), ("two", "one"), ("logit", "two"), ("one", "logits")]
)
def test_forms_of_one_model_are_the_same_model(forms, x, a, b):
    y = (np.asarray(forms["one"](x))[:, 0] > 0.5).astype(int)
    found = compare(forms[a], forms[b], (x, y), background=30, detail=False)
    assert found.verdict.label == "preserved"
    assert found.verdict.evidence["moved_weight"].value < 1e-4
    assert found.clarity.label == "same"
    assert found.models["dense"].accuracy == found.models["other"].accuracy == 1.0
    assert found.models["dense"].log_loss == pytest.approx(found.models["other"].log_loss, rel=1e-4)


def test_probabilities_alone_are_compared_as_probabilities(forms, x):
    """A model that can't be looked through gives probabilities: so both are explained."""
    from explainprune.network.backend import keras

    class Wrapped(keras.Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, rows):
            return keras.ops.clip(self.inner(rows), 0.0, 1.0)

    wrapped = Wrapped(forms["two"])
    wrapped(x[:2])
    found = compare(forms["one"], wrapped, x, background=30, **OPTIONS)
    assert found.verdict.label == "preserved"
    assert found.verdict.evidence["moved_weight"].value < 1e-4
    assert "Both are explained as probabilities" in found.verdict.sentence
    assert found.provenance["output"] == "probability"
    logits = compare(forms["one"], forms["two"], x, background=30, **OPTIONS)
    assert "as probabilities" not in logits.verdict.sentence


def test_one_class_for_all_rows(forms, x):
    y = (np.asarray(forms["one"](x))[:, 0] > 0.5).astype(int)
    from explainprune.data import load_data

    data = load_data((x, y), class_names=["no", "yes"])
    by_name = compare(forms["one"], forms["two"], data, target="yes", background=30, **OPTIONS)
    by_number = compare(forms["one"], forms["two"], data, target=1, background=30, **OPTIONS)
    assert by_name.verdict == by_number.verdict
    assert by_name.provenance["target"] == "class yes"


def test_two_classes_of_one_unit(linear):
    one = linear([3.0, -1.0])
    x = np.array([[1.0, 0.0], [0.0, 2.0]])
    logits = TwoClasses(one, probability=False)
    np.testing.assert_allclose(logits.outputs(x), [[-1.5, 1.5], [1.0, -1.0]])
    np.testing.assert_allclose(logits.gradients(x, np.array([1, 0])), [[1.5, -0.5], [-1.5, 0.5]])
    np.testing.assert_allclose(logits.jacobian(x)[0], [[-1.5, 1.5], [0.5, -0.5]])
    shares = TwoClasses(linear([0.3, 0.1]), probability=True)
    np.testing.assert_allclose(shares.outputs(x), [[0.7, 0.3], [0.8, 0.2]])
    both = subject("s", one, x, "logit", "classification")
    np.testing.assert_allclose(both.outputs, logits.outputs(x))
    assert subject("s", one, x, "logit").outputs.shape == (2, 1)
