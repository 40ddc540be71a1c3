import keras
import numpy as np
import pytest
from keras import layers as kl

from explainprune.network.training.performance import performance
from explainprune.types import Rows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 4)).astype("float32")


def model_of(units, activation=None, **compiled):
    model = keras.Sequential([keras.Input((4,)), kl.Dense(units, activation)])
    if compiled:
        model.compile("sgd", **compiled)
    return model


def check_against_evaluate(model, y, metric, batch_size=32):
    scores = performance(model, Rows(X, y), batch_size=batch_size)
    expected = model.evaluate(X, y, verbose=0, return_dict=True)
    assert scores["loss"] == pytest.approx(expected["loss"], rel=1e-5)
    name = next(key for key in expected if key != "loss")
    assert scores[metric] == pytest.approx(expected[name], rel=1e-5)
    assert list(scores) == ["loss", metric]


@pytest.mark.parametrize(
    ("units", "activation", "loss", "metric", "y"),
    [
        (
            3,
            None,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            "accuracy",
            RNG.integers(0, 3, 70),
        ),
        (3, "softmax", "sparse_categorical_crossentropy", "accuracy", RNG.integers(0, 3, 70)),
        (3, "softmax", "categorical_crossentropy", "accuracy", np.eye(3)[RNG.integers(0, 3, 70)]),
        (1, "sigmoid", "binary_crossentropy", "accuracy", RNG.integers(0, 2, 70)),
        (
            1,
            None,
            keras.losses.BinaryCrossentropy(from_logits=True),
            keras.metrics.BinaryAccuracy(threshold=0.0),
            RNG.integers(0, 2, (70, 1)),
        ),
        (3, "sigmoid", "binary_crossentropy", "binary_accuracy", RNG.integers(0, 2, (70, 3))),
        (
            3,
            None,
            keras.losses.BinaryCrossentropy(from_logits=True, name="mine"),
            keras.metrics.BinaryAccuracy("binary_accuracy", threshold=0.0),
            RNG.integers(0, 2, (70, 3)),
        ),
        (3, "sigmoid", "binary_crossentropy", "accuracy", np.eye(3)[RNG.integers(0, 3, 70)]),
        (1, "hard_sigmoid", "binary_crossentropy", "accuracy", RNG.integers(0, 2, 70)),
        (1, None, "mse", "r2_score", RNG.normal(size=(70, 1)).astype("float32")),
    ],
)
def test_equals_keras_evaluate(units, activation, loss, metric, y):
    own = "r2" if metric == "r2_score" else "accuracy"
    check_against_evaluate(model_of(units, activation, loss=loss, metrics=[metric]), y, own)


def test_an_uncompiled_model_has_the_loss_it_implies_and_stays_uncompiled():
    model = model_of(3, "softmax")
    y = RNG.integers(0, 3, 70)
    scores = performance(model, Rows(X, y))
    outputs = model(X).numpy()
    assert scores["loss"] == pytest.approx(-np.log(outputs[np.arange(70), y]).mean(), rel=1e-5)
    assert scores["accuracy"] == (outputs.argmax(axis=1) == y).mean()
    assert not model.compiled


def test_errors():
    with pytest.raises(ValueError, match="needs labels"):
        performance(model_of(3), Rows(X))
    with pytest.raises(ValueError, match=r"go from 0 to 2. Received: label 7"):
        performance(model_of(3), Rows(X, np.full(70, 7)))
