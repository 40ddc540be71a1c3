"""Copies keep the user's own functions and classes, and share no state with the original."""

import functools

import numpy as np
import pytest

from explainprune.network.backend import keras, tf
from explainprune.network.redrawing import randomised
from explainprune.network.variables import clone, variables, weights_of

L = keras.layers
SHIFT = 0.75
X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def own_activation(x):
    return tf.math.softsign(x) + SHIFT


def own_penalty(weights):
    return SHIFT * tf.reduce_sum(weights)


def closing_over(number):
    return lambda x: x * number


class Scorer:
    """A plain object whose method is an activation."""

    factor = 3.0

    def scaled(self, x):
        return self.factor * x

    __call__ = scaled


class Takes(keras.layers.Layer):
    """A layer that takes what no configuration holds, and says nothing of it."""

    def __init__(self, function, table, inner):
        super().__init__()
        self.function, self.table, self.inner = function, table, inner

    def build(self, shape):
        self.scale = self.add_weight(shape=(self.table.shape[1],), initializer="ones")

    def call(self, x):
        return self.inner(self.function(x @ self.table) * self.scale)


class Held:
    """A plain object that holds layers, which Keras doesn't see."""

    def __init__(self):
        self.layers = {"one": [L.Dense(3)]}


class Hidden(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.held = Held()

    def call(self, x):
        return self.held.layers["one"][0](x)


class RawVariable(keras.layers.Layer):
    def build(self, shape):
        self.bare = tf.Variable(np.full(4, 2.0, np.float32))
        self.function = tf.function(self.inner)

    def inner(self, x):
        return x * self.bare

    def call(self, x):
        return self.function(x)


def around(*layers):
    return keras.Sequential([L.Input((4,)), L.Dense(4, name="first"), *layers, L.Dense(2)])


KINDS = {
    "lambda, a module": lambda: around(L.Lambda(lambda x: tf.nn.relu(x) + SHIFT)),
    "lambda, a def": lambda: around(L.Lambda(own_activation)),
    "lambda, a closure": lambda: around(L.Lambda(closing_over(2.5))),
    "lambda, partial": lambda: around(L.Lambda(functools.partial(tf.pow, y=2.0))),
    "lambda, a method": lambda: around(L.Lambda(Scorer().scaled)),
    "activation, a def": lambda: around(L.Dense(4, activation=own_activation)),
    "activation, a lambda": lambda: around(L.Activation(lambda x: tf.nn.relu(x) * SHIFT)),
    "activation, an object": lambda: around(L.Dense(4, activation=Scorer())),
    "initializer": lambda: around(
        L.Dense(4, kernel_initializer=lambda s, dtype=None: tf.ones(s, dtype) * SHIFT)
    ),
    "regularizer": lambda: around(
        L.Dense(4, kernel_regularizer=lambda w: SHIFT * tf.reduce_sum(w))
    ),
    "arguments without a form": lambda: around(
        Takes(own_activation, np.eye(4, 3, dtype=np.float32), L.Dense(3))
    ),
    "layers in a plain object": lambda: around(Hidden()),
    "tf.Variable and tf.function": lambda: around(RawVariable()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_computes_the_same_and_leaves_the_original_alone(kind):
    model = KINDS[kind]()
    expected, paths = model(X).numpy(), list(variables(model))
    copy = clone(model)
    np.testing.assert_array_equal(copy(X), expected)
    assert list(variables(copy)) == paths
    assert sum(copy.losses) == sum(model.losses)
    for variable in copy.variables:
        variable.assign(variable.value * 0)
    for layer in copy.layers:
        for held in getattr(getattr(layer, "held", None), "layers", {}).values():
            held[0].kernel.assign(held[0].kernel * 0)
        if hasattr(layer, "bare"):
            layer.bare.assign(np.zeros(4))
    assert not np.abs(copy(X)).max() > 2
    np.testing.assert_array_equal(model(X), expected)


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "layers in a plain object"])
def test_weights_are_drawn_anew_whatever_layers_are_made_of(kind):
    model = KINDS[kind]()
    one, same, other = (weights_of(randomised(model, seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(one[path], same[path]) for path in one)
    assert not np.array_equal(one["first/kernel"], other["first/kernel"])


def test_functions_and_classes_are_the_users_own():
    model = KINDS["arguments without a form"]()
    copy = clone(model)
    assert type(copy.layers[1]) is Takes
    assert copy.layers[1].function is own_activation
    assert copy.layers[1].inner is not model.layers[1].inner


def test_a_closure_over_a_layer_holds_the_copy_of_it():
    inner = L.Dense(4, name="inner")
    x = keras.Input((4,))
    model = keras.Model(x, L.Lambda(lambda h: h @ tf.convert_to_tensor(inner.kernel))(inner(x)))
    copy = clone(model)
    expected = model(X).numpy()
    copy.get_layer("inner").kernel.assign(np.zeros((4, 4)))
    np.testing.assert_array_equal(copy(X), np.zeros((6, 4)))
    np.testing.assert_array_equal(model(X), expected)


def test_a_layer_of_two_models_drags_neither_along():
    x = keras.Input((4,))
    shared = L.Dense(5, name="shared")
    h = shared(L.Dense(4, name="before")(x))
    whole = keras.Model(x, L.Dense(2, name="after")(h))
    part = keras.Model(x, h)
    copy = clone(part)
    assert [layer.name for layer in copy.layers] == [layer.name for layer in part.layers]
    assert len(copy.get_layer("shared")._outbound_nodes) == 0
    np.testing.assert_array_equal(copy(X), part(X))
    # Its graph can be gone on from.
    longer = keras.Model(copy.inputs[0], L.Dense(1)(copy.get_layer("shared").output))
    assert longer(X).shape == (6, 1) and len(whole.get_layer("shared")._outbound_nodes) == 1


def test_a_layer_called_elsewhere_first_is_found_at_its_own_call():
    shared = L.Dense(4, name="shared")
    keras.Model(a := keras.Input((4,)), shared(a))
    b = keras.Input((4,))
    copy = clone(keras.Model(b, L.ReLU()(shared(b))))
    np.testing.assert_array_equal(copy.get_layer("shared")(X), shared(X))
    again = keras.Model(copy.inputs[0], copy.get_layer("shared").output)
    np.testing.assert_array_equal(again(X), shared(X))


def test_a_copy_saves_and_loads(tmp_path):
    x = {"a": keras.Input((4,), name="a"), "b": keras.Input((4,), name="b")}
    block = keras.Sequential([L.Dense(3, name="in"), L.LayerNormalization()], name="block")
    sums = L.Add()([block(x["a"]), block(x["b"])])
    copy = clone(keras.Model(x, {"y": L.Dense(2)(sums * 2.0), "z": sums}))
    copy.save(tmp_path / "copy.keras")
    loaded = keras.models.load_model(tmp_path / "copy.keras")
    given = {"a": X, "b": 2 * X}
    for name, values in copy(given).items():
        np.testing.assert_array_equal(loaded(given)[name], values)


def test_what_is_frozen_stays_frozen_and_compiled_parts_compiled():
    encoder = keras.Sequential([L.Input((4,)), L.Dense(3, name="in"), L.Dense(3, name="out")])
    encoder.compile("sgd", "mse")
    encoder.layers[0].trainable = False
    model = keras.Sequential([L.Input((4,)), encoder, L.Dense(2)])
    copy = clone(model)
    assert not copy.compiled and copy.layers[0].compiled
    assert [v.path for v in copy.trainable_variables] == [v.path for v in model.trainable_variables]
    assert len(copy.trainable_variables) == 4
    encoder.trainable = False
    assert len(clone(model).trainable_variables) == 2


def test_variables_without_a_name_are_called_as_their_layer_calls_them():
    class Scale(keras.layers.Layer):
        def build(self, shape):
            self.gamma = self.add_weight(shape=(4,))
            self._shift = self.add_weight(shape=(4,))
            self.more = [self.add_weight(shape=(1,)) for _ in range(2)]

        def call(self, x):
            return x * self.gamma + self._shift

    names = ["scale/gamma", "scale/shift", "scale/variable_2", "scale/variable_3"]
    for _ in range(2):  # whatever Keras has counted up to
        assert list(variables(keras.Sequential([L.Input((4,)), Scale(name="scale")]))) == names
