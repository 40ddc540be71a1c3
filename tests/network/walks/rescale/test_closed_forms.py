"""Rules that aren't Shapley values of single inputs, by their formulas, and where inputs meet."""

import itertools

import numpy as np
import pytest
from walk_cases import by_enumeration, grid, payments

from explainprune.network.backend import tf
from explainprune.network.walks.rescale.rules import MAX_POOLS, RULES

X = np.array([[0.9, -0.7, 1.6, -1.3], [1.2, 0.3, -0.5, 2.1]], np.float32)
B = np.array([[-0.4, 0.5, 0.7, 0.2], [0.15, -1.4, 1.1, -0.6]], np.float32)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-5)


SLOPES = {
    "tanh": (tf.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "relu": (tf.nn.relu, lambda x: (x > 0) * 1.0),
    "swish": (
        lambda t: t * tf.sigmoid(t),
        lambda x: (1 + np.exp(-x) * (1 + x)) / (1 + np.exp(-x)) ** 2,
    ),
    "at least": (lambda t: tf.maximum(t, 0.25), lambda x: (x > 0.25) * 1.0),
    "at most": (lambda t: tf.minimum(0.25, t), lambda x: (x < 0.25) * 1.0),
    "step": (lambda t: tf.cast(t > 0.25, t.dtype), lambda x: 0 * x),
}


@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize("apart", [0.0, 5e-8])
def test_where_sample_and_reference_meet_the_slope_is_the_derivative(name, apart):
    function, slope = SLOPES[name]
    found = grid(function, X[:1], X[:1] * np.float32(1 + apart))[:, 0, 0]
    close(found, np.diag(slope(X[0].astype(float))))


def test_a_comparison_of_two_is_a_step_of_their_difference():
    found = payments(lambda t: tf.cast(t[:, :2] > t[:, 2:], t.dtype), X, B)
    for i, j, k in itertools.product(range(2), repeat=3):
        ends = [each[k] - each[2 + k] for each in (X[i], B[j])]
        slope = (float(ends[0] > 0) - float(ends[1] > 0)) / (ends[0] - ends[1])
        moved = (X[i] - B[j]) * slope
        expected = np.zeros(4)
        expected[k], expected[2 + k] = moved[k], -moved[2 + k]
        close(found[i, j, :, k], expected)


def logarithmic_mean(p, q):
    return p if p == q else (p - q) / np.log(p / q)


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


def softmax_by_loops(x, b, log):
    """Rescale exp around log-probabilities on both halves of the way: (inputs, outputs)."""
    found = np.zeros((len(x), len(x)))
    middle = (x + b) / 2
    for start, end in ((b, middle), (middle, x)):
        p, q = softmax(end), softmax(start)
        mean = np.array([logarithmic_mean(*each) for each in zip(p, q, strict=True)])
        for i, j in itertools.product(range(len(x)), repeat=2):
            own = float(i == j) if log else mean[i] * (i == j)
            found[j, i] += (own - (1 if log else mean[i]) * mean[j] / mean.sum()) / 2 * (x - b)[j]
    return found


@pytest.mark.parametrize("log", [False, True])
def test_softmax_follows_its_formula(log):
    found = payments(tf.nn.log_softmax if log else tf.nn.softmax, X, B)
    for i, j in itertools.product(range(2), repeat=2):
        close(found[i, j], softmax_by_loops(X[i].astype(float), B[j].astype(float), log))


def test_softmax_of_what_stands_for_minus_infinity():
    """A masked place takes no part: what is paid is paid among the others."""
    masked = lambda t: tf.nn.softmax(tf.concat([t, tf.zeros_like(t[:, :1]) - 3.4e38], 1))  # noqa: E731
    close(payments(masked, X, B)[..., :4], payments(tf.nn.softmax, X, B))


def test_quotients_are_paid_along_a_straight_way():
    positive = np.abs(X) + 0.5, np.abs(B) + 0.5
    way = (np.arange(4000) + 0.5) / 4000
    ratio = payments(lambda t: t[:, :2] / t[:, 2:], *positive)
    normed = payments(lambda t: t[:, :2] * tf.math.rsqrt(t[:, 2:] ** 2), *positive)
    roots = payments(lambda t: tf.math.rsqrt(t[:, 2:]) * t[:, :2], *positive)
    for i, j, k in itertools.product(range(2), repeat=3):
        x, b = (each[n].astype(float) for each, n in zip(positive, (i, j), strict=True))
        a, q = (b[n] + way * (x[n] - b[n]) for n in (k, 2 + k))
        close(ratio[i, j, k, k], (x - b)[k] * np.mean(1 / q))
        close(ratio[i, j, 2 + k, k], (x - b)[2 + k] * np.mean(-a / q**2))
        # Of roots, what lies below is moved along its own straight line.
        close(roots[i, j, k, k], (x - b)[k] * 2 / (x[2 + k] ** 0.5 + b[2 + k] ** 0.5))
        close(roots[i, j, :, k].sum(), x[k] / x[2 + k] ** 0.5 - b[k] / b[2 + k] ** 0.5)
        close(normed[i, j, k, k], (x - b)[k] * 2 / (x[2 + k] + b[2 + k]))


def test_a_quotient_whose_ends_are_near_has_the_mean_of_both():
    near = X[:1] * np.float32([1, 1, 1.0004, 1.0004])
    found = grid(lambda t: t[:, :2] / t[:, 2:], X[:1], near)[:, 0, 0]
    close(found[0, 0], (1 / X[0, 2] + 1 / near[0, 2]) / 2)
    assert found[0, 2] == pytest.approx(-X[0, 0] / X[0, 2] ** 2, rel=1e-3)


def test_a_quotient_whose_divisor_turns_its_sign_is_paid_as_two_players():
    x, b = np.array([[2.0, 1.5]], np.float32), np.array([[0.5, -0.5]], np.float32)
    ratio = lambda t: t[:, :1] / t[:, 1:]  # noqa: E731
    close(payments(ratio, x, b), by_enumeration(ratio, x, b))


def images(n, seed):
    return np.random.default_rng(seed).normal(size=(n, 9)).astype("float32")


def to_the_winner(x, b, size, step, margin, bend):
    """Pay each window's change to the larger side's own maximum."""
    found = np.zeros(9)
    for top, left in itertools.product(range(0, 3 - size + 1 + margin, step), repeat=2):
        places = [
            3 * i + j
            for i, j in itertools.product(range(top, top + size), range(left, left + size))
            if i < 3 and j < 3
        ]
        ends = [bend(each[places]) for each in (x, b)]
        winner = places[int(np.argmax(ends[0] if ends[0].max() > ends[1].max() else ends[1]))]
        found[winner] += ends[0].max() - ends[1].max()
    return found


@pytest.mark.parametrize(("size", "step", "margin"), [(3, 3, 0), (2, 2, 0), (2, 2, 1), (2, 1, 0)])
@pytest.mark.parametrize("bend", ["identity", "relu"])
def test_a_pooled_maximum_is_paid_to_the_larger_sides_winner(size, step, margin, bend):
    wide, exact = {
        "identity": (tf.identity, lambda x: x),
        "relu": (tf.nn.relu, lambda x: np.maximum(x, 0)),
    }[bend]
    x, b = images(2, 0), images(2, 1)
    padding = "SAME" if margin else "VALID"
    function = lambda t: tf.reduce_sum(  # noqa: E731
        tf.nn.max_pool2d(wide(tf.reshape(t, (-1, 3, 3, 1))), size, step, padding), (1, 2)
    )
    found = payments(function, x, b)
    for i, j in itertools.product(range(2), repeat=2):
        close(found[i, j, :, 0], to_the_winner(x[i], b[j], size, step, margin, exact))


def test_in_three_dimensions_too():
    x, b = images(2, 2)[:, :8], images(2, 3)[:, :8]

    def cube(t):
        return tf.reshape(tf.nn.max_pool3d(tf.reshape(t, (-1, 2, 2, 2, 1)), 2, 1, "VALID"), (-1, 1))

    found = payments(cube, x, b)[..., 0]
    for i, j in itertools.product(range(2), repeat=2):
        winner = np.argmax(x[i] if x[i].max() > b[j].max() else b[j])
        close(found[i, j], (np.arange(8) == winner) * (x[i].max() - b[j].max()))


@pytest.mark.parametrize(("size", "step", "padding"), [(2, 1, "VALID"), (2, 2, "SAME")])
def test_windows_by_shapley(size, step, padding):
    function = lambda t: tf.reshape(  # noqa: E731
        tf.nn.max_pool2d(tf.reshape(t, (-1, 2, 3, 1)), size, step, padding), (-1, 2)
    )
    x, b = images(1, 4)[:, :6], images(2, 5)[:, :6]
    close(payments(function, x, b, RULES | MAX_POOLS["shapley"]), by_enumeration(function, x, b))


def test_what_is_read_of_a_kind_is_no_influence():
    def gate(t):
        return t * tf.cast(tf.math.is_finite(t), t.dtype) + tf.cast(tf.shape(t)[1], t.dtype)

    close(grid(gate, X, B), np.broadcast_to(np.eye(4)[:, None, None], (4, 2, 2, 4)))
