import numpy as np
import pytest
from keras_cases import sequential

from explainprune.network import KerasNetwork, Network, as_network
from explainprune.network.backend import keras
from explainprune.network.functions.lookups import intercepted

layers = keras.layers


def rng():
    return np.random.default_rng(0)


def per_token(embedded, values):
    """Sum values by the feature that each number of a row belongs to."""
    total = np.zeros((len(values), embedded.owners.max() + 1, *values.shape[2:]))
    np.add.at(total, (slice(None), embedded.owners), values)
    return total


def bag(dtype="int32", **options):
    """Mean of the tokens' vectors, times (1, 10): a formula that is linear in the vectors."""
    model = sequential(
        (3,),
        layers.Embedding(5, 2, **options),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, use_bias=False),
        dtype=dtype,
        name="tokens",
    )
    table = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 3]], dtype="float32")
    model.set_weights([table, np.array([[1.0], [10.0]])])
    return model, table


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "uint8"])
def test_a_token_has_one_value_whatever_its_dtype(dtype):
    model, table = bag(dtype)
    network = as_network(model)
    x = np.array([[4, 1, 2], [0, 0, 3]])
    flat = network.pack(x)
    np.testing.assert_array_equal(flat, x)
    embedded = network.embedding()
    assert isinstance(embedded, Network) and network.embedding() is embedded
    rows = embedded.embed(flat)
    np.testing.assert_array_equal(rows[:, :6], table[x].reshape(2, 6))
    np.testing.assert_array_equal(rows[:, 6:], x)
    np.testing.assert_allclose(embedded.outputs(rows), network.outputs(flat))
    slope = np.tile([1 / 3, 10 / 3], 3)
    gradients = embedded.gradients(rows, np.zeros(2, int))
    np.testing.assert_allclose(gradients, np.tile([*slope, 0, 0, 0], (2, 1)), rtol=1e-6)
    # Gradient times input is exact for a linear formula: a token's value is its vector's share.
    values = network.unpack(per_token(embedded, gradients * rows), like=x)
    np.testing.assert_allclose(values, (table @ [1, 10])[x] / 3, rtol=1e-6)
    every = per_token(embedded, embedded.jacobian(rows) * rows[..., None])
    np.testing.assert_allclose(network.unpack(every, like=x)[..., 0], values, rtol=1e-6)


def test_ids_beyond_float32_survive():
    model = sequential(
        (1,), layers.Hashing(7), layers.Embedding(7, 1), layers.Flatten(), dtype="int64"
    )
    network = as_network(model)
    x = np.array([[2**24], [2**24 + 1], [2**52 + 1]])
    flat = network.pack(x)
    np.testing.assert_array_equal(flat.astype(np.int64), x)
    np.testing.assert_array_equal(network.outputs(flat), model(x))
    embedded = network.embedding()
    np.testing.assert_array_equal(embedded.outputs(embedded.embed(flat)), model(x))


def test_models_without_embedded_inputs_have_none():
    x = keras.Input((3,))
    assert as_network(keras.Model(x, layers.Dense(1)(x))).embedding() is None
    # An Embedding of positions, which no input feeds.
    positions = layers.Embedding(3, 3)(keras.ops.arange(3)[None])
    assert as_network(keras.Model(x, x + positions[0, 0])).embedding() is None


def test_tokens_have_no_gradient_of_their_own():
    network = as_network(bag()[0])
    with pytest.raises(ValueError, match=r"tokens have no gradient\. Use .* embedding\(\)"):
        network.gradients(np.zeros((1, 3)), np.zeros(1, int))
    with pytest.raises(ValueError, match=r"tokens have no gradient"):
        network.jacobian(np.zeros((1, 3)))


def test_numbers_by_name_have_no_gradient():
    x = keras.Input((1,), dtype="int32", name="month")
    model = keras.Model(x, layers.Dense(1)(layers.CategoryEncoding(12, "one_hot")(x)))
    network = as_network(model)
    assert network.outputs(network.pack([[3]])).shape == (1, 1)
    with pytest.raises(ValueError, match=r"Input 'month' .* dtype int32 .* such as occlusion"):
        network.jacobian(np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (5, r"Row 1 holds the token 5, which Embedding 'words' .* from 0 to 4"),
        (-1, r"the token -1"),
        (1.5, r"the token 1\.5"),
    ],
)
def test_tokens_that_the_embedding_does_not_know_are_refused(token, message):
    network = as_network(bag("float32", name="words")[0])
    with pytest.raises(ValueError, match=message):
        network.pack(np.array([[0, 1, 2], [0, token, 2]]))


def test_columns_of_a_table_that_are_cut_out_of_one_input():
    """Two categories and two numbers in one float input, as tabular models have them."""
    x = keras.Input((4,), name="table")
    colour = layers.Flatten()(layers.Embedding(3, 2, name="colour")(x[:, 0:1]))
    size = layers.Reshape((2,))(layers.Embedding(3, 2, name="size")(x[:, 2]))
    numbers = keras.ops.take(x, [1, 3], axis=1)
    joined = layers.Concatenate()([colour, numbers, size])
    model = keras.Model(x, layers.Dense(2, use_bias=False, name="out")(joined))
    network = as_network(model)
    embedded = network.embedding()
    np.testing.assert_array_equal(embedded.owners, [0, 0, 2, 2, 0, 1, 2, 3])
    rows = np.array([[2, 0.5, 1, -1], [0, 1.5, 2, 3]])
    flat = network.pack(rows)
    cut = embedded.embed(flat)
    jacobian = embedded.jacobian(cut)
    values = per_token(embedded, jacobian * cut[..., None])
    colours, sizes, kernel = (np.asarray(w) for w in model.get_weights())
    expected = np.stack(
        [
            colours[rows[:, 0].astype(int)] @ kernel[:2],
            rows[:, [1]] * kernel[2],
            sizes[rows[:, 2].astype(int)] @ kernel[4:],
            rows[:, [3]] * kernel[3],
        ],
        axis=1,
    )
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_an_input_that_also_feeds_something_else_counts_both_ways():
    x = keras.Input((2,), name="x")
    vectors = layers.Flatten()(layers.Embedding(3, 2)(x))
    straight = layers.Dense(1, use_bias=False, name="straight")(x)
    model = keras.Model(x, layers.Dense(1, use_bias=False)(vectors) + straight)
    embedded = as_network(model).embedding()
    rows = embedded.embed(np.array([[1.0, 2.0]], dtype="float32"))
    table, direct, kernel = (np.asarray(w) for w in model.get_weights())
    if direct.shape != (2, 1):
        direct, kernel = kernel, direct
    values = per_token(embedded, embedded.jacobian(rows)[..., 0] * rows)
    by_vector = (table[[1, 2]] * kernel.reshape(2, 2)).sum(axis=1)
    np.testing.assert_allclose(values[0], by_vector + [1, 2] * direct[:, 0], rtol=1e-5)


def test_masks_are_those_of_the_tokens():
    """mask_zero: padding is left out of the mean, in the cut network too."""
    keras.utils.set_random_seed(0)
    model, table = bag(mask_zero=True)
    network = as_network(model)
    x = np.array([[4, 1, 0], [3, 0, 0]])
    flat = network.pack(x)
    expected = [[(table[4] + table[1]) @ [1, 10] / 2], [table[3] @ [1, 10]]]
    np.testing.assert_allclose(network.outputs(flat), expected)
    embedded = network.embedding()
    rows = embedded.embed(flat)
    np.testing.assert_allclose(embedded.outputs(rows), expected)
    moved = rows.copy()
    moved[1, 4] += 100  # the vector of padding: nobody looks at it
    np.testing.assert_allclose(embedded.outputs(moved), expected)


def test_recurrent_masks_and_gradients():
    keras.utils.set_random_seed(0)
    model = sequential(
        (3,),
        layers.Embedding(5, 2, mask_zero=True),
        layers.GRU(2),
        layers.Dense(2, activation="softmax"),
        dtype="int32",
    )
    network = as_network(model, "centred")
    flat = network.pack(np.array([[4, 1, 0], [3, 2, 1]]))
    embedded = network.embedding()
    rows = embedded.embed(flat)
    np.testing.assert_allclose(embedded.outputs(rows), network.outputs(flat), atol=1e-6)
    slow = np.zeros((2, embedded.n_inputs, 2))
    for column in range(6):
        step = np.zeros(embedded.n_inputs)
        step[column] = 1e-2
        slow[:, column] = (embedded.outputs(rows + step) - embedded.outputs(rows - step)) / 0.02
    assert np.abs(slow[0, :4]).min() > 0 and (slow[0, 4:] == 0).all()
    np.testing.assert_allclose(embedded.jacobian(rows), slow, atol=1e-4)


def test_one_nested_encoder_for_two_inputs():
    """The same Embedding, inside a nested model, called twice: four cuts would be two too many."""
    keras.utils.set_random_seed(0)
    inside = keras.Input((2,), dtype="int32")
    encoder = keras.Model(inside, layers.Flatten()(layers.Embedding(5, 2)(inside)))
    a, b = (keras.Input((2,), dtype="int32", name=name) for name in "ab")
    model = keras.Model([a, b], layers.Dense(1)(layers.Subtract()([encoder(a), encoder(b)])))
    network = as_network(model)
    x = {"a": np.array([[1, 2]]), "b": np.array([[3, 4]])}
    flat = network.pack(x)
    embedded = network.embedding()
    np.testing.assert_array_equal(embedded.owners, [0, 0, 1, 1, 2, 2, 3, 3, 0, 1, 2, 3])
    rows = embedded.embed(flat)
    np.testing.assert_allclose(embedded.outputs(rows), network.outputs(flat), rtol=1e-6)
    values = network.unpack(per_token(embedded, embedded.jacobian(rows)), like=x)
    assert values["a"].shape == (1, 2, 1)
    np.testing.assert_allclose(values["a"], -values["b"], rtol=1e-6)


def test_lengths_are_learned_from_the_first_rows():
    model = sequential((None,), layers.Embedding(9, 2), layers.GlobalMaxPooling1D())
    network = KerasNetwork(model)
    with pytest.raises(AttributeError, match=r"n_inputs is not known yet: .* input '.*' \(None,\)"):
        network.n_inputs  # noqa: B018
    x = np.array([[1, 2, 3, 4]])
    np.testing.assert_array_equal(network.pack(x), x)
    assert network.embedding().n_inputs == 4 * 2 + 4
    with pytest.raises(ValueError, match=r"expects shape \(n, 4\)\. Received: shape=\(1, 5\)"):
        network.pack(np.zeros((1, 5)))
    assert as_network(model) is not as_network(model)
    longer = np.zeros((2, 6))
    assert as_network(model, like=longer) is as_network(model, like=longer[:1])
    assert as_network(model, like=longer).n_inputs == 6


def test_a_table_that_is_also_written_with_is_read_once():
    class Tied(layers.Embedding):
        def call(self, inputs, reverse=False):
            table = self.embeddings
            return inputs @ keras.ops.transpose(table) if reverse else super().call(inputs)

        def compute_output_spec(self, inputs, reverse=False):
            return keras.KerasTensor((*inputs.shape[:2], 5 if reverse else 3), "float32")

    tied, tokens, seen = Tied(5, 3), keras.Input((4,), dtype="int32"), []
    model = keras.Model(tokens, tied(tied(tokens), reverse=True))

    def instead(number, layer, own, inputs):
        seen.append((number, layer))
        return own(inputs)

    with intercepted(model, instead):
        model(np.zeros((1, 4), "int32"))
    assert seen == [(0, tied)]
