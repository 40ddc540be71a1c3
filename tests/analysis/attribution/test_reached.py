"""No feature gets a silent zero because no gradient follows its way."""

import numpy as np
import pytest
from exact_reference import shapley_by_definition

import explainprune as xp
from explainprune.network.backend import keras, tf

L, ops = keras.layers, keras.ops
BY_GRADIENTS = ("expected_gradients", "integrated_gradients", "gradient", "gradient_input",
                "smoothgrad", "lrp", "guided_backprop", "shap_gradient")  # fmt: skip
WAYS = {
    "one_hot": lambda t: ops.one_hot(ops.cast(t[:, 0], "int32"), 6),
    "Discretization": L.Discretization([1.0, 3.0], output_mode="one_hot"),
    "CategoryEncoding": lambda t: L.CategoryEncoding(6, "one_hot")(ops.cast(t, "int32")),
    "IntegerLookup": lambda t: ops.cast(
        L.IntegerLookup(vocabulary=[3, 1, 2])(ops.cast(t, "int64")), "float32"
    ),
    "greater": lambda t: ops.cast(ops.greater(t, 2.0), "float32"),
    "take": lambda t: ops.take(
        ops.reshape(ops.arange(18.0) % 5, (6, 3)), ops.cast(t[:, 0], "int32"), axis=0
    ),
    "stop_gradient": L.Lambda(tf.stop_gradient, output_shape=(1,)),
}


def beside_numbers(way, both=False):
    """Three numbers, and one that only goes in by `way`."""
    keras.utils.set_random_seed(0)
    x = keras.Input((4,))
    joined = L.Concatenate()([x if both else x[:, :3], way(x[:, 3:])])
    return keras.Model(x, L.Dense(1)(L.Dense(8, "relu")(joined)))


@pytest.fixture
def x():
    rng = np.random.default_rng(0)
    return np.c_[rng.normal(size=(30, 3)), rng.integers(0, 6, 30)].astype("float32")


@pytest.mark.parametrize("method", [*BY_GRADIENTS, "deep_shap"])
@pytest.mark.parametrize("name", ["one_hot", "take"])
def test_a_feature_whose_only_way_is_cut_is_refused(name, method, x):
    message = (
        rf"^{method} finds no way back to feature 3: the output hangs on it only by .*, which "
        r"hands no gradient on\. Use method='permutation', which only evaluates the model: it was "
        r"tried on the first row, and works\.$"
    )
    with pytest.raises(ValueError, match=message):
        xp.attribute(beside_numbers(WAYS[name]), x[:3], background=x[10:], method=method)


@pytest.mark.parametrize("name", WAYS)
def test_what_is_recommended_gives_the_right_values(name, x):
    model = beside_numbers(WAYS[name])
    with pytest.raises(ValueError, match=r"no way back to feature 'hour': .*'permutation'"):
        xp.attribute(model, _table(x[:3]), background=_table(x[10:14]), method="expected_gradients")
    found = xp.attribute(model, x[:2], background=x[10], method="permutation", draws=50)
    exact = [
        shapley_by_definition(
            lambda rows: model.predict(rows.astype("float32"), verbose=0), row.astype(float),
            x[10].astype(float), np.arange(4),
        )
        for row in x[:2]
    ]  # fmt: skip
    np.testing.assert_allclose(found.values, np.reshape(exact, (2, 4)), atol=0.1)


def _table(rows):
    import pandas as pd

    return pd.DataFrame(rows, columns=["a", "b", "c", "hour"])


@pytest.mark.parametrize("method", ["expected_gradients", "integrated_gradients", "smoothgrad"])
@pytest.mark.parametrize("step", [ops.mod, ops.floor_divide], ids=["x − mod(x, ½)", "x // ½"])
def test_jumps_that_no_gradient_sees_are_said(step, method):
    given = keras.Input((2,))
    stairs = step(given[:, 1:], 0.5)
    stairs = given[:, 1:] - stairs if step is ops.mod else stairs + 0.5 * given[:, 1:]
    model = keras.Model(given, given[:, :1] + stairs)
    x = np.array([[0.2, 3.2], [0.4, 1.7]], "float32")
    found = xp.attribute(model, x, background=np.zeros((2, 2), "float32"), method=method)
    assert any("feature 1" in note and "Floor" in note for note in found.notes), found.notes


@pytest.mark.parametrize("method", ["gradient_input", "expected_gradients", "integrated_gradients"])
def test_rounding_that_passes_gradients_on_is_said(method, x):
    """As networks that are trained to be quantised round: their gradient is that of no rounding."""
    given = keras.Input((4,))
    coarse = L.Lambda(lambda t: tf.quantization.fake_quant_with_min_max_args(t, -2, 2, num_bits=2))
    model = keras.Model(given, L.Dense(1)(L.Dense(8, "tanh")(coarse(given))))
    notes = xp.attribute(model, x[:3], background=x[10:], method=method).notes
    assert any("not those by FakeQuantWithMinMaxArgs" in note for note in notes)


def test_a_step_that_deep_shap_follows_adds_up(x):
    for name in ("greater", "stop_gradient"):
        found = xp.attribute(
            beside_numbers(WAYS[name]), x[:3], background=x[10:], method="deep_shap"
        )
        np.testing.assert_allclose(found.values.sum(axis=1), found.output - found.base, atol=1e-5)
        assert (np.abs(found.values[:, 3]) > 0).any() and not found.notes


@pytest.mark.parametrize("method", ["expected_gradients", "gradient_input", "lrp"])
def test_a_feature_with_one_of_several_ways_cut_gets_a_note(method, x):
    model = beside_numbers(WAYS["one_hot"], both=True)
    found = xp.attribute(model, x[:4], background=x[10:], method=method)
    assert any(
        note.startswith("Gradients follow only some ways of feature 3, not those by ")
        for note in found.notes
    )


def test_ordinary_models_get_none(x):
    """Dead units, maxima, normalisation by its own mean, log sum exp: nothing is cut for real."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    h = L.LayerNormalization()(L.Dense(8, "gelu")(L.Dropout(0.3)(inputs)))
    h = L.Concatenate()([h, L.Dense(4, "relu", bias_initializer="ones")(inputs) - 3.0])
    h = L.MaxPooling1D(2)(L.Reshape((6, 2))(h))
    top = ops.logsumexp(L.Flatten()(h), axis=-1, keepdims=True)
    model = keras.Model(inputs, L.Dense(2)(L.Concatenate()([top, L.Flatten()(h)])))
    for method in ("integrated_gradients", "gradient_input", "lrp", "deep_shap"):
        notes = xp.attribute(model, x[:4], background=x[10:12], method=method).notes
        assert not [note for note in notes if "ways" in note or "moved nothing" in note]
        assert not notes or method == "integrated_gradients"  # which may err at kinks, and says so


def test_a_way_through_weights_of_zero_moves_nothing_and_is_no_reason_to_refuse(x):
    model = beside_numbers(WAYS["one_hot"])
    kernel, bias = model.layers[-2].get_weights()
    kernel[3:] = 0
    model.layers[-2].set_weights([kernel, bias])
    found = xp.attribute(model, x[:3], background=x[10:], method="gradient_input")
    assert (found.values[:, 3] == 0).all()
    assert "it moved nothing on these rows" in " ".join(found.notes)


def test_one_output_of_several_may_be_whole(x):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    both = L.Concatenate()([L.Dense(1)(inputs[:, :3]), ops.round(inputs[:, 3:] / 2)])
    model = keras.Model(inputs, both)
    found = xp.attribute(
        model, x[:3], background=x[10:], method="integrated_gradients", target=0, output="logit"
    )
    np.testing.assert_allclose(found.values.sum(axis=1), found.output - found.base, atol=1e-5)
    with pytest.raises(ValueError, match="no way back to feature 3"):
        xp.attribute(model, x[:3], background=x[10:], method="integrated_gradients", target=1)


class TokenAndPlace(L.Layer):
    def __init__(self):
        super().__init__()
        self.token, self.place = (
            L.Embedding(9, 3, embeddings_initializer="normal"),
            L.Embedding(4, 3),
        )

    def call(self, x):
        return self.token(x) + self.place(ops.arange(0, 4))


class Bag(keras.Model):
    def __init__(self):
        super().__init__()
        self.tokens = L.Embedding(9, 3, embeddings_initializer="normal")
        self.last = L.Dense(1)

    def call(self, x):
        return self.last(ops.mean(self.tokens(x), axis=1))


def in_a_layer():
    tokens = keras.Input((4,))
    return keras.Model(tokens, L.Dense(1)(L.GlobalAveragePooling1D()(TokenAndPlace()(tokens))))


def in_a_subclass():
    model = Bag()
    model(np.zeros((1, 4), int))
    return model


def over_time():
    tokens = keras.Input((4,))
    words = L.Reshape((2, 2))(tokens)
    vectors = L.TimeDistributed(L.Embedding(9, 3, embeddings_initializer="normal"))(words)
    return keras.Model(tokens, L.Dense(1)(L.Flatten()(vectors)))


def after_a_constant():
    """A first token that the model itself puts there, as classifiers of sentences do."""
    tokens = keras.Input((4,))
    first = ops.zeros_like(tokens[:, :1]) + 1
    vectors = L.Embedding(9, 3, embeddings_initializer="normal")(
        ops.concatenate([first, tokens], 1)
    )
    return keras.Model(tokens, L.Dense(1)(L.GlobalAveragePooling1D()(vectors)))


@pytest.mark.parametrize("make", [in_a_layer, in_a_subclass, over_time, after_a_constant])
def test_embeddings_are_cut_wherever_they_are_called(make):
    """Linear in the vectors: a token's value is the change of its own vector's part, exactly."""
    keras.utils.set_random_seed(0)
    model = make()
    x = np.random.default_rng(0).integers(1, 9, (6, 4))
    for method in ("expected_gradients", "integrated_gradients", "deep_shap"):
        found = xp.attribute(model, x[:3], background=x[5], method=method)
        for row, values in zip(x[:3], found.values, strict=True):
            alone = np.tile(x[5], (4, 1))
            alone[np.arange(4), np.arange(4)] = row
            worth = model.predict(np.r_[alone, x[5:]], verbose=0)[:, 0]
            np.testing.assert_allclose(values, worth[:4] - worth[4], atol=1e-6)


def masked_sum(weight):
    keras.utils.set_random_seed(0)
    ids, mask = (keras.Input((3,), dtype="int32", name=name) for name in ("ids", "mask"))
    h = L.Embedding(9, 4, embeddings_initializer="normal")(ids) * weight(mask)[..., None]
    return keras.Model([ids, mask], L.Dense(1, use_bias=False)(ops.sum(h, axis=1)))


def masked_rows():
    rng = np.random.default_rng(0)
    x = {"ids": rng.integers(1, 9, (3, 3)), "mask": np.ones((3, 3), int)}
    return x, {"ids": np.zeros((1, 3), int), "mask": np.zeros((1, 3), int)}


def test_an_attention_mask_is_read_as_numbers():
    """A product of two on a straight line: each gets half of what both do, in closed form."""
    model, (x, base) = masked_sum(lambda mask: ops.cast(mask, "float32")), masked_rows()
    table, kernel = (np.asarray(w) for w in model.get_weights())
    found = xp.attribute(model, x, background=base, method="integrated_gradients")
    mine, zero = (table[x["ids"]] @ kernel)[..., 0], (table[0] @ kernel)[0]
    np.testing.assert_allclose(found.values["ids"], (mine - zero) / 2, atol=1e-6)
    np.testing.assert_allclose(found.values["mask"], (mine + zero) / 2, atol=1e-6)
    sampled = xp.attribute(model, x, background=base, method="expected_gradients")
    np.testing.assert_allclose(sampled.values["mask"], (mine + zero) / 2, atol=3e-3)


@pytest.mark.parametrize("weight", [
    lambda mask: ops.cast(ops.cast(mask, "bool"), "float32"),
    lambda mask: ops.one_hot(mask, 2)[..., 1],
    lambda mask: ops.cast(ops.not_equal(mask, 0), "float32"),
])  # fmt: skip
def test_a_mask_that_is_looked_up_or_compared_is_refused(weight):
    model, (x, base) = masked_sum(weight), masked_rows()
    with pytest.raises(ValueError, match=r"no way back to features 'mask'\[0\], 'mask'\[1\], 'ma"):
        xp.attribute(model, x, background=base, method="integrated_gradients")


@pytest.mark.parametrize("far", [-1e9, -3e38, -np.inf])
def test_deep_shap_follows_masks_of_attention_however_far_they_push(far):
    keras.utils.set_random_seed(0)
    scores, mask = keras.Input((3,), name="scores"), keras.Input((3,), name="mask")
    masked = ops.where(mask > 0.5, scores, far)
    weights = L.Dense(1, use_bias=False, kernel_initializer="normal")
    model = keras.Model([scores, mask], weights(2.0 * ops.softmax(masked)))
    rng = np.random.default_rng(0)
    x = {"scores": rng.normal(size=(2, 3)), "mask": np.array([[1, 1, 1], [1, 1, 1]])}
    base = {"scores": rng.normal(size=(1, 3)), "mask": np.array([[1, 0, 1]])}
    found = xp.attribute(model, x, background=base, method="deep_shap")
    total = sum(part.sum(axis=1) for part in found.values.values())
    np.testing.assert_allclose(total, found.output - found.base, rtol=1e-4)
    assert (np.abs(found.values["mask"][:, 1]) > 0).all()
    assert (found.values["mask"][:, [0, 2]] == 0).all()


def test_gradcam_names_a_cut_behind_its_maps():
    keras.utils.set_random_seed(0)
    x = keras.Input((4, 4, 1))
    maps = L.Conv2D(2, 3, name="maps")(x)
    model = keras.Model(x, L.Dense(1)(L.Flatten()(ops.round(5 * maps))))
    rows = np.random.default_rng(0).normal(size=(4, 4, 4, 1))
    with pytest.raises(ValueError, match=r"gradcam weights the maps of layer 'maps' .* by Round"):
        xp.attribute(model, rows[:2], background=rows[2:], method="gradcam")


@pytest.mark.parametrize("pool", ["GlobalAveragePooling1D", "Flatten"])
def test_deep_shap_follows_rows_of_attention_that_a_mask_hides_whole(pool):
    """Each padded step is pushed away by −3e38 in all that it attends to, itself included."""
    keras.utils.set_random_seed(1)
    tokens = keras.Input((5,), dtype="int32")
    vectors = L.Embedding(12, 4, mask_zero=True, embeddings_initializer="normal")(tokens)
    mixed = getattr(L, pool)()(L.MultiHeadAttention(2, 3)(10.0 * vectors, 10.0 * vectors))
    model = keras.Model(tokens, L.Dense(1)(mixed))
    x = np.array([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [3, 0, 0, 0, 0], [2, 9, 4, 0, 0]])
    found = xp.attribute(model, x[:2], background=x[2:], method="deep_shap")
    assert found.relative_gap < 1e-5
    exact = xp.attribute(model, x[:2], background=x[2:], method="exact").values
    assert np.abs(found.values - exact).max() < 0.4 * np.abs(exact).max()
