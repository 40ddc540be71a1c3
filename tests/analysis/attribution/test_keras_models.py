"""`attribute` on Keras models of every shape that the design names."""

import numpy as np
import pytest
from keras_cases import randomised, sequential

from explainprune.analysis.attribution import attribute
from explainprune.network.backend import keras, tf

L = keras.layers
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def image_model():
    return randomised(
        sequential(
            (6, 6, 2),
            L.Conv2D(3, 3, activation="relu"),
            L.MaxPooling2D(),
            L.Flatten(),
            L.Dense(4, "softmax"),
        )
    )


@pytest.fixture(scope="module")
def two_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2, 2), name="b")
    joined = L.Concatenate()([L.Dense(4, "tanh")(a), L.Flatten()(b)])
    return randomised(keras.Model([a, b], L.Dense(2)(joined)))


@pytest.fixture(scope="module")
def tokens():
    """Token ids through an Embedding, a mean and a Dense layer: linear in the vectors."""
    ids = keras.Input((4,), dtype="int32", name="ids")
    vectors = L.Embedding(6, 3)(ids)
    return randomised(keras.Model(ids, L.Dense(2)(L.GlobalAveragePooling1D()(vectors))))


def outputs_of(model, x):
    return np.asarray(model(x, training=False))


def test_images_come_back_as_images(image_model):
    x, background = RNG.random((3, 6, 6, 2)), RNG.random((5, 6, 6, 2))
    found = attribute(image_model, x, background=background, method="deep_shap")
    flat = attribute(
        image_model, x.reshape(3, 72), background=background.reshape(5, 72), method="deep_shap"
    )
    assert found.values.shape == (3, 6, 6, 2)
    assert flat.values.shape == (3, 72)
    np.testing.assert_allclose(found.values.reshape(3, 72), flat.values, atol=1e-7)
    assert found.relative_gap < 1e-5


def test_the_three_outputs(image_model):
    x, background = RNG.random((3, 6, 6, 2)), RNG.random((5, 6, 6, 2))
    probability = outputs_of(image_model, x)

    def explained(output):
        return attribute(
            image_model,
            x,
            background=background,
            method="integrated_gradients",
            target="all",
            output=output,
            steps=32,  # the same nodes for all three: what is linear is so to rounding
        )

    logit, centred, chance = (explained(kind) for kind in ("logit", "centred", "probability"))
    np.testing.assert_allclose(chance.output, probability, atol=1e-6)
    np.testing.assert_allclose(
        np.exp(logit.output) / np.exp(logit.output).sum(axis=1, keepdims=True),
        probability,
        atol=1e-6,
    )
    np.testing.assert_allclose(
        centred.values, logit.values - logit.values.mean(axis=-1, keepdims=True), atol=2e-5
    )
    assert [each.output_kind for each in (logit, centred, chance)] == [
        "logit", "centred", "probability",
    ]  # fmt: skip
    np.testing.assert_allclose(chance.values.sum(axis=-1), 0, atol=1e-5)  # probabilities sum to 1


def test_several_inputs_are_dicts_by_name(two_inputs):
    x = {"a": RNG.random((4, 3)), "b": RNG.random((4, 2, 2))}
    background = {"a": np.zeros(3), "b": np.zeros((2, 2))}
    found = attribute(two_inputs, x, background=background, method="integrated_gradients")
    assert {name: part.shape for name, part in found.values.items()} == {
        "a": (4, 3), "b": (4, 2, 2),
    }  # fmt: skip
    assert found.relative_gap < 1e-5
    kernel = two_inputs.layers[-1].kernel.numpy()[4:, found.targets].T.reshape(4, 2, 2)
    np.testing.assert_allclose(found.values["b"], kernel * x["b"], atol=1e-5)
    frame = found.to_frame()
    assert frame.groupby("input").size().to_dict() == {"a": 12, "b": 16}


def test_several_inputs_may_be_a_list(two_inputs):
    x = [RNG.random((4, 3)), RNG.random((4, 2, 2))]
    background = [np.zeros((1, 3)), np.zeros((1, 2, 2))]
    found = attribute(two_inputs, x, background=background, method="gradient", target="all")
    assert found.values["b"].shape == (4, 2, 2, 2)
    np.testing.assert_allclose(found.x["a"], x[0], rtol=1e-6)


def test_several_inputs_that_do_not_fit(two_inputs):
    good = {"a": np.zeros((4, 3)), "b": np.zeros((4, 2, 2))}
    bad = [
        ({"a": np.zeros((4, 3))}, "Missing input: b"),
        ({**good, "c": np.zeros((4, 1))}, "no input 'c'"),
        ({**good, "b": np.zeros((3, 2, 2))}, "need the same number of rows.*b: shape=.3, 2, 2"),
        (np.zeros((4, 7)), "has 2 inputs"),
    ]
    for x, message in bad:
        with pytest.raises(ValueError, match=message):
            attribute(two_inputs, x, background=good, method="gradient")
        with pytest.raises(ValueError, match=f"background.*{message}"):
            attribute(two_inputs, good, background=x, method="gradient")


GRADIENTS = ["expected_gradients", "integrated_gradients", "deep_shap"]
COALITIONS = ["permutation", "kernel", "occlusion", "exact"]


@pytest.mark.parametrize("method", GRADIENTS + COALITIONS)
def test_tokens_get_one_value_each(method, tokens):
    """The network is linear in the vectors, so every method must give the closed form."""
    x, background = np.array([[1, 2, 3, 3], [5, 0, 1, 2]]), np.array([[0, 0, 0, 0], [4, 4, 0, 1]])
    vectors, kernel = tokens.layers[1].embeddings.numpy(), tokens.layers[-1].kernel.numpy()
    change = vectors[x] - vectors[background].mean(axis=0)
    expected = np.einsum("ntv,vk->ntk", change, kernel) / 4
    found = attribute(tokens, x, background=background, method=method, target="all")
    assert found.values.shape == (2, 4, 2)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)


def test_tokens_may_be_joined_into_players(tokens):
    x, background = np.array([[1, 2, 3, 3]]), np.zeros((1, 4), int)
    single = attribute(tokens, x, background=background, method="expected_gradients", target=0)
    joined = attribute(
        tokens,
        x,
        background=background,
        method="expected_gradients",
        target=0,
        players=[0, 1, 1, 0],
    )
    v = single.values[0]
    np.testing.assert_allclose(joined.values, [[v[0] + v[3], v[1] + v[2]]], atol=1e-6)


def test_a_token_out_of_the_vocabulary_is_refused(tokens):
    with pytest.raises(ValueError, match="x does not fit the model"):
        attribute(tokens, np.array([[1, 2, 3, 6]]), background=np.zeros((1, 4), int))


def test_a_callable_target_reads_the_raw_outputs(image_model):
    x, background = RNG.random((3, 6, 6, 2)), RNG.random((2, 6, 6, 2))

    def odds(raw):
        return tf.math.log(raw[:, 0]) - tf.math.log(raw[:, 1])

    found = attribute(
        image_model, x, background=background, method="integrated_gradients", target=odds
    )
    logits = attribute(
        image_model, x, background=background, method="integrated_gradients", target="all"
    ).values
    np.testing.assert_allclose(found.values, logits[..., 0] - logits[..., 1], atol=5e-4)
    assert found.targets is None
    assert found.values.shape == x.shape


def test_outputs_of_higher_rank_take_a_tuple():
    sequence = randomised(sequential((3, 2), L.Dense(4)))
    x, background = RNG.random((2, 3, 2)), np.zeros((3, 2))
    found = attribute(sequence, x, background=background, method="gradient", target=(2, 1))
    expected = np.zeros((2, 3, 2))
    expected[:, 2] = sequence.layers[0].kernel.numpy()[:, 1]
    np.testing.assert_allclose(found.values, expected, atol=1e-6)
    np.testing.assert_array_equal(found.targets, [9, 9])
    with pytest.raises(ValueError, match="needs a model with one vector of outputs"):
        attribute(sequence, x, background=background, method="gradient")
    with pytest.raises(ValueError, match=r"Target \(3, 0\) is out of range"):
        attribute(sequence, x, background=background, method="gradient", target=(3, 0))


def test_one_of_several_outputs_is_named():
    inputs = keras.Input((3,))
    model = randomised(
        keras.Model(inputs, [L.Dense(2, name="kind")(inputs), L.Dense(1, name="size")(inputs)])
    )
    x, background = RNG.random((2, 3)), np.zeros(3)
    for target, kernel in [
        (("kind", 1), model.get_layer("kind").kernel.numpy()[:, 1]),
        ("size", model.get_layer("size").kernel.numpy()[:, 0]),
        (2, model.get_layer("size").kernel.numpy()[:, 0]),
    ]:
        found = attribute(model, x, background=background, method="gradient", target=target)
        np.testing.assert_allclose(found.values, [kernel, kernel], atol=1e-6)
    with pytest.raises(ValueError, match=r"such as \('kind', 0\), or 'all'"):
        attribute(model, x, background=background, method="gradient")
    with pytest.raises(ValueError, match=r"Unknown target 'sise'. Did you mean 'size'?"):
        attribute(model, x, background=background, method="gradient", target="sise")


def test_a_subclassed_model_is_explained():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = L.Dense(2)

        def call(self, x):
            return self.dense(x) ** 2

    model = Own()
    x, background = RNG.random((2, 3)), np.zeros((1, 3))
    model(x)  # builds it
    found = attribute(model, x, background=background, method="integrated_gradients")
    assert found.relative_gap < 1e-5
    kernel = model.dense.kernel.numpy()
    slope = 2 * (x @ kernel)[np.arange(2), found.targets]
    once = attribute(model, x, background=background, method="gradient").values
    np.testing.assert_allclose(once, slope[:, None] * kernel[:, found.targets].T, atol=1e-5)


def test_dropout_is_off_and_the_compile_state_stays():
    model = sequential((3,), L.Dropout(0.9), L.Dense(2))
    model.compile("adam", "mse")
    optimizer = model.optimizer
    x, background = RNG.random((2, 3)), np.zeros((1, 3))
    found = attribute(model, x, background=background, method="gradient", target=0)
    np.testing.assert_allclose(found.values[0], model.layers[-1].kernel.numpy()[:, 0], atol=1e-6)
    assert model.optimizer is optimizer
    assert model.compiled


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 6, 6, 3)), r"expects shape \(n, 6, 6, 2\) or \(n, 72\). Received: shape="),
        (np.zeros((2, 71)), r"Received: shape=\(2, 71\)"),
        (np.zeros((6, 6, 2)), r"Received: shape=\(6, 6, 2\)"),
    ],
)
def test_rows_that_do_not_fit_the_model(x, message, image_model):
    with pytest.raises(ValueError, match=f"x does not fit the model. .*{message}"):
        attribute(image_model, x, background=np.zeros((1, 6, 6, 2)), method="gradient")
    if x.shape != (6, 6, 2):  # which is one row: a baseline
        with pytest.raises(ValueError, match=f"background does not fit the model. .*{message}"):
            attribute(image_model, np.zeros((1, 6, 6, 2)), background=x, method="gradient")


def test_paired_draws_of_a_model_and_its_copy(image_model):
    copy = keras.models.clone_model(image_model)
    copy.set_weights(image_model.get_weights())
    x, background = RNG.random((2, 6, 6, 2)), RNG.random((5, 6, 6, 2))
    for method in ("expected_gradients", "permutation", "leverage", "smoothgrad"):
        a, b = (
            attribute(model, x, background=background, method=method, seed=4, draws=2)
            for model in (image_model, copy)
        )
        np.testing.assert_array_equal(a.values, b.values)
