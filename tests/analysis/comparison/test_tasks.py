"""Comparisons of other networks than classifiers of several classes."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import log_loss, r2_score

from explainprune.analysis import compare
from explainprune.analysis.comparison import model_rows
from explainprune.network import FormulaNetwork, with_weights


def test_no_price_without_structure():
    from explainprune.network.backend import keras

    layers = keras.layers
    model = keras.Sequential([keras.Input((4, 2)), layers.LSTM(3, name="loop"), layers.Dense(2)])
    rows = np.zeros((2, 4, 2))
    subject = SimpleNamespace(model=model, kind="logit", network=SimpleNamespace(n_inputs=8))
    cost, note = model_rows._cost(subject, SimpleNamespace(x=rows, players=None), rows)
    assert cost is None
    assert note.startswith("Exact values have no price: layer 'loop' (LSTM) is not read")


def test_binary_classifier_of_one_logit():
    from explainprune.network.backend import keras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 6)).astype("float32")
    y = (x[:, 0] - x[:, 1] > 0).astype(int)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, "sigmoid", name="out")])
    model.set_weights([np.array([[4.0], [-4.0], [0.5], [0], [0], [0]]), np.zeros(1)])
    other = with_weights(model, {"out/kernel": np.array([[4.0], [-4.0], [0], [0], [0], [0]])})
    result = compare(model, other, (x, y), names=("dense", "pruned"), background=30)
    assert result.models["pruned"].accuracy == 1.0
    assert result.provenance["task"] == "classification"
    assert result.models["pruned"].live_inputs == 2
    assert result.models["dense"].live_inputs == 3
    # ½ of 8.5 goes to each of two inputs, and .5 of it, some 6 %, to the third: that moved.
    assert 0.03 < result.comparisons["dense|pruned"]["moved_weight"].value < 0.09
    assert result.clarity.label == "clearer"
    assert "2 live inputs instead of 3" in result.clarity.sentence
    for drawing in result.detail.drawings.values():
        assert drawing.layers[-1].labels == ("high: 1\nlow: 0",)


def test_regression_has_r2_and_no_churn():
    from explainprune.network.backend import keras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5)).astype("float32")
    slope = np.array([[3.0], [-2.0], [1.0], [0.5], [0.0]])
    y = (x @ slope)[:, 0] + 0.1 * rng.normal(size=200)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1, name="out")])
    model.set_weights([slope, np.zeros(1)])
    worse = with_weights(model, {"out/kernel": slope * [[1], [1], [1], [0], [0]]})
    result = compare(model, worse, (x, y), background=30)
    assert result.provenance["task"] == "regression"
    assert result.models["dense"].r2 > result.models["other"].r2 > 0.9
    assert result.models["dense"].accuracy is None
    assert "churn" not in result.comparisons["dense|other"]
    assert result.clarity.conditions[0].startswith("R² fell by")
    assert "class" not in " ".join(result.slices["dense|other"])
    assert result.detail.samples[0].label == f"{y[result.detail.samples[0].row]:.4g}"
    unlabelled = compare(model, worse, x, background=30, detail=False)
    assert unlabelled.clarity.conditions[0].startswith("Of the dense model's variance ")


def compiled(end, loss, seed=0, units=1):
    """A model of six inputs that ends in `end`, not trained."""
    from explainprune.network.backend import keras

    L = keras.layers
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((6,)), L.Dense(8, "tanh"), L.Dense(units, end)])
    model.compile("adam", loss)
    return model


ROWS = np.random.default_rng(0).normal(size=(120, 6)).astype("float32")
FIRST = ROWS[:, 0]
FEW = {"background": 20, "detail": False}


def test_a_regression_is_read_as_it_is_put_out_behind_a_sigmoid_too():
    for units in (1, 3):
        pair = [compiled("sigmoid", "mse", seed, units) for seed in (0, 1)]
        y = 1 / (1 + np.exp(-ROWS[:, :units]))
        ours, theirs = (np.asarray(m.predict(ROWS, verbose=0), np.float64) for m in pair)
        found = compare(*pair, (ROWS, y), **FEW)
        assert found.models["dense"].r2 == pytest.approx(r2_score(y, ours), abs=1e-5)
        random = found.models["random_weights"]
        assert random.r2 < 1 and abs(random.r2) < 10  # logarithms of shares lie far beyond
        apart = np.abs(ours - theirs).max()
        assert found.certificate.max_difference == pytest.approx(apart, rel=1e-5)
        unlabelled = compare(*pair, ROWS, **FEW)
        assert unlabelled.provenance["task"] == "regression"
        lost = 1 - np.mean([r2_score(a, b) for a, b in zip(ours.T, theirs.T, strict=True)])
        said = unlabelled.clarity.evidence["variance_lost"].value
        assert said == pytest.approx(lost, rel=1e-4)


def test_whole_labels_of_a_model_trained_as_a_regression_are_numbers():
    y = (FIRST > 1).astype(int)
    for end, loss in ((None, "mse"), ("exponential", "poisson"), (None, "huber")):
        model = compiled(end, loss)
        found = compare(model, model, (ROWS, y), **FEW)
        r2 = r2_score(y, model.predict(ROWS, verbose=0)[:, 0])
        assert found.models["dense"].accuracy is None
        assert found.models["dense"].r2 == pytest.approx(r2, rel=1e-4)
    counts = np.abs(np.round(ROWS[:, :2] * 9)).astype(int)
    two = compiled(None, "mse", units=2)
    found = compare(two, two, (ROWS, counts), **FEW)
    assert found.models["dense"].r2 == pytest.approx(
        r2_score(counts, two.predict(ROWS, verbose=0)), rel=1e-4
    )
    assert "Of 2 outputs only the first is explained" in found.verdict.sentence
    sure = compiled("sigmoid", "mse")  # a probability that was trained by the Brier score
    assert compare(sure, sure, (ROWS, y), **FEW).models["dense"].accuracy is not None


def test_logits_between_0_and_1_stay_logits():
    from explainprune.network.backend import keras

    pair = [compiled(None, keras.losses.BinaryCrossentropy(from_logits=True), s) for s in (0, 1)]
    for model in pair:
        w, b = model.layers[-1].get_weights()
        model.layers[-1].set_weights([w * 0.05, b + 0.5])
    y = (FIRST > 0).astype(int)
    z = pair[0].predict(ROWS, verbose=0)[:, 0].astype(float)
    assert z.min() > 0 and z.max() < 1
    found = compare(*pair, (ROWS, y), **FEW)
    assert found.provenance["output"] == "centred"
    assert found.models["dense"].log_loss == pytest.approx(log_loss(y, 1 / (1 + np.exp(-z))))
    assert found.models["dense"].accuracy == y.mean()


def test_several_sigmoids_have_their_own_probabilities():
    model = compiled("sigmoid", "binary_crossentropy", units=3)
    p = np.asarray(model.predict(ROWS, verbose=0), np.float64)
    y = np.arange(120) % 3
    found = compare(model, model, (ROWS, np.eye(3, dtype=int)[y]), **FEW)
    share = p / p.sum(axis=1, keepdims=True)
    assert found.models["dense"].log_loss == pytest.approx(log_loss(y, share), rel=1e-5)
    assert found.models["dense"].accuracy == (p.argmax(axis=1) == y).mean()
    assert any(note.startswith("Each output says yes or no") for note in found.notes)


def test_a_model_that_never_says_yes_is_broken_without_labels_too():
    w, useless = np.linspace(1, 0.3, 6), np.eye(6)[5] * 1e-2

    def two(weights, shift):
        outer = np.array([-0.5, 0.5])
        return FormulaNetwork(
            lambda x: np.multiply.outer(x @ weights - shift, outer),
            6,
            n_outputs=2,
            gradient=lambda x: np.broadcast_to(np.outer(weights, outer), (len(x), 6, 2)),
        )

    x = np.random.default_rng(0).normal(size=(2000, 6))
    dense, never = two(w, np.quantile(x @ w, 0.99)), two(useless, 3.0)
    found = compare(dense, never, x, **FEW)
    evidence = found.clarity.evidence
    assert evidence["churn"].value == 0.01 and evidence["balanced_churn"].value == 0.5
    assert found.clarity.label == "inconclusive" and "broken" in found.clarity.sentence


def test_samples_of_several_outputs_say_them_all_and_notes_what_is_left_out():
    import explainprune as xp

    model = compiled(None, "mse", units=2)
    found = xp.explain(model, ROWS, background=20)
    said = found.detail.samples[0]
    first = model.predict(ROWS, verbose=0)[said.row]
    assert said.dense_says == ", ".join(f"{value:.4g}" for value in first)
    assert any("only the first is explained" in note for note in found.notes)


def test_labels_by_output_are_said_not_to_be_scored():
    model = compiled("softmax", "sparse_categorical_crossentropy", units=2)
    found = compare(model, model, (ROWS, {"out": (FIRST > 0).astype(int)}), **FEW)
    assert "These labels can't be scored: there is no accuracy" in " ".join(found.notes)
