"""Distillation: its loss by hand and by Keras', a pupil of its teacher, what is refused."""

import numpy as np
import pytest
from keras_cases import sequential
from training_cases import L, mlp, rows

from explainprune import network
from explainprune.network.backend import keras
from explainprune.network.training.distilling import Distilling, distilled
from explainprune.types import Rows

RNG = np.random.default_rng(3)
Z, TEACHER = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def by_hand(z, own, taught, temperature):
    """Half the cross-entropy, half T² KL, each row for itself."""
    found = []
    for row, label, teacher in zip(z, own, taught, strict=True):
        p, soft = softmax(row[None])[0], softmax(row[None] / temperature)[0]
        hard = -sum(y * np.log(q) for y, q in zip(label, p, strict=True) if y)
        apart = sum(t * np.log(t / q) for t, q in zip(teacher, soft, strict=True))
        found.append(hard / 2 + temperature**2 * apart / 2)
    return found


def loss_of(head, outputs, own, taught, temperature=3.0):
    both = np.concatenate([own, taught], axis=1)
    return Distilling(head, temperature).call(keras.ops.array(both), keras.ops.array(outputs))


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_the_loss_is_half_by_labels_and_half_by_the_teacher(temperature):
    own, taught = np.eye(3)[[0, 2, 1, 1, 0]], softmax(TEACHER / temperature)
    expected = by_hand(Z, own, taught, temperature)
    for head, outputs in (("raw", Z), ("softmax", softmax(Z))):
        found = loss_of(head, outputs, own, taught, temperature)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_one_unit_has_two_classes():
    z = Z[:, :1]
    own, both = np.eye(2)[[0, 1, 1, 0, 1]], np.concatenate([np.zeros((5, 1)), z], axis=1)
    taught = softmax(np.concatenate([np.zeros((5, 1)), TEACHER[:, :1]], axis=1) / 3)
    expected = by_hand(both, own, taught, 3.0)
    for head, outputs in (("raw", z), ("sigmoid", 1 / (1 + np.exp(-z)))):
        np.testing.assert_allclose(loss_of(head, outputs, own, taught), expected, rtol=1e-5)


def test_of_numbers_it_is_two_squared_errors():
    found = loss_of("number", Z, Z + 2, Z - 1)
    np.testing.assert_allclose(found, np.full(5, (4 + 1) / 2))


def test_on_logits_it_is_what_keras_has():
    distillation = pytest.importorskip("keras.distillation")
    divergence = keras.losses.KLDivergence()  # by its name, it is of logits and not of shares
    theirs = distillation.LogitsDistillation(temperature=3.0, loss=divergence).compute_loss(
        keras.ops.array(TEACHER), keras.ops.array(Z)
    )
    own = softmax(Z)  # a label that costs its own entropy
    entropy = -(own * np.log(own)).sum(axis=1).mean()
    ours = float(np.mean(loss_of("raw", Z, own, softmax(TEACHER / 3))))
    assert 2 * ours - entropy == pytest.approx(float(theirs), rel=1e-5)


def small(outputs=3, activation=None):
    keras.utils.set_random_seed(4)
    return sequential((6,), L.Dense(8, "relu", name="h"), L.Dense(outputs, activation, name="o"))


@pytest.mark.parametrize("activation", [None, "softmax"])
def test_a_pupil_learns_what_labels_do_not_say(activation):
    """Labels are drawn by lot: of the classes the teacher alone tells."""
    known = rows()
    teacher, _ = network.fit(mlp(dropout=0.0), known, epochs=30, seed=0)
    y = np.random.default_rng(1).integers(3, size=len(known))
    student = small(activation=activation)
    before = student.get_weights()
    found = distilled(
        student, teacher, Rows(known.x, y), epochs=40, learning_rate=1e-2, temperature=10.0
    )
    says = np.argmax(found(known.x).numpy(), axis=1)
    assert (says == np.argmax(teacher(known.x).numpy(), axis=1)).mean() > 0.7
    for a, b in zip(before, student.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert teacher.trainable and not getattr(found, "compiled", False)


def test_rows_that_weigh_nothing_teach_nothing():
    known = rows()
    teacher, _ = network.fit(mlp(dropout=0.0), known, epochs=5, seed=0)
    weight = np.ones(len(known))
    weight[75:] = 0
    wrong = np.where(np.arange(len(known)) < 75, known.y, (known.y + 1) % 3)
    spoilt, kept = (
        distilled(small(), teacher, Rows(known.x, y, weight=weight), epochs=3, batch_size=150)
        for y in (wrong, known.y)
    )
    for a, b in zip(spoilt.get_weights(), kept.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(
    ("outputs", "given", "classes", "message"),
    [
        (3, Rows(rows().x), True, "Distillation needs labels of one output. Received: y=None"),
        (2, rows(), True, "output as many numbers. Received: 2 and 3"),
        (3, rows(classes=4), True, r"classes from 0 to 2, or one-hot.*\(150,\), from 0 to 3"),
        (3, rows(), False, r"one shape. Received: \(150, 1\) and \(150, 3\)"),
    ],
)
def test_what_cannot_be_taught_is_refused(outputs, given, classes, message):
    with pytest.raises(ValueError, match=message):
        distilled(small(outputs), mlp(dropout=0.0), given, epochs=1, classes=classes)
