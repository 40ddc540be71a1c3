"""No exception of Keras or TensorFlow reaches a user without a sentence of ours."""

import numpy as np
import pytest

import explainprune as xp
from explainprune.network.backend import keras, tf
from explainprune.network.failing import failing, in_words, is_theirs

L = keras.layers
X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")


class Ungrateful(keras.Layer):
    """Says nothing against being drawn, and everything against being run."""

    def __init__(self, error, **config):
        super().__init__(**config)
        self.error = error

    def get_config(self):
        return {**super().get_config(), "error": self.error}

    def compute_output_shape(self, shape):
        return shape

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape)

    def call(self, x):
        raise self.error


def model_with(error):
    inputs = keras.Input((4,))
    return keras.Model(inputs, L.Dense(2)(L.Dense(3, "relu")(Ungrateful(error)(inputs))))


VERBS = {
    "permutation": lambda m: xp.attribute(m, X, background=X, method="permutation"),
    "deep_shap": lambda m: xp.attribute(m, X, background=X, method="deep_shap"),
    "attribute": lambda m: xp.attribute(m, X, background=X),
    "lrp": lambda m: xp.attribute(m, X, background=X, method="lrp"),
    "attribute_change": lambda m: xp.attribute_change(m, m, X, background=X),
    "exact_cost": lambda m: xp.exact_cost(m, X, X),
    "importance": lambda m: xp.importance(m, X),
    "sensitivity": lambda m: xp.sensitivity(m, (X, X[:, 0] > 0)),
    "prune": lambda m: xp.prune(m, (X, X[:, 0] > 0), sparsity=0.5, finetune_epochs=0),
    "shrink": lambda m: xp.shrink(m, data=X),
    "compare": lambda m: xp.compare(m, m, X),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", [RuntimeError, KeyError, AttributeError, NotImplementedError])
def test_every_verb_says_what_failed_and_where(verb, kind):
    error = kind("out of order")
    with pytest.raises(ValueError, match=r"Ungrateful.*out of order|out of order.*") as caught:
        VERBS[verb](model_with(error))
    text = str(caught.value)
    assert "\n" not in text and "\x1b" not in text and len(text) < 500
    assert caught.value.__cause__ is not None


def test_shapes_that_do_not_fit_are_named():
    inputs = keras.Input((None, 4))
    model = keras.Model(inputs, L.Dense(1)(L.GlobalMaxPooling1D()(L.Conv1D(4, 7)(inputs))))
    short = X.reshape(4, 3, 4)
    with pytest.raises(
        ValueError, match=r"rows of shape \(n, 3, 4\) in a layer Conv1D: Negative .*7 from 3$"
    ):
        xp.attribute(model, short, background=short)
    with pytest.raises(ValueError, match=r"The model failed in a layer Conv1D: .*[Nn]egative"):
        xp.importance(model, short, np.zeros(4))


def test_a_batch_size_that_is_built_in():
    inputs = keras.Input(batch_shape=(4, 4))
    open_ended = keras.Model(inputs, L.Dense(2)(inputs))
    found = xp.attribute(open_ended, X[:3], background=X, method="gradient_input")
    expected = X[:3] @ np.asarray(open_ended.layers[1].kernel)
    np.testing.assert_allclose(found.values.sum(axis=1), expected.max(axis=1), atol=1e-5)
    closed = keras.Model(inputs, L.Dense(2)(keras.ops.reshape(inputs, (4, 4))))
    with pytest.raises(ValueError, match=r"outputs 4 rows whatever it is given"):
        xp.attribute(closed, X[:4], background=X[:4], method="deep_shap")


class Mine(Exception):
    """A kind of the user's own."""


def test_what_is_ours_or_the_users_passes():
    with pytest.raises(ValueError, match=r"^Unknown method 'permutatio'"):
        xp.attribute(model_with(KeyError()), X, background=X, method="permutatio")
    with pytest.raises(Mine):
        VERBS["importance"](model_with(Mine()))

    @in_words
    def verb():
        """Fail by itself."""
        return {}["missing"]

    with pytest.raises(KeyError):
        verb()
    assert verb.__doc__ == "Fail by itself."


def test_errors_of_tensorflow_are_theirs_wherever_they_come_from():
    for call in (
        lambda: tf.linalg.inv(tf.zeros((2, 2))),
        lambda: tf.function(lambda x: tf.gather(x, 7))(tf.zeros(2)),
        lambda: keras.Sequential([keras.Input((2,)), L.Dense(1)])(tf.zeros((2, 3))),
    ):
        with (
            pytest.raises(ValueError, match=r"^It failed.*: \S.{10,}") as caught,
            failing("It failed"),
        ):
            call()
        assert is_theirs(caught.value.__cause__)
