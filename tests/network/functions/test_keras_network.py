import numpy as np
import pytest
from keras_cases import functional, layers, sequential

from explainprune.network import KerasNetwork, Network, as_network
from explainprune.network.backend import keras

MISSING = object()


def sequence():
    """Rank-3 outputs: a softmax at every step."""
    return functional(
        (4, 2), layers.Conv1D(3, 2, padding="same"), layers.Dense(2, activation="softmax")
    )


def two_by_two():
    a, b = keras.Input((3,), name="a"), keras.Input((2, 2), name="b")
    joined = layers.Concatenate()([a, layers.Flatten()(b)])
    hidden = layers.Dense(5, activation="tanh")(joined)
    heads = [
        layers.Dense(3, activation="softmax", name="kind")(hidden),
        layers.Dense(1, name="size")(hidden),
    ]
    return keras.Model([a, b], heads)


class Own(keras.Model):
    """A subclassed model: it has no layer graph."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(4, activation="gelu")
        self.normal = layers.BatchNormalization()
        self.head = layers.Dense(2, activation="softmax")

    def call(self, x, training=False):
        return self.head(self.normal(self.hidden(x), training=training))


def subclassed():
    model = Own()
    model(np.zeros((1, 3)))
    return model


MODELS = {
    "sequential": lambda: sequential(
        (5, 5, 1),
        layers.Conv2D(2, 3, activation="elu"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(3, activation="softmax"),
    ),
    "functional": lambda: functional((4,), layers.Dense(3, activation="swish"), layers.Dense(1)),
    "nested": lambda: functional(
        (4,),
        functional((4,), layers.Dense(3, activation="tanh")),
        sequential((3,), layers.Dense(2, activation="softmax")),
    ),
    "sequence": sequence,
    "several": two_by_two,
    "subclassed": subclassed,
    "many outputs": lambda: functional((3,), layers.Dense(40, activation="softmax")),
    "float64": lambda: functional(
        (3,), layers.Dense(2, activation="sigmoid", dtype="float64"), dtype="float64"
    ),
}


@pytest.fixture(params=MODELS, scope="module")
def model(request):
    keras.utils.set_random_seed(1)
    return MODELS[request.param]()


def rows_for(network, n=3):
    return np.random.default_rng(0).normal(size=(n, network.n_inputs)).astype("float32")


def finite_differences(network, x, step=3e-3):
    """(f(x + h) − f(x − h)) / 2h, feature by feature."""
    slopes = np.zeros((len(x), network.n_inputs, network.n_outputs))
    for feature in range(network.n_inputs):
        shift = np.zeros(network.n_inputs)
        shift[feature] = step
        slopes[:, feature] = (network.outputs(x + shift) - network.outputs(x - shift)) / (2 * step)
    return slopes


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_logits_and_probabilities_have_their_own_slopes(output):
    check_slopes(KerasNetwork(two_by_two(), output=output))


def test_gradients_and_jacobian_are_the_slopes_of_the_outputs(model):
    check_slopes(as_network(model, "centred"))


def check_slopes(network):
    assert isinstance(network, Network)
    x = rows_for(network)
    slow = finite_differences(network, x)
    assert np.abs(slow).max() > 0.01
    jacobian = network.jacobian(x)
    np.testing.assert_allclose(jacobian, slow, atol=2e-3)
    targets = np.arange(len(x)) % network.n_outputs
    picked = network.gradients(x, targets)
    np.testing.assert_allclose(picked, jacobian[np.arange(len(x)), :, targets], atol=1e-6)


def test_probabilities_are_what_the_model_puts_out(model):
    network = as_network(model, "probability")
    x = rows_for(network)
    inputs = network.unpack(x)
    raw = model(list(inputs.values()) if isinstance(inputs, dict) else inputs, training=False)
    flat = [np.reshape(part, (len(x), -1)) for part in keras.tree.flatten(raw)]
    np.testing.assert_allclose(network.outputs(x), np.concatenate(flat, axis=1), atol=1e-6)


def test_a_known_formula():
    """f = softmax(W x + b) with numbers set by hand: the logits are 2x₀ − x₁ + 1 and x₁."""
    model = functional((2,), layers.Dense(2, activation="softmax"))
    model.set_weights([np.array([[2.0, 0.0], [-1.0, 1.0]]), np.array([1.0, 0.0])])
    x = np.array([[1.0, 2.0], [0.5, -1.0]])
    logits = np.array([[1.0, 2.0], [3.0, -1.0]])
    np.testing.assert_allclose(as_network(model).outputs(x), logits, rtol=1e-6)
    centred = as_network(model, "centred")
    np.testing.assert_allclose(centred.outputs(x), [[-0.5, 0.5], [2.0, -2.0]], rtol=1e-6)
    np.testing.assert_allclose(centred.jacobian(x)[0], [[1, -1], [-1, 1]], rtol=1e-6)


def test_rows_beyond_one_call_are_split_and_joined(model):
    whole, split = as_network(model), KerasNetwork(model, memory_bytes=1)
    assert split.rows_per_call == 1 < whole.rows_per_call
    x = rows_for(whole, 3)
    targets = np.array([0, whole.n_outputs - 1, 0])
    np.testing.assert_allclose(split.outputs(x), whole.outputs(x), atol=1e-6)
    np.testing.assert_allclose(split.gradients(x, targets), whole.gradients(x, targets), atol=1e-6)
    np.testing.assert_allclose(split.jacobian(x), whole.jacobian(x), atol=1e-6)


def test_no_rows_give_empty_arrays_of_the_right_shape():
    network = as_network(functional((2,), layers.Dense(3)))
    none = np.zeros((0, 2))
    assert network.outputs(none).shape == (0, 3)
    assert network.gradients(none, np.zeros(0, int)).shape == (0, 2)
    assert network.jacobian(none).shape == (0, 2, 3)


def test_the_same_model_and_output_give_the_same_network_and_one_trace():
    model = functional((4,), layers.Dense(3, activation="softmax"))
    network = as_network(model)
    for n in (1, 7, 32, 100):
        x = np.ones((n, 4), dtype="float32" if n % 2 else "float64")
        again = as_network(model, "logit")
        again.outputs(again.pack(x))
        again.gradients(x, np.zeros(n, dtype=int))
        again.jacobian(x)
    assert again is network
    for traced in (
        network._compiled._outputs,
        network._compiled._gradients,
        network._compiled._jacobian,
    ):
        assert traced.function.experimental_get_tracing_count() == 1
    assert as_network(model, "centred") is not network
    assert as_network(network) is network


def test_a_changed_model_gets_a_new_network():
    model = sequential((2,), layers.Dense(2, activation="softmax"))
    before = as_network(model)
    assert before.looked_through
    model.layers[-1].activation = keras.activations.linear
    assert not as_network(model).looked_through
    model.add(layers.Dense(5))
    assert as_network(model).n_outputs == 5


def test_only_so_many_networks_of_a_model_are_kept():
    model = functional((1,), layers.Dense(1))
    network = as_network(model)
    for times in range(8):
        as_network(model, lambda raw, times=times: times * raw[:, 0])
    assert as_network(model) is not network


def test_weights_are_shared_with_the_model():
    model = functional((2,), layers.Dense(1, use_bias=False))
    network = as_network(model)
    model.set_weights([np.array([[1.0], [2.0]])])
    assert network.outputs(np.array([[1.0, 1.0]])) == 3
    model.set_weights([np.array([[10.0], [20.0]])])
    assert network.outputs(np.array([[1.0, 1.0]])) == 30
    np.testing.assert_array_equal(network.gradients(np.ones((1, 2)), np.zeros(1, int)), [[10, 20]])


def test_nothing_of_the_model_changes(model):
    model.compile("adam", "mse")
    config = model.get_config() if not isinstance(model, Own) else None
    weights = [w.copy() for w in model.get_weights()]
    held = [[dict(vars(x)), list(x._inbound_nodes)] for x in model._flatten_layers()]
    network = KerasNetwork(model)
    network.jacobian(rows_for(network))
    assert config is None or model.get_config() == config
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for layer, (attributes, nodes) in zip(model._flatten_layers(), held, strict=True):
        assert list(layer._inbound_nodes) == nodes
        assert layer._losses == []
        changed = {k for k, v in vars(layer).items() if attributes.get(k, MISSING) is not v}
        assert not changed
    assert model.compiled and model.loss == "mse"


class Counting(keras.Layer):
    """Counts its calls, and adds their number."""

    def build(self, shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.calls.assign(self.calls + 1)
        return x + self.calls


def test_state_and_losses_of_layers_stay_as_they_were():
    model = sequential((3,), layers.Dense(2, activity_regularizer="l2"), Counting())
    network = KerasNetwork(model)
    x = np.ones((2, 3), dtype="float32")
    first = network.outputs(x)
    np.testing.assert_array_equal(network.outputs(x), first)
    assert model.layers[-1].calls == 0
    assert model.layers[0]._losses == []


def test_batch_normalisation_and_dropout_run_as_in_inference():
    model = functional((2,), layers.BatchNormalization(), layers.Dropout(0.9))
    normal = model.layers[1]
    normal.moving_mean.assign([1.0, 2.0])
    normal.moving_variance.assign([4.0, 9.0])
    x = np.array([[3.0, 5.0], [1.0, 2.0]])
    expected = (x - [1, 2]) / np.sqrt(np.array([4.0, 9.0]) + normal.epsilon)
    np.testing.assert_allclose(as_network(model).outputs(x), expected, rtol=1e-6)


def test_a_callable_picks_the_output():
    model = two_by_two()
    network = KerasNetwork(model, output=lambda raw: raw[0][:, 1] * raw[1][:, 0])
    kind, size = model([np.ones((2, 3)), np.ones((2, 2, 2))])
    x = network.pack([np.ones((2, 3)), np.ones((2, 2, 2))])
    np.testing.assert_allclose(network.outputs(x)[:, 0], kind[:, 1] * size[:, 0], rtol=1e-5)
    np.testing.assert_allclose(network.jacobian(x), finite_differences(network, x), atol=2e-3)
    assert (network.output_kind, network.n_outputs, network.flat_target(0)) == ("callable", 1, 0)


def test_a_small_network_gets_large_calls_and_a_large_one_small_calls():
    small = as_network(functional((64,), layers.Dense(64, "relu"), layers.Dense(10)))
    assert small.rows_per_call > 20_000
    convolutions = [layers.Conv2D(32, 3, activation="relu") for _ in range(2)]
    big = functional((96, 96, 3), *convolutions, layers.GlobalAveragePooling2D())
    # One row's feature maps alone, 94² and 92² by 32 channels before and after each ReLU.
    least = 4 * 2 * 32 * (94**2 + 92**2)
    assert 1 <= as_network(big).rows_per_call <= 2**28 / least
    assert KerasNetwork(big, memory_bytes=2**30).rows_per_call > as_network(big).rows_per_call
