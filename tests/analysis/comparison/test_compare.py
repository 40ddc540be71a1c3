"""`compare` on Keras models: what must come out where the answer is known."""

import numpy as np
import pytest

from explainprune.analysis import compare
from explainprune.network import model_sha256, randomised, weights_of, with_weights
from explainprune.types import Comparison, rows_sha256

QUICK = {"background": 20, "detail": False}


@pytest.fixture(scope="module")
def small(digits):
    """60 of the digits: enough for a disagreement of 0 to be within 10 %."""
    return digits.with_(scored=digits.scored.take(slice(0, 60)))


@pytest.fixture(scope="module")
def pruned(classifier):
    """The classifier without its smaller half of hidden weights."""
    weights = {}
    for path, values in weights_of(classifier).items():
        if path.endswith("kernel") and "out" not in path:
            weights[path] = np.where(np.abs(values) > np.median(np.abs(values)), values, 0)
    return with_weights(classifier, weights)


@pytest.fixture(scope="module")
def pair(classifier, pruned, digits):
    """A whole comparison, details and all."""
    some = digits.with_(scored=digits.scored.take(slice(0, 200)))
    return compare(classifier, pruned, some, names=("dense", "pruned"), background=20)


def value(result, metric, pair="dense|other"):
    return result.comparisons[pair][metric].value


def test_a_model_with_itself(classifier, small):
    result = compare(classifier, classifier, small, **QUICK)
    assert result.verdict.label == "preserved"
    assert result.clarity.label == "same"
    exactly_one = (
        "signed_top_k",
        "signed_rank_correlation",
        "rank_correlation",
        "feature_agreement",
        "sign_agreement",
        "cosine",
        "effective_features_ratio",
    )
    for metric in exactly_one:
        assert value(result, metric) == 1.0
    for metric in (
        "moved_weight",
        "churn",
        "naopc_drop",
        "log_attribution_scale",
        "log_output_scale",
    ):
        assert value(result, metric) == 0.0
    assert result.comparisons["dense|other"]["moved_weight"].interval == (0.0, 0.0)
    assert "The other model is the dense model itself." in result.notes


def test_a_copy_is_the_same_model_even_on_few_rows(classifier, small):
    few = small.with_(scored=small.scored.take(slice(0, 5)))
    result = compare(classifier, with_weights(classifier, {}), few, **QUICK)
    assert result.verdict.label == "preserved"
    assert result.clarity.label == "same"
    # One weight moved by a hair is another model: five rows can't decide then.
    moved = weights_of(classifier)["first/bias"] * (1 + 1e-6) + 1e-9
    nearly = compare(classifier, with_weights(classifier, {"first/bias": moved}), few, **QUICK)
    assert value(nearly, "moved_weight") == pytest.approx(0.0, abs=1e-5)
    assert nearly.verdict.label == "inconclusive"
    assert "Five rows can't decide: a verdict needs 25 at least." in nearly.verdict.sentence


def test_random_weights_agree_no_more_than_other_random_weights(classifier, small):
    result = compare(classifier, randomised(classifier, 12345), small, **QUICK)
    assert result.verdict.label == "changed"
    assert result.clarity.label == "inconclusive"
    assert "broken" in result.clarity.sentence
    unrelated = value(result, "moved_weight", "dense|random_weights")
    # Copies differ among each other by about 0.05.
    assert abs(value(result, "moved_weight") - unrelated) < 0.2
    assert 0.4 < unrelated < 1
    mark = result.comparisons["dense|random_weights"]["moved_weight"]
    assert (mark.n, mark.unit) == (8, "copies")
    assert mark.interval[0] < unrelated < mark.interval[1]
    assert result.models["random_weights"].unit == "copies"
    ratio = result.comparisons["dense|random_weights"]["effective_features_ratio"]
    assert (ratio.n, ratio.unit) == (8, "copies") and ratio.interval is not None


@pytest.mark.parametrize("temperature", [3.0, 0.25])
def test_a_temperature_changes_no_reasons(classifier, small, temperature):
    weights = weights_of(classifier)
    last = {path: weights[path] / temperature for path in ("out/kernel", "out/bias")}
    result = compare(classifier, with_weights(classifier, last), small, **QUICK | {"detail": True})
    assert result.verdict.label == "preserved"
    assert result.clarity.label in ("same", "inconclusive")
    assert value(result, "moved_weight") < 1e-4
    assert value(result, "naopc_drop") == pytest.approx(0, abs=1e-3)
    for scale in ("log_attribution_scale", "log_output_scale"):
        assert value(result, scale) == pytest.approx(-np.log(temperature), abs=1e-4)
    assert result.detail.rescaling.beta == pytest.approx(1 / temperature, rel=1e-5)
    assert value(result, "rescaled_change") < 1e-4


def shifted(model):
    """Add one function of the input to all logits: every probability stays."""
    from explainprune.network.backend import keras

    x = keras.Input((64,))
    hidden = model.get_layer("second")(model.get_layer("first")(x))
    logits = keras.layers.Dense(10, name="logits")
    shared = keras.layers.Dense(
        1, kernel_initializer=keras.initializers.RandomNormal(stddev=2.0, seed=1)
    )
    both = keras.layers.Add()([logits(hidden), shared(x)])
    logits.set_weights(model.get_layer("out").get_weights())
    return keras.Model(x, keras.layers.Softmax()(both))


def test_one_function_added_to_all_logits_changes_no_reasons(classifier, small):
    from explainprune.analysis.attribution import attribute
    from explainprune.analysis.metrics import METRICS

    other = shifted(classifier)
    np.testing.assert_allclose(other(small.x), classifier(small.x), atol=1e-4)
    result = compare(classifier, other, small, **QUICK)
    assert result.verdict.label == "preserved"
    assert value(result, "moved_weight") < 0.01
    # Without centring it would seem to have changed a good deal: the test can tell.
    raw = [
        attribute(
            model,
            small.x,
            background=small.train.x[:20],
            method="expected_gradients",
            target=0,
            output="logit",
        ).values
        for model in (classifier, other)
    ]
    assert METRICS["signed_top_k"](*raw, k=4).mean() < 0.7


def test_same_seed_same_bytes(classifier, pruned, small):
    once, again = (
        compare(classifier, pruned, small, background=10, seed=3).to_json() for _ in range(2)
    )
    assert once == again


def test_results_survive_json(pair):
    assert Comparison.from_json(pair.to_json()) == pair


def test_nothing_of_the_callers_is_touched(classifier, pruned, small):
    before = [weights_of(model) for model in (classifier, pruned)]
    optimizer, x = classifier.optimizer, small.x.copy()
    compare(classifier, pruned, small, rows=30, background=10)
    for model, weights in zip((classifier, pruned), before, strict=True):
        after = weights_of(model)
        assert weights.keys() == after.keys()
        assert all(np.array_equal(weights[path], after[path]) for path in weights)
    assert classifier.optimizer is optimizer
    assert np.array_equal(small.x, x)


def test_models_are_described(pair, classifier, pruned, digits):
    pair_rows = digits.scored.take(slice(0, 200))
    from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

    assert list(pair.models) == ["dense", "pruned", "random_weights"]
    probabilities = np.asarray(classifier(pair_rows.x), dtype=np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    dense = pair.models["dense"]
    assert dense.accuracy == pytest.approx(accuracy_score(pair_rows.y, probabilities.argmax(1)))
    assert dense.log_loss == pytest.approx(log_loss(pair_rows.y, probabilities), rel=1e-4)
    assert dense.auc == pytest.approx(
        roc_auc_score(pair_rows.y, probabilities, multi_class="ovr"), abs=1e-6
    )
    for name in ("accuracy", "auc", "log_loss"):
        low, high = dense.intervals[name]
        assert low < getattr(dense, name) < high
    assert dense.params == 64 * 24 + 24 + 24 * 16 + 16 + 16 * 10 + 10
    assert dense.live_connections == 64 * 24 + 24 * 16 + 16 * 10
    assert pair.models["pruned"].nonzero < dense.nonzero
    kernels = [v for p, v in weights_of(pruned).items() if p.endswith("kernel")]
    assert pair.models["pruned"].live_connections == sum(np.count_nonzero(k) for k in kernels)
    assert dense.units == 24 + 16
    # Fewer weights settle fewer signs: the pruned model need not be the cheaper one.
    assert min(dense.exact_cost, pair.models["pruned"].exact_cost) > 16
    right = pair_rows.y[pair_rows.y == 3] == probabilities.argmax(axis=1)[pair_rows.y == 3]
    assert dense.slices["class 3"]["accuracy"].value == pytest.approx(right.mean())
    assert pair.models["random_weights"].accuracy < 0.3


def test_detail_is_gathered(pair):
    detail = pair.detail
    assert list(detail.drawings) == ["dense", "pruned"]
    assert len(detail.features) == 64
    assert sum(row.dense for row in detail.features) == pytest.approx(1)
    assert {row.layer for row in detail.units} == {"first", "second"}
    assert 0 < len(detail.samples) <= 12
    assert {s.why for s in detail.samples} == {"typical", "most changed", "prediction flipped"}
    assert detail.image_shape == (8, 8)
    for share, picture in zip(("dense", "other"), detail.drawings.values(), strict=True):
        shares = np.array([getattr(row, share) for row in detail.features])
        np.testing.assert_allclose(picture.layers[0].size, shares / shares.max(), atol=1e-3)
    by_row = {s.row: s for s in detail.samples}
    assert len(by_row) == len(detail.samples)
    changed = [s.moved for s in detail.samples if s.why == "most changed"]
    typical = [s.moved for s in detail.samples if s.why == "typical"]
    assert min(changed) >= max(typical)


def test_two_architectures(classifier, small):
    from explainprune.network.backend import keras

    keras.utils.set_random_seed(1)
    other = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )
    result = compare(classifier, other, small, background=20)
    assert result.verdict.label == "changed"
    drawn = result.detail.drawings["other"]
    assert [layer.kind for layer in drawn.layers] == ["inputs", "Conv2D", "Dense"]
    assert [edges.total for edges in drawn.edges] == [4, 40]
    # Each of 6 × 6 × 4 units of the convolution reads 9 pixels, some of them the same in both rows.
    assert 144 < result.models["other"].exact_cost <= 144 * 2**9


def test_the_certificate_says_how_far_outputs_moved_and_can_move(classifier, pruned, pair, digits):
    rows = digits.scored.take(slice(0, 200))
    found = pair.certificate
    a, b = (centred(model.predict(rows.x, verbose=0)) for model in (classifier, pruned))
    assert found.max_difference == pytest.approx(np.abs(a - b).max(), rel=1e-3)
    assert found.max_difference <= found.bound.largest * (1 + 1e-6) <= max(found.bound.alone)
    assert (found.kind, found.basis, found.output) == ("approximate", "rows compared", "centred")
    assert found.rows == 200 and found.rows_sha256 == rows_sha256(rows)
    flips = pair.answers
    assert found.flips == sum(count for *_, count in flips.flips)
    assert found.negative_flips == sum(count for *_, count in flips.negative)
    assert found.positive_flips == flips.positive
    assert (found.before_sha256, found.after_sha256) == (
        model_sha256(classifier), model_sha256(pruned),
    )  # fmt: skip
    assert found.after.nonzero < found.before.nonzero <= found.before.params
    assert found.before.latency_ms is None, "results are the same bytes each time"
    assert Comparison.from_json(pair.to_json()).certificate == found


def centred(probabilities):
    """Logits, less their mean, behind a softmax."""
    logits = np.log(probabilities)
    return logits - logits.mean(axis=1, keepdims=True)


def test_formulas_have_a_certificate_without_sizes_or_bound(curved):
    x = np.random.default_rng(0).normal(size=(60, 8))
    found = compare(curved(), curved(noise=0.1), x, **QUICK).certificate
    assert found.before is None and found.after_sha256 == "" and found.bound is None
    assert "a formula" in found.no_bound and found.negative_flips is None
    assert found.max_difference > 0
