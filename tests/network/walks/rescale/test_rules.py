"""Each operation's rule against Shapley values of its inputs, by enumeration.

Of what is linear, element-wise, a product or a maximum of its inputs, both are the same.
"""

import numpy as np
import pytest
from walk_cases import by_enumeration, payments

from explainprune.network.backend import tf

R = tf.raw_ops
X = np.array([[0.9, -0.7, 1.6, -1.3, 0.4, 0.6], [1.2, 0.3, -0.5, 2.1, -0.8, 0.1]], np.float32)
B = np.array([[-0.4, 0.5, 0.7, 0.2, -1.1, 0.35], [0.15, -1.4, 1.1, -0.6, 0.9, -0.2]], np.float32)
KERNEL = np.random.default_rng(0).normal(size=(2, 2, 2, 2)).astype("float32")
OPEN = {"strides": [1, 1, 1, 1], "padding": "SAME"}


def shaped(*shape):
    return lambda t: tf.reshape(t, (-1, *shape))


def flat(t):
    return tf.reshape(t, (-1, int(np.prod(t.shape[1:]))))


def of_shape(*shape):
    """Let a function read rows in a shape, and output flat ones."""
    return lambda function: lambda t: flat(function(shaped(*shape)(t)))


def wide(function):
    """Let a function read rows as images of 2 × 3 places with two channels."""
    weights = np.random.default_rng(1).normal(size=(6, 12)).astype("float32")
    return lambda t: flat(function(shaped(2, 3, 2)(tf.matmul(t, weights))))


def volume(function):
    weights = np.random.default_rng(1).normal(size=(6, 16)).astype("float32")
    return lambda t: flat(function(shaped(2, 2, 2, 2)(tf.matmul(t, weights))))


def halves(function):
    return lambda t: function(t[:, :3], t[:, 3:])


SIX = of_shape(2, 3)
LINEAR = {
    "identity": lambda t: tf.identity(t) + tf.cast(tf.cast(t, tf.float64), tf.float32),
    "bias": lambda t: tf.nn.bias_add(t, np.arange(6.0, dtype="float32")),
    "sum": lambda t: t[:, :3] + t[:, 3:] - 2.0,
    "broadcast sum": SIX(lambda t: t[:, :1] + t),
    "sum of many": lambda t: tf.add_n([t[:, :2], t[:, 2:4], t[:, 4:]]),
    "difference": SIX(lambda t: t - t[:, :, :1]),
    "difference from a constant": lambda t: 1.0 - t,
    "negated": lambda t: -t,
    "scaled": lambda t: t * np.arange(6.0, dtype="float32"),
    "divided": lambda t: t / np.arange(1.0, 7.0, dtype="float32"),
    "matrix": lambda t: tf.matmul(t, KERNEL.reshape(8, 2)[:6]),
    "matrix turned": lambda t: tf.matmul(t, KERNEL.reshape(2, 8)[:, :6], transpose_b=True),
    "inner matrix": SIX(lambda t: shaped(2, 2)(tf.matmul(shaped(3)(t), KERNEL.reshape(8, 2)[:3]))),
    "einsum of one": SIX(lambda t: tf.einsum("nij->nji", t)),
    "einsum": SIX(lambda t: tf.einsum("nij,jk->nki", t, KERNEL.reshape(8, 2)[:3])),
    "convolution": wide(lambda t: tf.nn.conv2d(t, KERNEL, 1, "SAME")),
    "strided convolution": wide(lambda t: tf.nn.conv2d(t, KERNEL, 2, "SAME")),
    "dilated convolution": wide(lambda t: tf.nn.conv2d(t, KERNEL, 1, "SAME", dilations=2)),
    "depthwise": wide(lambda t: tf.nn.depthwise_conv2d(t, KERNEL, [1, 1, 1, 1], "VALID")),
    "transposed": wide(lambda t: tf.nn.conv2d_transpose(t, KERNEL, (tf.shape(t)[0], 4, 6, 2), 2)),
    "convolution 3d": volume(lambda t: tf.nn.conv3d(t, KERNEL[None], [1] * 5, "SAME")),
    "transposed 3d": volume(
        lambda t: tf.nn.conv3d_transpose(t, KERNEL[None], (tf.shape(t)[0], 2, 4, 4, 2), (1, 2, 2))
    ),
    "moved axes": SIX(lambda t: tf.transpose(tf.expand_dims(t, 1), (0, 3, 1, 2))),
    "squeezed": of_shape(1, 6)(lambda t: tf.squeeze(t, 1)),
    "padded": SIX(lambda t: tf.pad(t, [[0, 0], [1, 2], [2, 1]], constant_values=3.0)),
    "mirrored": SIX(lambda t: tf.pad(t, [[0, 0], [1, 0], [2, 1]], "REFLECT")),
    "joined": SIX(lambda t: tf.concat([t[:, :, :2], t, t[:, :, 1:]], -1)),
    "split": SIX(lambda t: (lambda a, b, c: tf.concat([c, 2 * a], 1))(*tf.split(t, 3, 2))),
    "split unevenly": SIX(lambda t: (lambda a, b: b)(*tf.split(t, [1, 2], 2))),
    "unstacked": SIX(lambda t: (lambda a, b, c: a - 3 * c)(*tf.unstack(t, axis=2))),
    "stacked": SIX(lambda t: tf.stack([t[:, 0], 2 * t[:, 1]], axis=2)),
    "broadcast": SIX(lambda t: tf.broadcast_to(t[:, :1], (tf.shape(t)[0], 4, 3))),
    "slice": SIX(lambda t: tf.slice(t, (0, 1, 0), (-1, 1, 2))),
    "strides": SIX(lambda t: t[:, ::-1, 2::-2]),
    "tiled": SIX(lambda t: tf.tile(t, (1, 2, 3))),
    "gathered": SIX(lambda t: tf.gather(t, [2, 0, 2], axis=2)),
    "gathered one": SIX(lambda t: tf.gather(t, 1, axis=1)),
    "nearest": wide(lambda t: tf.raw_ops.ResizeNearestNeighbor(images=t, size=(4, 6))),
    "bilinear": wide(lambda t: tf.raw_ops.ResizeBilinear(images=t, size=(5, 4))),
    "bicubic": wide(lambda t: tf.raw_ops.ResizeBicubic(images=t, size=(5, 4))),
    "cumulated": SIX(lambda t: tf.cumsum(t, axis=2, reverse=True)),
    "reversed": SIX(lambda t: tf.reverse(t, [1])),
    "rolled": SIX(lambda t: tf.roll(t, 1, 2)),
    "a part of a matrix": SIX(lambda t: tf.linalg.band_part(t, 1, 0)),
    "summed": SIX(lambda t: tf.reduce_sum(t, axis=1) + tf.reduce_sum(t, axis=(1, 2))[:, None]),
    "mean": SIX(lambda t: tf.reduce_mean(t, (1, 2), keepdims=True) + tf.reduce_mean(t, 1)[:, None]),
    "average pool": wide(lambda t: tf.nn.avg_pool2d(t, 2, 1, "SAME")),
    "average pool 3d": volume(lambda t: tf.nn.avg_pool3d(t, 2, 1, "SAME")),
    "inverted": lambda t: tf.cast(tf.logical_not(t > 0.2), tf.float32),
}  # fmt: skip

ELEMENTWISE = {
    **{name: getattr(tf.math, name) for name in
       ("abs", "asinh", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor",
        "rint", "sigmoid", "sign", "sin", "sinh", "softplus", "softsign", "square", "tan", "tanh")},
    **{name: getattr(tf.nn, name) for name in ("elu", "leaky_relu", "relu", "relu6", "selu")},
    "reciprocal": lambda t: tf.math.reciprocal(t + 3.0),
    "roots": lambda t: tf.sqrt(t + 3.0) + tf.math.rsqrt(t + 3.0),
    "a root for several": lambda t: tf.math.rsqrt(t[:, :1] + 3.0) * np.float32([1, 2, 3]),
    "logarithms": lambda t: tf.math.log(t + 3.0) + tf.math.log1p(t + 2.0) + tf.math.lgamma(t + 3.0),
    "power": lambda t: tf.pow(t + 3.0, 1.5),
    "exponential": lambda t: tf.pow(2.0, t),
    "remainder": lambda t: tf.math.floormod(t, 0.7),
    "clipped": lambda t: tf.clip_by_value(t, -0.5, 0.8),
    "at least": lambda t: tf.maximum(t, 0.25),
    "at most": lambda t: tf.minimum(0.25, t),
    "swish": lambda t: t * tf.sigmoid(t),
    "a choice of two": lambda t: tf.where(t > 0.3, tf.square(t), tf.exp(t)),
    "a step": lambda t: tf.cast(t > 0.3, tf.float32) + tf.cast(tf.less_equal(0.5, t), tf.float32),
    "a quotient of constants": lambda t: 2.0 / (t + 3.0),
}  # fmt: skip


def matrices(a, b, **options):
    return lambda t: flat(tf.matmul(shaped(*a)(t[:, :4]), shaped(*b)(t[:, 4:]), **options))


def condition(t):
    """Choose by one input between two others, as Keras' masks do."""
    return tf.where(t[:, :2] > 0.2, t[:, 2:4], t[:, 4:])


def both(t):
    one, two = t[:, :3] > 0.2, t[:, 3:] > 0.1
    return tf.concat(
        [tf.cast(tf.logical_and(one, two), t.dtype), tf.cast(tf.logical_or(one, two), t.dtype)], 1
    )


SHARED = {
    "product": halves(lambda a, b: a * b),
    "broadcast product": SIX(lambda t: t[:, :1] * t[:, 1:, :1] * np.float32(2)),
    "square of a difference": halves(tf.math.squared_difference),
    "square of a broadcast difference": of_shape(2, 3)(
        lambda t: tf.math.squared_difference(t[:, :1, :2], t[:, 1:, 2:])
    ),
    "square from a constant": lambda t: tf.math.squared_difference(np.float32(0.3), t),
    "matrices": matrices((2, 2), (2, 1)),
    "matrices, first turned": matrices((2, 2), (2, 1), transpose_a=True),
    "matrices, second turned": matrices((2, 2), (1, 2), transpose_b=True),
    "matrices, both turned": matrices((2, 2), (1, 2), transpose_a=True, transpose_b=True),
    "matrices for two heads": matrices((2, 1, 2), (1, 2, 1)),
    "einsum of two": lambda t: tf.einsum("nij,nj->ni", shaped(2, 2)(t[:, :4]), t[:, 4:]),
    "larger of two": halves(tf.maximum),
    "smaller of two": halves(tf.minimum),
    "larger of two, broadcast": SIX(lambda t: tf.maximum(t[:, :1, :1], t[:, 1:])),
    "choice": condition,
    "and, or": both,
    "largest": SIX(lambda t: tf.reduce_max(t, 2)),
    "smallest": SIX(lambda t: tf.reduce_min(t, 1, keepdims=True)),
    "any": lambda t: tf.cast(tf.reduce_any(t > 0.2, 1, keepdims=True), tf.float32),
    "all": lambda t: tf.cast(tf.reduce_all(t > -1.2, 1, keepdims=True), tf.float32),
}  # fmt: skip
CASES = LINEAR | ELEMENTWISE | SHARED


def goes_back(function):
    """Tell whether TensorFlow itself can take the gradient: not all processors' kernels can."""
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        made = function(x)
    try:
        return tape.gradient(made, x) is not None
    except tf.errors.InvalidArgumentError:
        return False


@pytest.mark.parametrize("name", CASES)
def test_rules_pay_shapley_values(name):
    if name == "dilated convolution" and not goes_back(CASES[name]):
        pytest.skip("TensorFlow has no gradient of a dilated convolution on this processor")
    expected = by_enumeration(CASES[name], X, B)
    found = payments(CASES[name], X, B)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5 * max(1, abs(expected).max()))
