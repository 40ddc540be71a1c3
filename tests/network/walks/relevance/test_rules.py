"""What each rule of relevance pays, by hand, and what it leaves over."""

import numpy as np
import pytest

from explainprune.network.backend import tf
from explainprune.network.walks.relevance.rules import CONSTANT, RULES, Relevance, guided
from explainprune.network.walks.walk import Walk

X = np.array([[0.9, -0.7, 1.6, -1.3], [1.2, 0.3, -0.5, 2.1]], np.float32)
W = np.array([[0.5, -1.0], [2.0, 0.7], [-0.6, 0.4], [0.0, -0.3]], np.float32)


def paid(function, x=X, rule="epsilon", epsilon=1e-9, output=None):
    """Relevance of inputs, handed back from the outputs' values: (n, d)."""

    @tf.function(input_signature=[tf.TensorSpec((None, x.shape[1]), tf.float32)], autograph=False)
    def traced(rows):
        out = function(rows)
        walk = Walk([rows], [out], CONSTANT)
        walk.plan(Relevance(walk, rule))
        chosen = 1.0 if output is None else tf.one_hot(output, out.shape[1])
        return walk.back([out * chosen], epsilon).get(rows.ref(), tf.zeros_like(rows))

    return traced(x).numpy()


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


BENDS = (
    "relu",
    "gelu",
    "silu",
    "tanh",
    "softplus",
    "elu",
    "leaky_relu",
    "relu6",
    "selu",
    "sigmoid",
)


@pytest.mark.parametrize("name", BENDS)
def test_activation_functions_pass_it_on_whatever_they_are_made_of(name):
    bend = getattr(tf.nn, name)
    close(paid(bend), bend(X))
    close(paid(lambda t: bend(2.0 * bend(t + 1.0))), bend(2 * bend(X + 1)))


def test_a_shift_or_scale_of_channels_is_no_activation_function():
    scale = np.array([1, 2, 3, 4], np.float32)
    close(paid(lambda t: tf.nn.relu(t + scale)), np.where(X + scale > 0, X, 0))
    close(paid(lambda t: tf.tanh(t * scale)), np.tanh(X * scale))


ROUTES = {
    "reshape": lambda t: tf.reshape(t, (-1, 2, 2))[:, 1],
    "transpose": lambda t: tf.transpose(tf.reshape(t, (-1, 2, 2)), (0, 2, 1)),
    "concat": lambda t: tf.concat([t[:, 2:], t[:, :2]], 1),
    "pad": lambda t: tf.pad(t, [[0, 0], [1, 2]]),
    "split": lambda t: tf.split(t, 2, 1)[1],
    "unpack and pack": lambda t: tf.stack(tf.unstack(t, axis=1)[::-1], 1),
    "gather": lambda t: tf.gather(t, [3, 0], axis=1),
}


@pytest.mark.parametrize("name", ROUTES)
def test_moves_pay_what_was_moved(name):
    moved = ROUTES[name](tf.constant(np.arange(4.0)[None])).numpy()
    expected = np.zeros_like(X)
    for place in moved.ravel().astype(int) if name != "pad" else range(4):
        expected[:, place] = X[:, place]
    close(paid(ROUTES[name]), expected)


def test_a_maximum_goes_to_its_winner_even_where_that_is_zero():
    won = np.where(X.max(1)[:, None] == X, X, 0)
    close(paid(lambda t: tf.reduce_max(t, 1, keepdims=True)), won)
    image = lambda t: tf.nn.max_pool2d(tf.reshape(t, (-1, 2, 2, 1)), 2, 2, "VALID")[:, 0, 0]  # noqa: E731
    close(paid(image), won)


def test_sums_pay_their_summands_and_the_bias_keeps_its_share():
    close(paid(lambda t: tf.reduce_sum(t, 1, keepdims=True)), X)
    close(paid(lambda t: t[:, :2] - t[:, 2:]), X * [1, 1, -1, -1])
    close(paid(lambda t: t + t), 2 * X)
    close(paid(lambda t: tf.reduce_mean(t, 1, keepdims=True)), X / 4)


def test_products_are_halved_and_quotients_pay_what_is_divided():
    product = (X[:, :2] * X[:, 2:]) / 2
    close(paid(lambda t: t[:, :2] * t[:, 2:]), np.tile(product, 2))
    close(paid(lambda t: 3.0 * t), 3 * X)
    inner = np.sum(X[:, :2] * X[:, 2:], 1, keepdims=True)

    def pairs(t):
        return tf.matmul(tf.reshape(t[:, :2], (-1, 1, 2)), tf.reshape(t[:, 2:], (-1, 2, 1)))[:, 0]

    close(paid(pairs), np.tile(product, 2))
    close(paid(pairs).sum(1, keepdims=True), inner)
    close(paid(lambda t: tf.einsum("ni,ni->n", t[:, :2], t[:, 2:])[:, None]), np.tile(product, 2))
    ratio = X[:, :2] / (X[:, 2:] + 3)
    close(paid(lambda t: t[:, :2] / (t[:, 2:] + 3.0)), np.pad(ratio, ((0, 0), (0, 2))))
    close(paid(lambda t: 1.0 / (tf.reduce_sum(t, 1, keepdims=True) + 3.0)).shape, X.shape)


def test_a_spread_counts_as_a_constant():
    spread = 1 / np.sqrt(np.mean(X**2, 1, keepdims=True))
    normed = lambda t: t * tf.math.rsqrt(tf.reduce_mean(t**2, 1, keepdims=True))  # noqa: E731
    close(paid(normed), X * spread)


def test_a_matrix_with_itself_is_paid_once():
    def gram(t):
        return tf.matmul(tf.reshape(t, (-1, 4, 1)), tf.reshape(t, (-1, 4, 1)), transpose_b=True)

    flat = lambda t: tf.reshape(gram(t), (-1, 16))  # noqa: E731
    close(paid(flat).sum(1), np.sum(X, 1) ** 2)
    same = lambda t: (lambda a: tf.reshape(tf.matmul(a, a), (-1, 4)))(tf.reshape(t, (-1, 2, 2)))  # noqa: E731
    close(paid(same).sum(1), [np.sum(x.reshape(2, 2) @ x.reshape(2, 2)) for x in X])


def by_loops(x, w, rule, scale=(1, 1), shift=(0, 0)):
    """The relevance of one kernel with a scale and a shift behind it, connection by connection."""
    found = np.zeros_like(x, float)
    for n, j in np.ndindex(len(x), w.shape[1]):
        v = w[:, j] * scale[j]
        z = x[n] @ v + shift[j]
        q = {"epsilon": x[n] * v, "zplus": np.maximum(x[n] * v, 0), "flat": (v != 0) * 1.0}[rule]
        whole = z if rule == "epsilon" else q.sum()
        found[n] += 0 if whole == 0 else q / whole * z
    return found


@pytest.mark.parametrize("rule", ["epsilon", "zplus", "flat"])
@pytest.mark.parametrize("turned", [False, True])
def test_kernels_with_what_stands_behind_them(rule, turned):
    scale, shift = np.array([1.5, -0.5], np.float32), np.array([0.2, -0.4], np.float32)
    product = (lambda t: tf.matmul(t, W.T.copy(), transpose_b=True)) if turned else (
        lambda t: tf.matmul(t, W))  # fmt: skip
    close(paid(product, rule=rule), by_loops(X, W, rule))
    close(paid(lambda t: product(t) + shift, rule=rule), by_loops(X, W, rule, shift=shift))
    normed = lambda t: product(t) * scale + shift  # noqa: E731
    close(paid(normed, rule=rule), by_loops(X, W, rule, scale, shift))
    divided = lambda t: shift - product(t) / scale  # noqa: E731
    close(paid(divided, rule=rule), by_loops(X, W, rule, -1 / scale, shift))
    dead = lambda t: product(t) * np.float32([0, 2])  # noqa: E731
    close(paid(dead, rule=rule), by_loops(X, W, rule, [0, 2]))


def test_a_scale_of_each_place_turns_signs_place_by_place():
    """Two rows share one kernel, and what stands behind it has another sign for each of them."""
    scale = np.array([[[1.0, -1.0], [-2.0, 0.5]]], np.float32)

    def both(t):
        return tf.reshape(
            tf.reshape(tf.matmul(tf.reshape(t, (-1, 2)), W[:2]), (-1, 2, 2)) * scale, (-1, 4)
        )

    expected = np.concatenate(
        [by_loops(X[:, 2 * p : 2 * p + 2], W[:2], "zplus", scale[0, p]) for p in range(2)], 1
    )
    close(paid(both, rule="zplus"), expected)


def test_composite_is_flat_zplus_epsilon_by_kind_of_layer():
    assert RULES["composite"] == {
        "first convolution": "flat", "convolution": "zplus", "dense": "epsilon"
    }  # fmt: skip
    wide = W[[0, 1] * 4]
    one, two = np.float32([[[0.5, -1.0]]]), np.float32([[[1.0, 0.2], [-0.3, 0.8]]])

    def network(t):
        image = tf.nn.conv2d(tf.reshape(t, (-1, 2, 2, 1)), one[None], 1, "VALID")
        return tf.matmul(
            tf.reshape(tf.nn.conv2d(image, two[None], 1, "VALID"), (-1, 8)), W[[0, 1] * 4]
        )

    found = paid(network, rule="composite", output=1)
    first = X[..., None] * one[0, 0]
    second = first @ two[0]
    weights = wide[:, 1].reshape(4, 2)
    arrived = second * weights
    at_first = np.stack(
        [[sum(q(a, two[0][:, j]) * r[j] for j in range(2)) for a, r in zip(*each, strict=True)]
         for each in zip(first, arrived, strict=True)]
    )  # fmt: skip
    close(found, at_first.sum(-1))


def q(a, w):
    """How a unit shares by its positive contributions."""
    parts = np.maximum(a * w, 0)
    return parts / parts.sum() if parts.sum() else parts


def test_epsilon_is_a_share_of_a_samples_largest_number():
    z = X @ W
    small = 0.25 * abs(z).max(1, keepdims=True)
    expected = (X[:, None] * W.T * (z / (z + np.sign(z) * small))[..., None]).sum(1)
    close(paid(lambda t: tf.matmul(t, W), epsilon=0.25), expected)


def test_gradients_are_guided_at_rectifiers_only():
    @tf.function(autograph=False)
    def traced(rows):
        out = tf.tanh(tf.nn.relu(rows)) * np.float32([1, -2, 3, -4])
        walk = Walk([rows], [out])
        walk.plan(guided)
        return walk.back([tf.ones_like(out)], None)[rows.ref()]

    slope = (1 - np.tanh(X) ** 2) * [1, 0, 3, 0]
    close(traced.get_concrete_function(tf.TensorSpec((None, 4)))(tf.constant(X)), slope * (X > 0))


def test_what_arrived_is_told_inside_of_a_kernel_and_nowhere_else():
    told = {}

    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32)], autograph=False)
    def traced(rows):
        product = rows @ W
        shaped = tf.reshape(product, (-1, 2, 1))
        apart = tf.tanh(rows)  # on no way to the output
        out = shaped + tf.constant([[1.0], [2.0]])
        walk = Walk([rows], [out], CONSTANT)
        relevance = Relevance(walk, "epsilon", ())
        walk.plan(relevance)
        found = walk.back([out], 1e-9)
        told["apart"] = relevance.at(apart, found)
        told["nothing came"] = relevance.at(product, {})
        return relevance.at(product, found)

    close(traced(X).numpy(), X @ W + [1, 2])
    assert told == {"apart": None, "nothing came": None}
