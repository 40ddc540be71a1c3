"""Looking through the end of a model: each case has a twin that ends in its logits."""

import numpy as np
import pytest
from keras_cases import functional, subclassed

from explainprune.network import KerasNetwork, as_network
from explainprune.network.backend import keras, tf

L = keras.layers


def chain(*stack, shape=(4,)):
    return functional(shape, *stack)


def sequential(*stack, shape=(4,)):
    return keras.Sequential([keras.Input(shape), *stack])


def three():
    return chain(L.Dense(3))


# name: (ends in probabilities, the same without, which probability it is)
CASES = {
    "activation argument": (lambda: chain(L.Dense(3, activation="softmax")), three, "softmax"),
    "activation layer": (
        lambda: sequential(L.Dense(3), L.Activation("softmax")),
        lambda: sequential(L.Dense(3)),
        "softmax",
    ),
    "softmax layer": (lambda: chain(L.Dense(3), L.Softmax()), three, "softmax"),
    "op": (lambda: chain(L.Dense(3), keras.ops.softmax), three, "softmax"),
    "sigmoid": (
        lambda: chain(L.Dense(1, activation="sigmoid")), lambda: chain(L.Dense(1)), "sigmoid"
    ),
    "several labels": (lambda: chain(L.Dense(3), L.Activation("sigmoid")), three, "sigmoid"),
    "convolution": (
        lambda: chain(L.Reshape((2, 2)), L.Conv1D(3, 1, activation="softmax")),
        lambda: chain(L.Reshape((2, 2)), L.Conv1D(3, 1)),
        "softmax",
    ),
    "reshaped after": (
        lambda: chain(L.Dense(6), L.Reshape((2, 3)), L.Softmax(), L.Reshape((3, 2, 1))),
        lambda: chain(L.Dense(6), L.Reshape((3, 2, 1))),
        None,
    ),
    "permuted after": (
        lambda: chain(L.Dense(6), L.Reshape((2, 3)), L.Softmax(), L.Permute((2, 1))),
        lambda: chain(L.Dense(6), L.Reshape((2, 3)), L.Permute((2, 1))),
        None,
    ),
    "permuted and reshaped after": (
        lambda: chain(
            L.Dense(6), L.Reshape((2, 3)), L.Softmax(), L.Permute((2, 1)), L.Reshape((2, 3))
        ),
        lambda: chain(L.Dense(6), L.Reshape((2, 3)), L.Permute((2, 1)), L.Reshape((2, 3))),
        None,
    ),
    "another axis": (
        lambda: chain(L.Dense(6), L.Reshape((3, 2)), L.Softmax(axis=1)),
        lambda: chain(L.Dense(6), L.Reshape((3, 2))),
        None,
    ),
    "nested": (
        lambda: chain(sequential(L.Dense(3, activation="softmax"))),
        lambda: chain(sequential(L.Dense(3))),
        "softmax",
    ),
    "nested twice": (
        lambda: sequential(chain(L.Dense(3), chain(L.Softmax(), shape=(3,)))),
        lambda: sequential(three()),
        "softmax",
    ),
    "after dropout": (
        lambda: chain(L.Dense(3, activation="softmax"), L.Dropout(0.5)), three, "softmax"
    ),
    "subclassed": (
        lambda: subclassed((4,), L.Dense(3), L.Dense(3, activation="softmax")),
        lambda: subclassed((4,), L.Dense(3), L.Dense(3)),
        "softmax",
    ),
    "mixed precision": (
        lambda: chain(L.Dense(3, dtype="mixed_float16"), L.Softmax(dtype="float32")),
        lambda: chain(L.Dense(3, dtype="mixed_float16")),
        "softmax",
    ),
}  # fmt: skip


AXES = dict.fromkeys(
    ("permuted after", "permuted and reshaped after", "another axis"), ((6, 3, 2), 1)
)


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


@pytest.mark.parametrize("case", CASES)
def test_logits_are_what_went_into_the_last_softmax_or_sigmoid(case, x):
    keras.utils.set_random_seed(3)
    make, make_twin, kind = CASES[case]
    model, twin = make(), make_twin()
    twin.set_weights(model.get_weights())
    network = as_network(model)
    assert network.looked_through and network.notes == ()
    logits = network.outputs(x)
    tolerance = 1e-2 if case == "mixed precision" else 1e-6
    expected = np.reshape(twin(x), (6, -1))
    assert expected.std() > 0.1
    np.testing.assert_allclose(logits, expected, atol=tolerance)
    raw = np.reshape(model(x, training=False), (6, -1))
    np.testing.assert_allclose(as_network(model, "probability").outputs(x), raw, atol=tolerance)
    if kind is not None:
        function = {"softmax": tf.nn.softmax, "sigmoid": tf.nn.sigmoid}[kind]
        shaped = logits.reshape(6, -1, twin(x).shape[-1])
        np.testing.assert_allclose(function(shaped).numpy().reshape(6, -1), raw, atol=tolerance)


@pytest.mark.parametrize("case", CASES)
def test_centred_logits_have_no_mean_along_the_softmax_and_the_same_differences(case, x):
    keras.utils.set_random_seed(3)
    make, _, kind = CASES[case]
    model = make()
    logits, centred = as_network(model).outputs(x), as_network(model, "centred").outputs(x)
    if kind == "sigmoid":
        np.testing.assert_array_equal(centred, logits)
        return
    # Where the softmax runs along another axis than the last one of the output.
    shape, axis = AXES.get(case, ((6, -1, 3), 2))
    logits, centred = logits.reshape(shape), centred.reshape(shape)
    expected = logits - logits.mean(axis, keepdims=True)
    tolerance = 1e-2 if case == "mixed precision" else 1e-6
    np.testing.assert_allclose(centred, expected, atol=tolerance)
    assert np.abs(centred - logits).max() > 0.01


def test_a_function_added_to_all_logits_leaves_the_centred_ones():
    """The softmax's free constant: probabilities and centred logits don't see it."""
    inputs = keras.Input((4,))
    logits = L.Dense(3, name="own")(inputs)
    shared = L.Dense(1, name="shared")(inputs)
    plain = keras.Model(inputs, L.Softmax()(logits))
    moved = keras.Model(inputs, L.Softmax()(logits + 10 * shared))
    rows = np.random.default_rng(0).normal(size=(5, 4))
    for output, same in (("probability", True), ("centred", True), ("logit", False)):
        a, b = (as_network(model, output) for model in (plain, moved))
        assert np.allclose(a.outputs(rows), b.outputs(rows), atol=1e-5) == same
        assert np.allclose(a.jacobian(rows), b.jacobian(rows), atol=1e-5) == same


LOSSES = [
    (None, True),
    ("sparse_categorical_crossentropy", True),
    (keras.losses.CategoricalCrossentropy(from_logits=True), True),
    (lambda y, p: keras.ops.mean(p), True),
    ("mse", False),
    (keras.losses.Huber(), False),
    (keras.losses.mean_absolute_error, False),
    (keras.losses.BinaryCrossentropy(from_logits=True), False),
    ({"out": "mse"}, False),
    (["mse"], False),
]


@pytest.mark.parametrize(("loss", "centres"), LOSSES)
def test_raw_outputs_are_centred_unless_the_loss_is_no_categorical_one(loss, centres, x):
    model = chain(L.Dense(3, name="out"))
    if loss is not None:
        model.compile("sgd", loss)
    logits, network = as_network(model).outputs(x), KerasNetwork(model, output="centred")
    expected = logits - logits.mean(axis=1, keepdims=True) if centres else logits
    np.testing.assert_allclose(network.outputs(x), expected, atol=1e-6)
    told = ("Output 'out' ends in no softmax and has no loss: its values are centred as class "
            "scores.",)  # fmt: skip
    assert network.notes == (told if loss is None else ())
    assert not network.looked_through


def test_one_number_is_its_own_centre(x):
    model = chain(L.Dense(1))
    centred = as_network(model, "centred")
    np.testing.assert_array_equal(centred.outputs(x), as_network(model).outputs(x))
    assert centred.notes == ()


def test_probabilities_of_models_that_end_in_logits(x):
    scores = chain(L.Dense(3, name="out"))
    network = as_network(scores, "probability")
    np.testing.assert_allclose(network.outputs(x), tf.nn.softmax(scores(x)), atol=1e-6)
    assert network.notes == (
        "Output 'out' ends in class scores: their softmax is its probability.",
    )
    labels = chain(L.Dense(2))
    labels.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    sigmoid = as_network(labels, "probability").outputs(x)
    np.testing.assert_allclose(sigmoid, tf.nn.sigmoid(labels(x)), atol=1e-6)
    regression = chain(L.Dense(2, name="out"))
    regression.compile("sgd", "mse")
    network = as_network(regression, "probability")
    np.testing.assert_allclose(network.outputs(x), regression(x), atol=1e-6)
    assert network.notes == (
        "Output 'out' ends in no softmax or sigmoid (BiasAdd): its raw values are explained.",
    )


def test_an_average_of_softmaxes_cannot_be_looked_through_and_says_so(x):
    inputs = keras.Input((4,))
    members = [L.Dense(3, activation="softmax")(inputs) for _ in range(2)]
    model = keras.Model(inputs, L.Average(name="mean")(members))
    for output in ("logit", "probability"):
        network = as_network(model, output)
        np.testing.assert_allclose(network.outputs(x), model(x), atol=1e-6)
        assert not network.looked_through
        assert network.notes == (
            "Output 'mean' ends in no softmax or sigmoid (RealDiv): its raw values are explained.",
        )


def test_each_output_is_looked_through_by_itself(x):
    inputs = keras.Input((4,))
    outputs = {
        "kind": L.Dense(3, activation="softmax")(inputs),
        "on": L.Dense(1, activation="sigmoid")(inputs),
        "size": L.Dense(2)(inputs),
    }
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"kind": "categorical_crossentropy", "on": "bce", "size": "mse"})
    network = as_network(model, "centred")
    assert network.output_names == ("kind", "on", "size")
    assert network.output_shapes == ((3,), (1,), (2,))
    assert network.looked_through and network.notes == ()
    raw = {name: value.numpy() for name, value in model(x).items()}
    values = network.outputs(x)
    logs = np.log(raw["kind"])
    np.testing.assert_allclose(values[:, :3], logs - logs.mean(1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(values[:, 3:4], np.log(raw["on"] / (1 - raw["on"])), atol=1e-5)
    np.testing.assert_allclose(values[:, 4:], raw["size"], atol=1e-6)
    assert network.flat_target(("size", 1)) == 5


def test_a_softmax_inside_is_left_alone(x):
    inputs = keras.Input((4,))
    gate = L.Dense(4, activation="softmax")(inputs)
    model = keras.Model(inputs, L.Dense(2, activation="softmax")(gate * inputs))
    logits = as_network(model).outputs(x)
    np.testing.assert_allclose(tf.nn.softmax(logits), model(x), atol=1e-6)
    model = keras.Model(inputs, gate * inputs)
    assert not as_network(model).looked_through
