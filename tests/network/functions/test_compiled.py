import numpy as np
import pytest

from explainprune.network.backend import tf
from explainprune.network.functions.compiled import FEWEST_ROWS, NEAR_BYTES, CompiledFunction


@pytest.fixture
def passes():
    return tf.Variable(0)


@pytest.fixture
def counted(passes):
    """(x₀ x₁, sin x₀, …) in three outputs; every forward pass is counted when it runs."""

    def forward(x):
        with tf.control_dependencies([passes.assign_add(1)]):
            x = tf.identity(x)
        return tf.stack([x[:, 0] * x[:, 1], tf.sin(x[:, 0]), 5 * x[:, 1]], axis=1)

    return CompiledFunction(forward, 2, dtype="float64")


X = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]])


def slopes(x):
    zero = np.zeros(len(x))
    rows = [[x[:, 1], x[:, 0]], [np.cos(x[:, 0]), zero], [zero, zero + 5]]
    return np.array(rows).transpose(2, 1, 0)


def test_all_outputs_of_the_jacobian_share_one_forward_pass(counted, passes):
    np.testing.assert_allclose(counted.jacobian(X), slopes(X), rtol=1e-12)
    assert passes.numpy() == 1
    targets = np.array([2, 0, 1])
    picked = counted.gradients(X, targets)
    np.testing.assert_allclose(picked, slopes(X)[np.arange(3), :, targets], rtol=1e-12)
    assert passes.numpy() == 2


@pytest.mark.parametrize(("rows", "calls"), [(1, 3), (2, 2), (3, 1), (100, 1)])
def test_calls_hold_no_more_rows_than_they_may(counted, passes, rows, calls):
    counted.rows_per_call = rows
    np.testing.assert_allclose(counted.outputs(X)[:, 1], np.sin(X[:, 0]), rtol=1e-12)
    assert passes.numpy() == calls
    np.testing.assert_allclose(counted.gradients(X, 1)[:, 0], np.cos(X[:, 0]), rtol=1e-12)


def test_the_memory_bound_sets_the_rows():
    def forward(x):
        return x[:, :1]

    one = CompiledFunction(forward, 1000, memory_bytes=10**6).rows_per_call
    two = CompiledFunction(forward, 1000, memory_bytes=2 * 10**6).rows_per_call
    assert one == 10**6 // (4 * 1001) and two == pytest.approx(2 * one, abs=1)
    assert CompiledFunction(forward, 1000, memory_bytes=1).rows_per_call == 1


def test_many_shapes_are_one_trace(counted):
    for n in (1, 2, 3, 50):
        counted.outputs(np.ones((n, 2), dtype="float32" if n % 2 else "int64"))
        counted.gradients(np.ones((n, 2)), np.zeros(n, dtype="int64"))
        counted.jacobian(np.ones((n, 2)))
    for traced in (counted._outputs, counted._gradients, counted._jacobian):
        assert traced.function.experimental_get_tracing_count() == 1


def test_one_target_serves_all_rows(counted):
    np.testing.assert_array_equal(counted.gradients(X, 2), [[0, 5]] * 3)


def test_rows_and_targets_must_fit(counted):
    with pytest.raises(ValueError, match=r"flat rows of shape \(n, 2\)\. Received: shape=\(2,\)"):
        counted.outputs(np.ones(2))
    with pytest.raises(ValueError, match=r"indices of the network's 3 outputs\. Received: -1 to"):
        counted.gradients(X, -1)


def compiled(forward):
    return CompiledFunction(forward, 2)


def in_a_loop(drawn):
    """Three turns; each adds what it read, and what was drawn if it is to count."""

    def forward(x):
        def turn(i, total, noise):
            total = total + x + (noise if drawn else 0.0)
            return i + 1, total, noise + tf.random.normal(tf.shape(x))

        start = (0, tf.zeros_like(x), tf.zeros_like(x))
        return tf.while_loop(lambda i, *_: i < 3, turn, start)[1]

    return forward


def in_a_branch(drawn):
    def forward(x):
        noise = tf.random.normal(tf.shape(x))
        return tf.cond(tf.reduce_sum(x) > 0, lambda: x + noise if drawn else x, lambda: 2 * x)

    return forward


def in_a_function(drawn):
    inner = tf.function(lambda x, noise: (x, noise), autograph=False)

    def forward(x):
        one, noise = inner(x, tf.random.normal(tf.shape(x)))
        return one + noise if drawn else one

    return forward


@pytest.mark.parametrize("made", [in_a_loop, in_a_branch, in_a_function])
def test_random_numbers_count_where_an_output_hangs_on_them(made):
    compiled(made(False))  # drawn, and not used
    with pytest.raises(ValueError, match="draws random numbers in inference"):
        compiled(made(True))


GENERATOR = tf.random.Generator.from_seed(1)


@pytest.mark.parametrize("draw", [
    lambda x: GENERATOR.normal(tf.shape(x)),
    lambda x: GENERATOR.uniform(tf.shape(x)),
    lambda x: tf.random.truncated_normal(tf.shape(x)),
    lambda x: tf.random.stateless_truncated_normal(tf.shape(x), seed=(1, 2)),
    lambda x: tf.cast(tf.random.categorical(x, 2), tf.float32),
])  # fmt: skip
def test_every_way_to_draw_counts(draw):
    with pytest.raises(ValueError, match="draws random numbers in inference"):
        compiled(lambda x: x + draw(x))


def test_calls_are_no_larger_than_caches_help_with_and_no_smaller_than_pays():
    def wide(units):
        def forward(x):
            kernel = tf.ones((10, units))
            return tf.reduce_sum(tf.nn.relu(x @ kernel), axis=1, keepdims=True)

        return CompiledFunction(forward, 10).rows_per_call

    rows = wide(2**13)  # 32 kB of activations a row, kept a few times
    assert FEWEST_ROWS < rows < NEAR_BYTES / 2**15
    assert wide(2**19) <= FEWEST_ROWS  # 2 MB a row
    assert wide(2**10) == pytest.approx(8 * rows, rel=0.1)
