"""Copies keep what a model was compiled with, a user's own way of training included."""

import numpy as np
import pytest

from explainprune.network.backend import keras, tf
from explainprune.network.variables import clone, weights_of

L = keras.layers
X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def around():
    return keras.Sequential([L.Input((4,)), L.Dense(4, name="first"), L.Dense(2)])


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, function):
        self.function = function

    def __call__(self, step):
        return self.function(step)


class Share(keras.metrics.Metric):
    def __init__(self, least):
        super().__init__(name="share")
        self.least, self.total = least, self.add_weight(name="total", initializer="zeros")

    def update_state(self, y, y_pred, sample_weight=None):
        self.total.assign_add(keras.ops.sum(keras.ops.cast(y_pred > self.least, "float32")))

    def result(self):
        return self.total / 2


def test_a_compile_state_of_the_users_own_is_kept():
    model = around()
    scale = 2.0
    model.compile(
        keras.optimizers.Adam(Halving(lambda step: 0.25)),
        loss=lambda y, p: scale * keras.ops.mean((y - p) ** 2, axis=-1),
        metrics=[Share(0.0)],
    )
    y = np.ones((6, 2), np.float32)
    copy = clone(model)
    assert float(copy.optimizer.learning_rate) == 0.25
    copy.fit(X, y, verbose=0)
    assert model.evaluate(X, y, verbose=0) == clone(model).evaluate(X, y, verbose=0)
    assert copy.evaluate(X, y, verbose=0) != model.evaluate(X, y, verbose=0)
    assert int(model.optimizer.iterations) == 0 and int(copy.optimizer.iterations) == 1


class Adversaries(keras.Model):
    """Compiles with two optimizers and trains two networks by a step of its own."""

    def __init__(self, maker, judge):
        super().__init__()
        self.maker, self.judge = maker, judge

    def compile(self, for_maker, for_judge):
        super().compile(loss="mse")
        self.for_maker, self.for_judge = for_maker, for_judge

    def call(self, x):
        return self.judge(self.maker(x))

    def train_step(self, data):
        with tf.GradientTape(persistent=True) as tape:
            loss = keras.ops.mean((self(data[0]) - data[1]) ** 2)
        for part, optimizer in ((self.maker, self.for_maker), (self.judge, self.for_judge)):
            gradients = tape.gradient(loss, part.trainable_variables)
            optimizer.apply(gradients, part.trainable_variables)
        return {"loss": loss}


def test_a_model_that_compiles_and_trains_its_own_way():
    model = Adversaries(L.Dense(3), L.Dense(1))
    model(X)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.Adam(0.1))
    y = np.ones((6, 1), np.float32)
    model.fit(X, y, verbose=0)
    before = weights_of(model)
    copy = clone(model)
    copy.fit(X, y, verbose=0)
    assert all(np.array_equal(values, weights_of(model)[path]) for path, values in before.items())
    assert not np.array_equal(weights_of(copy)["judge/kernel"], before["judge/kernel"])
    assert copy.for_judge is not model.for_judge and int(copy.for_judge.iterations) == 2


def test_an_optimizer_that_says_nothing_of_itself_is_refused():
    class Mine(keras.optimizers.SGD):
        def __init__(self, function):
            super().__init__(function(0.1))

    model = around()
    model.compile(Mine(lambda rate: rate), "mse")
    with pytest.raises(ValueError, match="The optimizer of type Mine can't be copied from its own"):
        clone(model)
