"""A rebuilt model is of the class that it was, and has what it had."""

import numpy as np
import pytest
from keras_cases import sequential

from explainprune.network.backend import keras, tf
from explainprune.network.shrinking.smaller import make_smaller

L = keras.layers
X = np.random.default_rng(0).normal(size=(12, 5)).astype("float32")
Y = np.ones((12, 2), "float32")


class Scaled(keras.Model):
    """Computes its loss by an attribute, and counts it in a metric of its own."""

    def __init__(self, *args, factor=1.0, judge=None, **options):
        super().__init__(*args, **options)
        self.factor, self.judge = factor, judge
        self.seen = keras.metrics.Mean(name="seen")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = self.factor * keras.ops.mean((y_pred - y) ** 2)
        return loss + (0.0 if self.judge is None else keras.ops.mean(self.judge(y_pred)))

    def train_step(self, data):
        logs = super().train_step(data)
        self.seen.update_state(data[0])
        return {**logs, "seen": self.seen.result()}


class ScaledSequence(keras.Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return 7.0 * keras.ops.mean((y_pred - y) ** 2)


def silenced(model):
    kernel, bias = model.get_layer("a").get_weights()
    kernel[:, 3:], bias[3:] = 0, 0
    model.get_layer("a").set_weights([kernel, bias])
    return model


def functional(**options):
    i = keras.Input((5,))
    out = L.Dense(2, name="out")(L.Dense(8, "relu", name="a")(i))
    return silenced(Scaled(i, out, **options))


def sequence():
    layers = [keras.Input((5,)), L.Dense(8, "relu", name="a"), L.Dense(2, name="out")]
    return silenced(ScaledSequence(layers))


@pytest.mark.parametrize("make", [lambda: functional(factor=3.0), sequence])
def test_a_loss_of_its_own_stays(make):
    model = make()
    model.compile("sgd")
    small = make_smaller(model).model
    assert type(small) is type(model) and small.get_layer("a").units == 3
    np.testing.assert_allclose(
        np.ravel(small.evaluate(X, Y, verbose=0))[0],
        np.ravel(model.evaluate(X, Y, verbose=0))[0],
        rtol=1e-5,
    )


def test_attributes_are_its_own_and_a_step_of_its_own_trains_it():
    judge = sequential((2,), L.Dense(1))
    model = functional(factor=3.0, judge=judge)
    model.compile("sgd")
    small = make_smaller(model).model
    assert small.factor == 3.0 and small.judge is not judge and small.seen is not model.seen
    assert [metric.name for metric in small.metrics] == [metric.name for metric in model.metrics]
    before = model.get_weights()
    found = small.fit(X, Y, verbose=0, batch_size=12).history
    assert found["seen"][0] == pytest.approx(X.mean(), abs=1e-6)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_model_within_keeps_its_class_and_what_is_frozen():
    inner = functional()
    inner.get_layer("out").trainable = False
    x = keras.Input((5,))
    model = keras.Model(x, L.Dense(1, name="end")(inner(x)))
    small = make_smaller(model).model
    twin = small.get_layer(inner.name)
    assert type(twin) is Scaled and twin.get_layer("a").units == 3
    assert not twin.get_layer("out").trainable and twin.get_layer("a").trainable
    np.testing.assert_allclose(small(X), model(X), atol=1e-6)


class Takes(keras.layers.Layer):
    """Says nothing of the function that it takes."""

    def __init__(self, function=None, **options):
        super().__init__(**options)
        self.function = function or tf.nn.relu

    def get_config(self):
        return super().get_config()

    def call(self, x):
        return self.function(x)


@pytest.mark.parametrize("wrap", [Takes, L.Lambda])
def test_a_function_that_no_configuration_holds_stays(wrap):
    shift = 0.5
    model = sequential((5,), L.Dense(8, "relu", name="a"), wrap(lambda t: t * shift), L.Dense(2))
    silenced(model)
    small = make_smaller(model).model
    np.testing.assert_allclose(small(X), model(X), atol=1e-6)


def test_a_function_that_reads_another_layers_weights_is_refused():
    first = L.Dense(5, name="first")
    x = keras.Input((5,))
    tied = L.Lambda(lambda h: h @ tf.convert_to_tensor(first.kernel), name="tied")
    model = keras.Model(x, tied(first(x)))
    with pytest.raises(ValueError, match="'tied' reads the weights of 'first' past the graph"):
        make_smaller(model)
