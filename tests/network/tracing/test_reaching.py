"""What each output hangs on and what gradients reach, feature by feature."""

import numpy as np
import pytest

from explainprune.network import as_network
from explainprune.network.backend import keras, tf
from explainprune.network.tracing.reaching import of_gradients, reach_of

L, ops = keras.layers, keras.ops


def reach(function, features):
    """Of a function of rows (n, features) to (n, outputs)."""
    found = []

    def forward(x):
        outputs = function(x)
        found.append(reach_of(x, outputs, of_gradients()))
        return outputs

    spec = tf.TensorSpec((None, features), tf.float32)
    tf.function(forward, input_signature=[spec], autograph=False).get_concrete_function()
    return found[0]


def lost_by_measure(function, features, outputs):
    """What changes an output though its gradient is zero everywhere: the same, by trying it out."""
    rng = np.random.default_rng(0)
    x = tf.constant(rng.uniform(-3, 3, (60, features)).astype("float32"))
    lost = [set() for _ in range(outputs)]
    for output in range(outputs):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(function(x)[:, output])
        slopes = tape.gradient(total, x, unconnected_gradients="zero").numpy()
        for feature in range(features):
            moved = x.numpy()
            moved[:, feature] = rng.uniform(-3, 3, 60)
            change = np.abs(function(tf.constant(moved)) - function(x))[:, output]
            if change.max() > 1e-6 and np.abs(slopes[:, feature]).max() == 0:
                lost[output].add(feature)
    return lost


W = tf.constant(np.random.default_rng(1).normal(size=(9, 3)).astype("float32"))


def one_hot(x, depth=6):
    return tf.one_hot(tf.cast(tf.abs(x), tf.int32), depth)


def halves(x):
    return tf.reshape(x, (-1, 2, 2))


def in_a_loop(x):
    """Four turns over x: one column is rounded in each, the other isn't."""

    def turn(i, total):
        return i + 1, total * 0.5 + tf.concat([tf.round(x[:, :1]), tf.sin(x[:, 1:])], 1)

    return tf.while_loop(lambda i, total: i < 4, turn, (0, tf.zeros_like(x)))[1]


CASES = {
    "cast, one-hot": (lambda x: tf.concat([x[:, :2], one_hot(x[:, 2])], 1) @ W[:8], 3, [{2}] * 3),
    "one output each": (lambda x: tf.concat([tf.floor(x[:, 1:]), x], 1), 2, [{1}, set(), set()]),
    "through a product": (lambda x: tf.sign(x) @ W[:3] + x[:, 2:], 3, [{0, 1}] * 3),
    "greater": (lambda x: tf.where(x[:, :1] > 0, x[:, 1:2], x[:, 2:]), 3, [{0}]),
    "gather": (lambda x: tf.gather(W, tf.cast(tf.abs(x[:, 0]), tf.int32)) * x[:, 1:], 2, [{0}] * 3),
    "argmax": (lambda x: tf.cast(tf.argmax(x[:, :2], 1), tf.float32)[:, None] + x[:, 2:], 3,
               [{0, 1}]),
    "top k": (lambda x: tf.cast(tf.math.top_k(x[:, 1:], 1).indices, tf.float32) + x[:, :1], 3,
              [{1, 2}]),
    "softmax of each half": (lambda x: tf.reshape(tf.nn.softmax(halves(tf.round(x))), (-1, 4)), 4,
                             [{0, 1}, {0, 1}, {2, 3}, {2, 3}]),
    "product of each half": (lambda x: tf.reshape(tf.matmul(halves(tf.round(x)), W[None, :2]),
                                                  (-1, 6)), 4, [{0, 1}] * 3 + [{2, 3}] * 3),
    "stop_gradient": (lambda x: x[:, :1] * tf.stop_gradient(x[:, 1:]), 2, [{1}]),
    "a loop": (in_a_loop, 2, [{0}, set()]),
    "map_fn": (lambda x: tf.map_fn(lambda r: tf.floor(r[:1]) + r[1:], x), 2, [{0}]),
    "a branch": (lambda x: tf.cond(tf.reduce_sum(x[:, 0]) > 0, lambda: x[:, 1:] ** 2,
                                   lambda: x[:, 1:]), 2, [{0}]),
    "a function": (lambda x: tf.function(lambda y: tf.round(y[:, :1]) + y[:, 1:],
                                         autograph=False)(x), 2, [{0}]),
    "moved about": (lambda x: tf.round(tf.transpose(tf.reshape(x, (-1, 2, 2)), (0, 2, 1))[:, 0])
                    + tf.reverse(x, [1])[:, :2], 4, [{0}, set()]),
    "ordinary": (lambda x: tf.nn.softmax(tf.nn.relu(x @ W[:3]) @ W[:3]), 3, [set()] * 3),
    "max pooling": (lambda x: tf.nn.max_pool1d(tf.reshape(x, (-1, 4, 1)), 2, 2, "VALID")[..., 0],
                    4, [set()] * 2),
    "swish, a gradient of its own": (lambda x: tf.nn.silu(x), 2, [set()] * 2),
    "straight through": (lambda x: tf.grad_pass_through(tf.round)(x), 2, [set()] * 2),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_no_gradient_reaches_is_told_feature_by_feature(name):
    function, features, expected = CASES[name]
    found = reach(function, features)
    assert [set(lost) for lost in found.lost] == expected
    if name != "a branch":  # which all rows take together
        assert lost_by_measure(function, features, len(expected)) == expected


@pytest.mark.parametrize("function", [
    lambda x: x + tf.round(x) - tf.stop_gradient(x),
    lambda x: x * tf.cast(x > 0, tf.float32),
    lambda x: tf.where(x > 0, x, 0.0),
    lambda x: tf.sort(x, axis=1) + tf.cast(tf.argsort(x, axis=1), tf.float32),
])  # fmt: skip
def test_a_way_beside_others_is_told_apart(function):
    found = reach(function, 2)
    assert found.lost == ({}, {})
    assert all(0 in partly or 1 in partly for partly in found.partly)
    ordinary = reach(lambda x: tf.nn.relu(x) * tf.nn.gelu(x), 2)
    assert ordinary.partly == ({}, {})


def test_the_operation_and_its_layer_are_named():
    keras.utils.set_random_seed(0)
    x = keras.Input((3,))
    bins = L.Discretization([0.0, 1.0], output_mode="one_hot", name="bins")(x[:, 2:])
    whole = ops.cast(x[:, :1], "int32")
    joined = L.Concatenate()([x, bins, ops.cast(whole, "float32")])
    network = as_network(keras.Model(x, L.Dense(2)(joined)))
    lost, partly = network.reach.of([0, 1])
    assert lost == {}
    assert set(partly) == {0, 2}
    assert partly[2].startswith("Bucketize of 'bins") and partly[0].startswith("Cast to int32")


class Rounding(L.Layer):
    """A recurrent cell that rounds the first of its inputs."""

    state_size = output_size = 2

    def build(self, shape):
        self.kernel = self.add_weight(shape=(2, 2), name="kernel")
        self.built = True

    def call(self, x, states):
        seen = ops.concatenate([ops.round(x[:, :1]), x[:, 1:]], axis=1)
        made = ops.tanh(ops.matmul(seen, self.kernel) + states[0])
        return made, [made]


def test_a_cell_is_looked_into():
    keras.utils.set_random_seed(0)
    x = keras.Input((3, 2))
    network = as_network(keras.Model(x, L.Dense(1)(L.RNN(Rounding())(x))))
    lost, partly = network.reach.of([0])
    assert set(lost) == {0, 2, 4} and not partly  # the first of two numbers in each of three steps


@pytest.mark.parametrize("layer", [L.LSTM, L.GRU, L.SimpleRNN])
def test_recurrent_layers_lose_nothing(layer):
    keras.utils.set_random_seed(0)
    x = keras.Input((3, 2))
    made = L.Bidirectional(layer(2, return_sequences=True, dropout=0.2))(x)
    network = as_network(keras.Model(x, L.Dense(1)(L.Flatten()(made))))
    assert network.reach.of([0]) == ({}, {})


def test_many_features_are_taken_together():
    found = reach(lambda x: tf.reduce_sum(tf.round(x[:, 4000:]), 1, True) + x[:, :1], 5000)
    lost = set(found.lost[0])
    assert set(range(4002, 5000)) <= lost and min(lost) >= 3990
