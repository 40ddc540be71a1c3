import pytest

from explainprune.network.backend import keras
from explainprune.network.functions.scores import is_yes_or_no, loss_of, takes_class_scores


def compiled(loss):
    x = keras.Input((2,))
    outputs = [keras.layers.Dense(3, name=name)(x) for name in ("a", "b")]
    model = keras.Model(x, outputs)
    if loss is not None:
        model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    ("loss", "names", "scores"),
    [
        (None, ("", ""), (True, True)),
        (["mse", "categorical_crossentropy"],
         ("mean_squared_error", "categorical_crossentropy"), (False, True)),
        ({"b": keras.losses.SparseCategoricalCrossentropy()},
         ("", "sparse_categorical_crossentropy"), (True, True)),
        ({"a": keras.losses.Huber(), "b": keras.losses.LogCosh()},
         ("huber", "log_cosh"), (False, False)),
        ({"a": keras.losses.poisson, "b": "kld"}, ("poisson", "kl_divergence"), (False, False)),
    ],
)  # fmt: skip
def test_the_loss_of_each_output_is_found(loss, names, scores):
    model = compiled(loss)
    assert tuple(loss_of(model, i, name) for i, name in enumerate("ab")) == names
    assert tuple(takes_class_scores(model, i, name) for i, name in enumerate("ab")) == scores


def test_a_loss_that_nobody_knows_says_nothing():
    def focal(y, p):
        return p

    model = compiled([focal, focal])
    assert loss_of(model, 0) == "focal"
    assert takes_class_scores(model, 0)


@pytest.mark.parametrize(
    ("loss", "kind", "linear", "task", "expected"),
    [
        ("binary_crossentropy", "softmax", False, "classification", False),  # a softmax over one
        ("binary_crossentropy", "sigmoid", False, "regression", False),
        ("mean_squared_error", "sigmoid", False, "classification", True),
        ("mean_squared_error", "sigmoid", False, "unknown", False),
        ("binary_crossentropy", "raw", True, "unknown", True),
        ("hinge", "raw", False, "classification", True),
        ("", "raw", False, "classification", False),
        ("", "raw", True, "classification", True),
    ],
)
def test_one_unit_stands_for_two_classes_or_for_a_number(loss, kind, linear, task, expected):
    assert is_yes_or_no(loss, kind, linear, task) is expected
