import numpy as np
import pytest

from explainprune.network import KerasNetwork, as_network
from explainprune.network.backend import keras
from explainprune.network.functions.signature import signature_of

layers = keras.layers


class One(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = layers.Dense(2)

    def call(self, x):
        return self.out(x)


class Difference(keras.Model):
    """Reads a dict or a list of two inputs; outputs a dict."""

    def __init__(self, keys):
        super().__init__()
        self.keys, self.out = keys, layers.Dense(1, use_bias=False)

    def call(self, x):
        a, b = (self.out(x[key]) for key in self.keys)
        return {"difference": a - b, "b": b}


class TwoArguments(One):
    def call(self, x, y):
        return self.out(x + y)


class Tokens(keras.Model):
    def __init__(self):
        super().__init__()
        self.table = layers.Embedding(5, 2)

    def call(self, x):
        return keras.ops.mean(self.table(x), axis=1)


def called(model, *x):
    model(*x)
    return model


def parts(model, like=None):
    return [(part.name, part.shape, part.dtype) for part in signature_of(model, like).parts]


def test_graphs_tell_names_shapes_and_dtypes():
    a, b = keras.Input((3,), name="a"), keras.Input((None, 2), dtype="int32", name="b")
    model = keras.Model([a, b], [layers.Dense(1, name="u")(a), layers.Flatten(name="v")(b)])
    assert parts(model) == [("a", (3,), "float32"), ("b", (None, 2), "int32")]
    signature = signature_of(model)
    assert signature.output_names == ("u", "v") and not signature.known
    like = {"a": np.zeros((1, 3)), "b": np.zeros((1, 7, 2))}
    assert parts(model, like)[1] == ("b", (7, 2), "int32")
    assert signature_of(model, like).n_inputs == 17


def test_outputs_of_one_layer_are_told_apart():
    x = keras.Input((4,))
    halves = keras.ops.split(x, 2, axis=1)
    names = signature_of(keras.Model(x, halves)).output_names
    assert len(set(names)) == 2 and [name[-2:] for name in names] == ["_0", "_1"]


def test_subclassed_models_tell_what_they_were_built_with():
    model = called(One(), np.zeros((5, 3)))
    assert parts(model) == [("input", (3,), "float32")]
    network = as_network(model)
    x = np.array([[1.0, 2.0, 3.0]])
    np.testing.assert_allclose(network.outputs(network.pack(x)), model(x), rtol=1e-6)
    np.testing.assert_allclose(network.jacobian(x)[0], model.out.kernel, rtol=1e-6)


@pytest.mark.parametrize(
    ("keys", "names"), [(("late", "early"), ["early", "late"]), ((0, 1), ["input_0", "input_1"])]
)
def test_subclassed_models_of_several_inputs(keys, names):
    a, b = np.array([[1.0, 2.0]]), np.array([[3.0, 5.0]])
    x = {"late": a, "early": b} if isinstance(keys[0], str) else [a, b]
    model = called(Difference(keys), x)
    network = as_network(model)
    assert [part.name for part in signature_of(model).parts] == names
    assert network.output_names == ("b", "difference")
    kernel = np.asarray(model.out.kernel)
    expected = [[(b @ kernel).item(), ((a - b) @ kernel).item()]]
    np.testing.assert_allclose(network.outputs(network.pack(x)), expected, rtol=1e-5)
    values = network.unpack(network.jacobian(network.pack(x)), like=x)
    late = values["late" if "late" in values else "input_0"]
    np.testing.assert_allclose(late[0], np.hstack([0 * kernel, kernel]), rtol=1e-6)


def test_integers_stay_integers_in_a_subclassed_model():
    tokens = np.array([[1, 4, 2]])
    model = called(Tokens(), tokens)
    network = KerasNetwork(model, like=tokens)
    np.testing.assert_allclose(network.outputs(network.pack(tokens)), model(tokens), rtol=1e-6)
    embedded = network.embedding()  # found though the model has no graph
    rows = embedded.embed(network.pack(tokens))
    np.testing.assert_allclose(embedded.outputs(rows), model(tokens), rtol=1e-6)
    with pytest.raises(ValueError, match=r"tokens have no gradient"):
        network.jacobian(network.pack(tokens))


def test_integers_that_are_only_scaled_are_numbers():
    pixels, tokens = keras.Input((2,), dtype="uint8"), keras.Input((2,), dtype="int32")
    scaled = layers.Rescaling(1 / 255)(pixels)
    embedded = layers.Flatten()(layers.Embedding(9, 1)(tokens))
    model = keras.Model([pixels, tokens], layers.Dense(1)(layers.Concatenate()([scaled, embedded])))
    assert [part.dtype for part in signature_of(model).parts] == ["float32", "int32"]
    both = keras.Model(pixels, layers.Dense(1)(scaled) + layers.Embedding(256, 1)(pixels)[:, 0])
    assert [part.dtype for part in signature_of(both).parts] == ["uint8"]


@pytest.mark.parametrize("make", [One, lambda: keras.Sequential([layers.Dense(2)])])
def test_a_model_that_was_never_built_is_refused(make):
    with pytest.raises(ValueError, match=r"was never built, so that it has no weights yet: call"):
        as_network(make())


def test_a_model_of_two_arguments_is_refused():
    model = called(TwoArguments(), np.zeros((1, 3)), np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"\(TwoArguments\) could not be called on .*'y'"):
        as_network(model)


def test_functional_models_with_a_call_of_their_own_are_called_as_they_are():
    class Doubled(keras.Model):
        def call(self, x, training=False):
            return 2 * super().call(x, training=training)

    x = keras.Input((2,))
    model = Doubled(x, layers.Dense(1)(x))
    rows = np.array([[1.0, 2.0]])
    single = keras.Model(model.inputs, model.outputs)
    single_outputs = as_network(single).outputs(rows)
    model(rows)
    np.testing.assert_allclose(as_network(model).outputs(rows), 2 * single_outputs, rtol=1e-6)
