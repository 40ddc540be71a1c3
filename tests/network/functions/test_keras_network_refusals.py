"""What a Keras network can't give is told in one sentence."""

import numpy as np
import pytest
from keras_cases import functional, layers

from explainprune.network import KerasNetwork, as_network
from explainprune.network.backend import keras, tf


@pytest.mark.parametrize("bad", [-1.0, 0.0], ids=["nan", "inf"])
def test_outputs_that_are_not_finite_are_counted(bad):
    network = as_network(functional((1,), layers.Activation(keras.ops.log)))
    with pytest.raises(ValueError, match=r"outputs are NaN or infinite in 2 of 3 rows; .* row 1"):
        network.outputs(np.array([[1.0], [bad], [bad]]))


def test_gradients_that_are_not_finite_are_counted():
    model = functional((1,), layers.Activation(keras.ops.sqrt))
    network = as_network(model)
    assert network.outputs(np.zeros((1, 1))) == 0
    with pytest.raises(ValueError, match=r"gradients are NaN or infinite in 1 of 2 rows"):
        network.gradients(np.array([[4.0], [0.0]]), np.zeros(2, int))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda raw: raw, r"one number for each row, shape \(n,\)\. Received: shape=\(None, 2\)"),
        (lambda raw: raw[0], r"Received: shape=\(2,\)"),
        (lambda raw: raw.nothing, r"callable that picks the output failed: AttributeError: "),
    ],
)
def test_a_callable_that_picks_no_number_is_refused(function, message):
    with pytest.raises(ValueError, match=message):
        KerasNetwork(functional((2,), layers.Dense(2)), output=function)


def test_names_and_types_are_checked():
    model = functional((2,), layers.Dense(2))
    with pytest.raises(ValueError, match=r"Unknown output 'logits'. Did you mean 'logit'\?"):
        KerasNetwork(model, output="logits")
    with pytest.raises(TypeError, match=r"Expected a keras.Model, .* Received: 3 of"):
        as_network(3)
    network = as_network(model)
    with pytest.raises(ValueError, match=r"shape \(n, 2\)\. Received: shape=\(4, 3\)"):
        network.outputs(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"indices of the network's 2 outputs\. Received: 0 to 2"):
        network.gradients(np.zeros((2, 2)), np.array([0, 2]))


def test_errors_of_the_model_come_as_one_sentence():
    def positive(x):
        with tf.control_dependencies([tf.debugging.assert_positive(x)]):
            return tf.identity(x)

    network = as_network(functional((2,), layers.Lambda(positive, output_shape=(2,))))
    np.testing.assert_array_equal(network.outputs(np.ones((1, 2))), [[1, 1]])
    with pytest.raises(ValueError, match=r"^The model failed on rows of shape \(1, 2\): [^\n]+$"):
        network.outputs(-np.ones((1, 2)))


class AlwaysDropping(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = layers.Dropout(0.5)

    def call(self, x):
        return self.inner(x, training=True)


def test_a_model_that_draws_random_numbers_in_inference_is_refused():
    with pytest.raises(
        ValueError, match=r"draws random numbers in inference \(at '.*dropout.*left"
    ):
        KerasNetwork(functional((2,), AlwaysDropping()))
    # Asked for in the graph itself, inference mode overrules it, as in model.predict.
    x = keras.Input((50,))
    network = as_network(keras.Model(x, layers.Dropout(0.5)(x, training=True)))
    np.testing.assert_array_equal(network.outputs(np.ones((1, 50))), np.ones((1, 50)))


def test_flat_rows_of_a_model_that_leaves_its_shape_open_are_refused():
    model = functional((None, 4), layers.GlobalMaxPooling1D())
    with pytest.raises(
        ValueError, match=r"'.*' \(None, 4\)\): rows need all axes.*shape=\(2, 12\)"
    ):
        KerasNetwork(model).pack(np.zeros((2, 12)))
    network = KerasNetwork(model)
    assert network.pack(np.zeros((2, 3, 4))).shape == (2, 12)
    assert network.pack(np.zeros((2, 12))).shape == (2, 12)
