"""The verb: certificate, kept indices, calibration, saving, and what is refused."""

import numpy as np
import pytest
from keras_cases import randomised, sequential

from explainprune.network import apply_masks, model_sha256
from explainprune.network.backend import keras
from explainprune.network.shrinking import constants, smaller
from explainprune.pruning import shrink
from explainprune.types import Data, Masks, Rows, rows_sha256

L = keras.layers


@pytest.fixture
def model():
    """A small dense net with random weights, compiled."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((5,), name="x"),
            L.Dense(6, "relu", name="a"),
            L.Dense(4, "relu", name="b"),
            L.Dense(3, "softmax", name="head"),
        ],
        name="net",
    )
    randomised(model, scale=1)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(120, 5)).astype("float32")


def test_what_should_be_the_same_and_is_not_is_refused(monkeypatch):
    keras.utils.set_random_seed(0)
    mixing = sequential((5,), L.Dense(4), L.Dense(3, "softmax", name="mixes"), L.Dense(2))
    kernels = [mixing.layers[i].kernel for i in (1, 2)]
    kernels[0].assign([[0, 1, 0], [1, 0, 1], [2, 1, 0], [0, 1, 2]])  # unit 1 feeds 0 and 2 alone
    kernels[1].assign([[0, 0], [1, 2], [0, 0]])
    x = np.random.default_rng(1).normal(size=(9, 5)).astype("float32")
    shrunk = shrink(mixing, data=x)
    np.testing.assert_allclose(shrunk.model(x), mixing(x), rtol=1e-5)
    monkeypatch.setattr(constants, "mixes_units", lambda operation: False)
    with pytest.raises(ValueError, match=r"The shrunk model outputs something else than the mod"):
        shrink(mixing, data=x)


def without(model, layer, units, axis=-1):
    kernel = model.get_layer(layer).kernel.numpy()
    np.moveaxis(kernel, axis, 0)[units] = 0
    model.get_layer(layer).kernel.assign(kernel)


def test_exact_certificate(model, x):
    without(model, "b", [1, 4], axis=0)  # nothing reads units 1 and 4 of a
    shrunk = shrink(model, data=x, basis="all inputs")
    c = shrunk.certificate
    assert (c.kind, c.basis, c.rows, c.flips) == ("exact", "all inputs", 120, 0)
    assert c.max_difference <= 1e-5
    assert c.removed == {"a": 2} and c.left_whole == {}
    assert (c.before.params, c.after.params) == (36 + 28 + 15, 24 + 20 + 15)
    assert {p: list(k) for p, k in shrunk.kept.items()} == {
        "a": [0, 2, 3, 5],
        "b": [0, 1, 2, 3],
        "head": [0, 1, 2],
    }
    assert "parameters 79 → 59" in repr(shrunk)


def test_folded_certificate_and_the_difference_it_states(model, x):
    without(model, "a", [0])
    model.get_layer("a").bias.assign([2.0, 0, 0, 0, 0, 0])
    shrunk = shrink(model, data=(x, np.zeros(120, int)), basis="all inputs")
    c = shrunk.certificate
    assert c.kind == "folded" and c.removed == {"a": 1}
    logits = [
        keras.Model(m.inputs[0], m.get_layer("b").output)(x).numpy() @ m.get_layer("head").kernel
        for m in (model, shrunk.model)
    ]
    worst = np.abs(logits[0] - logits[1]).max()
    assert c.max_difference == pytest.approx(worst, abs=2e-6)
    assert c.relative_difference == pytest.approx(
        c.max_difference / np.abs(logits[0] + model.get_layer("head").bias.numpy()).max(), rel=1e-4
    )


def test_units_constant_on_calibration_data_go_and_the_certificate_says_so(model, x):
    bias = model.get_layer("a").bias.numpy()
    bias[2] = -100  # never fires on these rows, though it could
    model.get_layer("a").bias.assign(bias)
    shrunk = shrink(model, data=x)
    c = shrunk.certificate
    assert (c.kind, c.basis) == ("approximate", "calibration data")
    assert 2 not in shrunk.kept["a"] and c.flips == 0
    far = 1000 * x
    assert np.abs(model(far).numpy() - shrunk.model(far).numpy()).max() > 1e-3
    assert shrink(model, data=x, basis="all inputs").certificate.removed == {}
    assert shrink(model, data=x[:99]).certificate.removed == {}, "too few rows to tell"


def test_what_feeds_a_unit_that_stays_stays(x):
    keras.utils.set_random_seed(0)
    model = sequential((5,), L.Dense(3, "relu", name="a"), L.Dense(2, "relu", name="b"), L.Dense(1))
    model.get_layer("b").bias.assign([-100.0, -100.0])  # both dead on these rows; one must stay
    shrunk = shrink(model, data=x)
    assert len(shrunk.kept["b"]) == 1
    np.testing.assert_allclose(shrunk.model(x), model(x), atol=1e-6)


def test_units_seen_constant_before_padding_share_a_stand_in_that_stays_fed():
    keras.utils.set_random_seed(0)
    model = sequential(
        (6, 6, 2),
        L.Conv2D(4, 3, activation="relu", name="fed"),
        L.Conv2D(6, 3, activation="hard_sigmoid", name="a"),
        L.Conv2D(3, 3, padding="same", name="b"),
        L.Flatten(),
        L.Dense(2),
    )
    model.get_layer("a").bias.assign([50.0, 50.0, 50.0, 0.0, 0.0, 50.0])  # saturated at 1
    images = np.random.default_rng(0).normal(size=(100, 6, 6, 2)).astype("float32")
    shrunk = shrink(model, data=images)
    assert shrunk.certificate.removed == {"a": 3}
    np.testing.assert_allclose(shrunk.model(images), model(images), atol=1e-5)


def test_data_is_calibrated_on_train_and_compared_on_scored_rows(model, x):
    data = Data(Rows(x[:7]), train=Rows(x))
    assert shrink(model, data=data).certificate.rows == 7
    with_dead = model.get_layer("a").bias.numpy()
    with_dead[2] = -100
    model.get_layer("a").bias.assign(with_dead)
    assert shrink(model, data=data).certificate.basis == "calibration data"


def test_masks_count_as_zero_and_leave_the_model_alone(model, x):
    mask = np.ones((5, 6), dtype=bool)
    mask[:, 3] = False
    shrunk = shrink(model, masks=Masks({"a/kernel": mask}), data=x)
    assert list(shrunk.kept["a"]) == [0, 1, 2, 4, 5]
    assert (model.get_layer("a").kernel.numpy() != 0).all()
    assert shrunk.certificate.before.params == 79


def test_masks_need_no_copy_of_the_model_unless_rows_are_run(model, x, monkeypatch):
    mask = np.ones((5, 6), dtype=bool)
    mask[:, 3] = False
    masks = Masks({"a/kernel": mask})
    with_rows = shrink(model, masks=masks, data=x)

    def no_copy(*given):
        raise AssertionError("copied")

    monkeypatch.setattr(smaller, "apply_masks", no_copy)
    shrunk = shrink(model, masks=masks)
    assert shrunk.certificate.before == with_rows.certificate.before
    np.testing.assert_array_equal(shrunk.model(x), with_rows.model(x))
    with pytest.raises(AssertionError, match="copied"):
        shrink(model, masks=masks, data=x)
    without(model, "a", [3], axis=1)
    assert shrink(model, masks=masks, data=x).certificate.max_difference < 1e-5


def test_kept_composes_across_rounds(model, x):
    without(model, "b", [1, 4], axis=0)
    first = shrink(model)
    without(first.model, "b", [0, 3], axis=0)  # originally 0 and 5
    second = shrink(first)
    assert list(second.kept["a"]) == [2, 3]
    assert second.certificate.before.params == first.certificate.after.params


def test_compile_state_is_kept(model, x):
    without(model, "b", [1], axis=0)
    y = np.arange(120) % 3
    smaller = shrink(model).model
    assert smaller.compiled and type(smaller.optimizer) is type(model.optimizer)
    before, after = (m.evaluate(x, y, verbose=0) for m in (model, smaller))
    assert before == pytest.approx(after, rel=1e-4)
    smaller.fit(x, y, epochs=1, verbose=0)
    plain = sequential((5,), L.Dense(3))
    assert not shrink(plain).model.compiled


def test_result_is_plain_keras_and_survives_a_round_trip(model, x, tmp_path):
    without(model, "a", [0, 1])
    shrunk = shrink(model).model
    assert [layer.name for layer in shrunk.layers] == ["a", "b", "head"] and shrunk.name == "net"
    shrunk.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded(x).numpy(), shrunk(x).numpy())


def test_trainable_flags_are_kept(model):
    model.get_layer("a").trainable = False
    smaller = shrink(model).model
    assert [layer.trainable for layer in smaller.layers] == [False, True, True]


def test_measures(x):
    model = sequential((5,), L.Dense(200, "relu", name="a"), L.Dense(1))
    without(model, "a", slice(0, 150))
    c = shrink(model, data=x, measure=("latency", "tflite")).certificate
    assert c.before.tflite_bytes - c.after.tflite_bytes > 150 * 6 * 4 * 0.9
    assert c.before.latency_ms > 0 and c.after.latency_ms > 0
    assert shrink(model).certificate.after.latency_ms is None


def test_regression_has_no_flips(x):
    model = sequential((5,), L.Dense(3, "relu"), L.Dense(1))
    assert shrink(model, data=x).certificate.flips is None
    y = x[:, 0]
    two = sequential((5,), L.Dense(3, "relu"), L.Dense(2))
    data = Data(Rows(x, np.stack([y, y], 1)), task="regression")
    assert shrink(two, data=data).certificate.flips is None


def test_one_logit_flips_by_sign(x):
    model = sequential((5,), L.Dense(3, "relu"), L.Dense(1, "sigmoid"))
    assert shrink(model, data=x).certificate.flips == 0


@pytest.mark.parametrize(
    "masks, error, text",
    [
        ({"a/kernel": np.ones((5, 5), bool)}, ValueError, r"'a/kernel' needs shape \(5, 6\)"),
        ({"a/kernle": np.ones((5, 6), bool)}, ValueError, "Did you mean 'a/kernel'"),
        ({"a/kernel": np.ones((5, 6))}, TypeError, "boolean, True = keep.*float64"),
    ],
)
def test_masks_that_do_not_fit(model, masks, error, text):
    with pytest.raises(error, match=text):
        shrink(model, masks=masks)


def test_weights_that_are_nan_are_refused(model):
    bias = model.get_layer("b").bias.numpy()
    bias[1] = np.nan
    model.get_layer("b").bias.assign(bias)
    with pytest.raises(ValueError, match="'b/bias' of model 'net' has 1 values that are NaN"):
        shrink(model)


def test_options_that_are_unknown(model, x):
    with pytest.raises(ValueError, match=r"Unknown measure 'latancy'\. Did you mean 'latency'"):
        shrink(model, measure="latancy")
    with pytest.raises(ValueError, match=r"Unknown basis 'all input'\. Did you mean 'all inputs'"):
        shrink(model, basis="all input")
    with pytest.raises(ValueError, match="expects shape"):
        shrink(model, data=x[:, :4])


def test_the_certificate_names_rows_models_and_turned_answers(model, x):
    without(model, "b", [1, 4], axis=0)
    y = model.predict(x, verbose=0).argmax(axis=1)
    shrunk = shrink(model, data=(x, y))
    c = shrunk.certificate
    assert (c.flips, c.negative_flips, c.positive_flips) == (0, 0, 0)
    assert c.rows_sha256 == rows_sha256(Rows(x, y))
    assert (c.before_sha256, c.after_sha256) == (model_sha256(model), model_sha256(shrunk.model))
    assert shrink(model, data=x).certificate.negative_flips is None
    assert shrink(model, data=(x, y)).certificate.to_json() == c.to_json()


def test_nothing_but_rounding_is_left_of_the_bound_where_nothing_read_what_went(model, x):
    without(model, "b", [1, 4], axis=0)
    bound = shrink(model, data=x).certificate.bound
    assert bound.largest < 1e-9 * max(bound.alone) and bound.box == "the range of 120 rows"
    model.get_layer("a").bias.assign(np.full(6, 0.7))
    without(model, "a", [2])  # constant: folded into biases, which float32 rounds
    folded = shrink(model, data=x).certificate
    assert folded.kind == "folded" and folded.bound.largest < 1e-5 * max(folded.bound.alone)


def test_the_bound_of_a_masked_model_is_that_of_the_masked_weights(model, x):
    masks = {"a/kernel": np.ones((5, 6), bool)}
    masks["a/kernel"][:, [1, 4]] = False
    found = shrink(model, masks=masks, data=x).certificate
    assert found.bound.largest < 1e-5 * max(found.bound.alone)
    assert found.before_sha256 == model_sha256(apply_masks(model, masks)) != model_sha256(model)


def test_a_certificate_without_a_bound_says_why(model, x):
    assert "no rows were given" in shrink(model).certificate.no_bound
    odd = sequential((5,), L.Dense(4, "gelu", name="odd"), L.Dense(2))
    c = shrink(odd, data=x).certificate
    assert c.bound is None and "layer 'odd' applies gelu" in c.no_bound
