"""Penalties and dropout put on a model: what they cost, what they leave as it was."""

import numpy as np
import pytest
from keras_cases import sequential
from training_cases import L, mlp, rows

from explainprune import network
from explainprune.network.backend import keras
from explainprune.network.training.regularising import with_dropout, with_l1


def plain(**first):
    keras.utils.set_random_seed(2)
    return sequential(
        (6,),
        L.Dense(20, "relu", name="first", **first),
        L.BatchNormalization(name="norm"),
        L.Dense(3, name="last"),
    )


def sizes(model):
    return sum(np.abs(w).sum() for p, w in network.weights_of(model).items() if "kernel" in p)


def test_a_penalty_is_paid_on_kernels_beside_what_was_paid():
    model = plain(kernel_regularizer=keras.regularizers.L2(0.5))
    found = with_l1(model, 0.01)
    own = 0.5 * np.square(network.weights_of(model)["first/kernel"]).sum()
    assert float(sum(found.losses)) == pytest.approx(own + 0.01 * sizes(model), rel=1e-5)
    assert float(sum(model.losses)) == pytest.approx(own, rel=1e-5)
    again = network.clone(found)  # what every step of a pruning makes
    assert float(sum(again.losses)) == pytest.approx(own + 0.01 * sizes(model), rel=1e-5)


def test_what_is_trained_under_it_is_smaller():
    free, paid = (
        network.fit(model, rows(), epochs=10, seed=0, learning_rate=1e-2)[0]
        for model in (plain(), with_l1(plain(), 0.1))
    )
    assert sizes(paid) < 0.8 * sizes(free)


def nested():
    inner = keras.Sequential([L.Input((6,)), L.Dense(5, "relu", name="in")], name="inner")
    x = keras.Input((6,))
    h = inner(x)
    return keras.Model(x, L.Dense(2, name="out")(L.Concatenate()([h, x])))


@pytest.mark.parametrize("make", [plain, nested])
def test_dropout_changes_training_alone(make):
    model = make()
    model.compile("sgd", "mse")
    found = with_dropout(model, 0.5, seed=1)
    x = rows().x[:20]
    np.testing.assert_array_equal(found(x), model(x))
    assert not np.allclose(found(x, training=True), model(x, training=True))
    assert [layer.rate for layer in found.layers if isinstance(layer, L.Dropout)] == [0.5]
    assert found.compiled and found.optimizer is not model.optimizer
    first = found.trainable_variables[0]
    first.assign(first + 1)
    assert not np.allclose(found(x), model(x))  # weights of its own


def test_what_is_read_of_inputs_does_not_drop():
    names = [each.name for each in with_dropout(plain(), 0.5).layers]
    assert names.index("dropped_1") == names.index("last") - 1
    assert "dropped_2" not in names


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (mlp(), "drops units already"),
        (sequential((6,), L.Dense(3)), "no Dense layer that reads hidden units"),
    ],
)
def test_where_nothing_can_drop_it_says_so(model, message):
    with pytest.raises(ValueError, match=message):
        with_dropout(model, 0.5)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1])
def test_rates_and_strengths_have_a_range(rate):
    with pytest.raises(ValueError, match=r"lies in \(0, 1\)"):
        with_dropout(plain(), rate)
    with pytest.raises(ValueError, match="above 0"):
        with_l1(plain(), -abs(rate))
