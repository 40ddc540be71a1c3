import numpy as np
import pytest

from explainprune.network.backend import keras, tf
from explainprune.network.tracing.memory import bytes_per_row

layers = keras.layers


def measured(function, width, dtype="float32"):
    traced = tf.function(function, input_signature=[tf.TensorSpec((None, width), dtype)])
    return bytes_per_row(traced.get_concrete_function().graph)


def test_every_operation_counts_once_views_not_at_all():
    kernel = tf.constant(np.ones((4, 3), dtype="float32"))

    def function(x):
        return tf.reshape(tf.nn.relu(x @ kernel), (-1, 3, 1))

    assert measured(function, 4) == 4 * (4 + 3 + 3)  # what goes in, the product, its ReLU
    wide = tf.cast(kernel, "float64")
    assert measured(lambda x: x @ wide, 4, "float64") == 8 * (4 + 3)


def test_functions_inside_count_too():
    inner = tf.function(lambda x: tf.nn.relu(tf.nn.relu(x)), autograph=False)
    assert measured(lambda x: inner(x), 5) == 4 * 5 * (1 + 3)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
def test_loops_count_as_often_as_they_run(kind):
    def of(steps):
        model = keras.Sequential([keras.Input((steps, 2)), kind(16)])
        return measured(lambda x: model(tf.reshape(x, (-1, steps, 2))), steps * 2)

    assert of(40) - of(20) == 2 * (of(20) - of(10)) > 40 * 16 * 10
