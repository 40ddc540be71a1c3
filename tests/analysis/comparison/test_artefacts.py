"""Models that only run forward, compared: alike explained, priced, and judged as others are."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from artefact_cases import LABELS, ROWS, dense_model, softmax, tflite

import explainprune as xp
from explainprune.analysis.comparison.case import subjects_of
from explainprune.analysis.comparison.subjects import identical
from explainprune.network import FormulaNetwork, opened
from explainprune.types import Data, Rows

QUICK = {"background": 20, "backgrounds": 2, "detail": False, "metrics": ["accuracy", "log_loss"]}
W = np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 1.0], [1.0, 1.0, -3.0], [0.5, 0.0, 1.0]])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small classifier, and its float and int8 files."""
    folder = tmp_path_factory.mktemp("trained")
    model = dense_model()
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    model.fit(ROWS, LABELS, epochs=20, verbose=0)
    for kind in ("none", "int8"):
        xp.export(model, folder / f"{kind}.tflite", quantise=kind, data=ROWS)
    return model, folder


def moved(found):
    return found.comparisons[next(iter(found.comparisons))]["moved_weight"]


def test_functions_are_compared_as_formulas_are():
    """Of linear scores every order gives w (x − b): the same figure as by gradients."""
    other = W + 0.3 * np.roll(W, 1, axis=0)

    def centred(weights):
        return FormulaNetwork(
            lambda x: x @ (weights - weights.mean(axis=1, keepdims=True)), 4, n_outputs=3
        )

    data = Data(Rows(ROWS.astype(float), LABELS), task="classification")
    by_formula = xp.compare(centred(W), centred(other), data, **QUICK)
    by_function = xp.compare(lambda x: x @ W, lambda x: x @ other + 5, data, **QUICK)
    assert by_function.provenance["methods"] == ["permutation"]
    assert by_function.provenance["output"] == "centred"
    assert moved(by_function).value == pytest.approx(moved(by_formula).value, abs=1e-9)
    assert moved(by_function).value > 0.05


def test_an_int8_file_beside_its_float_original(trained):
    model, folder = trained
    found = xp.compare(model, folder / "int8.tflite", (ROWS, LABELS), **QUICK)
    assert found.verdict.label in ("preserved", "inconclusive") and moved(found).value < 0.08
    assert "Both are explained as probabilities, since one of them yields nothing else." in (
        found.verdict.sentence
    )
    assert found.provenance["output"] == "probability"
    losses = [found.models[k].log_loss for k in ("dense", "other")]
    assert abs(losses[0] - losses[1]) < 0.05
    size = (folder / "int8.tflite").stat().st_size
    assert found.models["other"].note == (
        f"The file int8.tflite of {size:,} bytes: its layers aren't read."
    )


def test_a_float_file_of_a_model_moves_nothing(trained):
    model, folder = trained
    found = xp.compare(model, folder / "none.tflite", (ROWS, LABELS), **QUICK)
    assert moved(found).value < 1e-4
    found = xp.compare(str(folder / "none.tflite"), model, (ROWS, LABELS), **QUICK)
    assert moved(found).value < 1e-4


def test_a_file_without_its_softmax_is_held_against_centred_logits(trained, tmp_path):
    model, _ = trained
    w, b, v, c = model.get_weights()

    def logits(x):
        return tf.nn.relu(x @ w + b) @ v + (c + 3)

    spec = tf.TensorSpec((None, 4), name="x")
    (tmp_path / "logits.tflite").write_bytes(tflite(logits, spec))
    found = xp.compare(model, tmp_path / "logits.tflite", (ROWS, LABELS), **QUICK)
    assert found.provenance["output"] == "centred" and moved(found).value < 1e-4


def test_methods_by_gradients_are_refused_before_any_work(trained):
    model, folder = trained
    told = []
    with pytest.raises(
        ValueError,
        match=r"expected_gradients needs gradients, and int8.tflite only runs forward. Use method",
    ):
        xp.compare(
            model,
            folder / "int8.tflite",
            ROWS,
            methods=["expected_gradients"],
            progress=lambda *step: told.append(step),
            **QUICK,
        )
    assert told == []
    with pytest.raises(ValueError, match=r"deep_shap needs gradients, and int8.tflite only"):
        xp.attribute(folder / "int8.tflite", ROWS, background=ROWS[:20], method="deep_shap")


def test_the_price_is_said_first(trained):
    model, folder = trained
    told = []
    xp.compare(
        model, folder / "int8.tflite", ROWS, progress=lambda *step: told.append(step), **QUICK
    )
    done, total, first = told[0]
    # 60 rows × 2 × 20 background rows × one order of four players and its reverse
    assert done == 0 and first.startswith(
        "permutation runs each model on up to 14,400 rows (60 rows, 40 background rows, 6 for each "
        "pair of them), in about "
    )
    assert told[-1][:2] == (total, total)
    told.clear()
    xp.compare(model, model, ROWS, progress=lambda *step: told.append(step), **QUICK)
    assert told[0][0] == 1


def test_the_price_is_what_is_run():
    runs = []

    def counted(x):
        runs.append(len(x))
        return x @ W

    att = xp.attribute(counted, ROWS[:10], background=ROWS[10:30], method="permutation", draws=1)
    apart = 10 * 20 * 6
    assert apart <= sum(runs) <= apart + 3 * 30 + 10
    assert att.options["draws"] == 1


def test_both_sides_have_the_same_draws():
    """With one function on both sides, a noisy explainer sees no difference at all."""

    def interacting(x):
        return np.stack([x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3], x[:, 0] * x[:, 3]], axis=1)

    found = xp.compare(interacting, lambda x: interacting(x), ROWS, **QUICK)
    assert moved(found).value == 0.0
    assert found.verdict.evidence["floor"].value > 0


def test_one_file_twice_is_one_function(trained):
    _, folder = trained
    data = Data(Rows(ROWS))
    models = {name: opened(folder / "int8.tflite") for name in ("a", "b")}
    (a, b), _ = subjects_of(models, data)
    assert identical(a, b)
    models["b"] = opened(folder / "none.tflite")
    (a, b), _ = subjects_of(models, data)
    assert not identical(a, b)


def test_regressions_are_explained_as_they_come_out():
    """A sigmoid that ends a regression isn't looked through where the file doesn't let one."""
    model = dense_model("sigmoid", units=1)
    model.compile("adam", "mse")
    data = Data(Rows(ROWS, ROWS[:, 0] / 7 + 0.5), task="regression")
    (a, b), task = subjects_of(
        {"dense": model, "other": opened(lambda x: model.predict(x, verbose=0))}, data
    )
    assert task == "regression"
    np.testing.assert_allclose(a.outputs, model.predict(ROWS, verbose=0), atol=1e-6)
    np.testing.assert_allclose(a.outputs, b.outputs, atol=1e-6)


def test_scores_that_one_model_does_not_centre_are_left_as_they_are_in_both():
    model = dense_model(None)
    model.compile("adam", "mse")
    (a, b), _ = subjects_of(
        {"dense": model, "other": opened(lambda x: model.predict(x, verbose=0))}, Data(Rows(ROWS))
    )
    assert a.kind == b.kind == "logit"
    np.testing.assert_allclose(a.outputs, b.outputs, atol=1e-5)


@pytest.mark.parametrize("scale", [1e-3, 1e6])
def test_scores_are_centred_whatever_their_scale(scale):
    def scores(x):
        return (scale * (x @ W + 1)).astype("float32")

    models = {"dense": opened(scores), "other": opened(lambda x: 2 * scores(x))}
    found, _ = subjects_of(models, Data(Rows(ROWS, LABELS)))
    assert [each.kind for each in found] == ["centred"] * 2


def test_quantised_zeros_are_half_a_step():
    (_, b), _ = subjects_of(
        {
            "dense": dense_model(units=2),
            "other": opened(lambda x: np.rint(256 * softmax(20 * x[:, :2])) / 256),
        },
        Data(Rows(ROWS)),
    )
    assert b.kind == "probability" and b.outputs.min() == 0
    b.network.step = 1 / 256
    assert b.logits.min() == pytest.approx(np.log(1 / 512))


def test_inputs_in_another_order_are_put_right(tmp_path):
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    joined = keras.layers.Concatenate()([a, b])
    model = keras.Model([a, b], keras.layers.Dense(3, "softmax")(joined))
    kernel, bias = model.layers[-1].get_weights()

    def swapped(given):
        both = np.concatenate([given["a"], given["b"]], axis=1)
        return softmax(both @ kernel + bias)

    x = {"b": ROWS[:, 2:3], "a": ROWS[:, :2]}  # not the model's order
    found = xp.compare(model, swapped, Data(Rows(x)), **QUICK)
    assert moved(found).value < 1e-4


def test_models_that_do_not_fit_are_refused_in_a_sentence(trained, tmp_path):
    model, _ = trained
    spec = tf.TensorSpec((None, 5), name="x")
    (tmp_path / "wide.tflite").write_bytes(tflite(tf.nn.softmax, spec))
    with pytest.raises(
        ValueError, match=r"Rows don't fit wide.tflite.*\(n, 5\). Received.*\(60, 4\)"
    ):
        xp.compare(model, tmp_path / "wide.tflite", ROWS, **QUICK)
    spec = tf.TensorSpec((None, 4), name="x")
    (tmp_path / "four.tflite").write_bytes(tflite(tf.nn.softmax, spec))
    with pytest.raises(ValueError, match=r"number of outputs.*'dense' with 3, 'other' with 4"):
        xp.compare(model, tmp_path / "four.tflite", ROWS, **QUICK)
