"""`compare` on formulas: known answers, without TensorFlow."""

import numpy as np
import pytest
from comparison_cases import PAIR, QUICK

from explainprune.analysis import compare
from explainprune.types import Comparison, Data, Rows


def test_linear_networks_move_what_their_weights_say(linear):
    # φ = w · (x − mean b): with x far from the background, each feature's share is that of w.
    x = 10.0 + 0.01 * np.random.default_rng(0).normal(size=(80, 6))
    background = 0.01 * np.random.default_rng(1).normal(size=(40, 6))
    dense = linear([6, 5, 4, 3, 2, 1])
    five_turned = linear([6, -5, 4, 3, 2, 1])
    result = compare(dense, five_turned, x, background=background, k=4, detail=False)
    assert result.comparisons[PAIR]["moved_weight"].value == pytest.approx(5 / 21, abs=1e-3)
    assert result.comparisons[PAIR]["signed_top_k"].value == 0.75
    assert result.comparisons[PAIR]["feature_agreement"].value == 1.0
    assert result.verdict.evidence["stability"].value == pytest.approx(0.0, abs=1e-3)
    assert result.verdict.label == "changed"
    opposite = compare(dense, linear([-6, -5, -4, -3, -2, -1]), x, background=background)
    assert opposite.comparisons[PAIR]["moved_weight"].value == pytest.approx(1.0)
    assert opposite.comparisons[PAIR]["cosine"].value == pytest.approx(-1.0)
    same = compare(dense, linear([60, 50, 40, 30, 20, 10]), x, background=background)
    assert same.verdict.label == "preserved"
    for scale in ("log_attribution_scale", "log_output_scale"):
        assert same.comparisons[PAIR][scale].value == pytest.approx(np.log(10))


@pytest.fixture(scope="module")
def sparse_pair(linear):
    """Two classes told apart by eight equal features, and by four of them; rows and labels."""
    even = np.outer(np.ones(8), [1.0, -1.0])
    half = even * (np.arange(8) < 4)[:, None]
    x = 10.0 + 0.01 * np.random.default_rng(0).normal(size=(400, 8))
    return linear(even), linear(half), (x, np.zeros(400, int))


def test_half_the_features_are_clearer(sparse_pair):
    result = compare(*sparse_pair, names=("dense", "pruned"), background=np.zeros((1, 8)))
    assert result.comparisons["dense|pruned"]["effective_features_ratio"].value == pytest.approx(
        0.5, rel=1e-5
    )
    assert result.clarity.label == "clearer"
    assert result.clarity.sentence.startswith(
        "The pruned model's explanations are clearer: they rest on 4.0 effective features instead "
        "of 8.0, 0.50 times as many (interval "
    )
    back = compare(*sparse_pair[1::-1], sparse_pair[2], background=np.zeros((1, 8)), detail=False)
    assert back.clarity.label == "less clear"


def test_unfaithful_explanations_are_not_clearer(linear, sparse_pair):
    from explainprune.analysis.attribution import METHODS, Explained

    _, other, data = sparse_pair
    dense = linear(np.outer(np.arange(1.0, 9.0), [1.0, -1.0]))

    def two_faced(network, x, background, targets, *, rng, players):
        """Tell the truth of the dense network, its contrary of the other."""
        shared = {"rng": rng, "players": players}
        right = METHODS["expected_gradients"](network, x, background, targets, **shared)
        return Explained(right.values * (1 if network is dense else -1), right.base)

    baseline = {"background": np.zeros((1, 8)), "detail": False}
    result = compare(dense, other, data, methods=[two_faced], **baseline)
    naopc = [result.models[name].slices["all rows"]["naopc"].value for name in ("dense", "other")]
    assert naopc == pytest.approx([1.0, 0.0])
    assert result.comparisons[PAIR]["naopc_drop"].value == pytest.approx(1.0)
    assert result.clarity.label == "inconclusive"
    assert "because its explanations are less faithful" in result.clarity.sentence
    honest = compare(dense, other, data, **baseline)
    assert honest.comparisons[PAIR]["naopc_drop"].value == pytest.approx(0.0, abs=1e-6)
    assert honest.clarity.label == "clearer"


def test_both_are_explained_for_the_dense_prediction(linear):
    weights = np.array([[4.0, -4.0], [3.0, -3.0], [2.0, -2.0], [-1.0, 1.0], [0.5, -0.5]])
    x = np.random.default_rng(0).normal(size=(60, 5))
    # The other network swaps its classes: for one fixed output every reason turns round. Explained
    # for its own prediction it would agree wholly.
    result = compare(linear(weights), linear(weights[:, ::-1]), x, **QUICK)
    assert result.comparisons[PAIR]["churn"].value == 1.0
    assert result.comparisons[PAIR]["moved_weight"].value == pytest.approx(1.0)


def test_slices_add_up_to_the_whole(result):
    parts = result.slices[PAIR]
    whole = result.comparisons[PAIR]["signed_top_k"]
    cuts = [
        [name for name in parts if name.startswith("class ")],
        ["same prediction", "prediction flipped"],
    ]
    for names in cuts:
        chosen = [parts[name]["signed_top_k"] for name in names]
        assert len(chosen) > 1
        assert sum(m.n for m in chosen) == whole.n
        assert sum(m.n * m.value for m in chosen) / whole.n == pytest.approx(whole.value)
        moved = [parts[name]["moved_weight"] for name in names]
        mean = sum(m.n * m.value for m in moved) / whole.n
        assert mean == pytest.approx(result.comparisons[PAIR]["moved_weight"].value)
    assert parts["prediction flipped"]["churn"].value == 1.0
    assert parts["both right"]["churn"].value == 0.0
    assert parts["both right"]["signed_top_k"].n < parts["same prediction"]["signed_top_k"].n


def test_the_verdict_rests_on_the_figures(result):
    evidence = result.verdict.evidence
    assert evidence["moved_weight"] == result.comparisons[PAIR]["moved_weight"]
    redrawn = result.comparisons["dense|redrawn_background"]["moved_weight"]
    assert evidence["stability"] == redrawn
    assert 0 < evidence["floor"].value < evidence["stability"].value
    assert {"shuffled_samples", "random_weights"} <= evidence.keys()
    assert result.verdict.sentence.startswith("For this pair, on 90 rows, ")
    assert (result.primary, result.provenance["k"]) == ("moved_weight", 2)
    assert result.provenance["pairs"] <= result.provenance["effort"]


def test_the_estimate_is_the_jackknifes(models, data):
    """From six explanations of each model, made one by one with `attribute`."""
    from explainprune.analysis.attribution import attribute
    from explainprune.analysis.metrics import METRICS

    method = "integrated_gradients"  # without draws: nothing grows, nothing is random
    options = {"methods": [method], "metrics": [], "detail": False}
    result = compare(*models, data, margin=0.9, **options)
    from explainprune.analysis.comparison.backgrounds import backgrounds

    drawn = backgrounds(data, 20, 6, 0)
    targets = models[0].outputs(data.x).argmax(axis=1)
    a, b = (
        np.array(
            [
                attribute(m, data.x, background=drawn[j], method=method, target=targets).values
                for j in range(6)
            ]
        )
        for m in models
    )
    moved = METRICS["moved_weight"]
    whole = moved(a.mean(axis=0), b.mean(axis=0))
    values = []
    for j in range(6):
        left = np.delete(a, j, axis=0).mean(axis=0), np.delete(b, j, axis=0).mean(axis=0)
        values.append(6 * whole - 5 * moved(*left))
    found = result.verdict.evidence["moved_weight"]
    assert found.value == pytest.approx(np.mean(values), rel=1e-9)
    assert found.interval[0] < np.mean(values) < found.interval[1]
    assert result.verdict.evidence["floor"].interval == (0.0, 0.0)


def test_the_second_verdict_rests_on_the_figures(result, models, data):
    evidence = result.clarity.evidence
    each = [
        result.models[name].slices["all rows"]["effective_features"].value
        for name in ("dense", "other")
    ]
    assert [evidence[f"effective_features_{n}"].value for n in ("dense", "other")] == each
    ratio = result.comparisons[PAIR]["effective_features_ratio"]
    assert evidence["effective_features_ratio"] == ratio
    assert ratio.value == pytest.approx(each[1] / each[0], rel=0.05)
    right = [(m.outputs(data.x).argmax(axis=1) == data.y).mean() for m in models]
    assert evidence["accuracy_drop"].value == pytest.approx(right[0] - right[1])
    dense = result.models["dense"]
    assert dense.accuracy == pytest.approx(right[0])
    assert dense.slices["all rows"]["accuracy"].value == dense.accuracy
    assert dense.slices["all rows"]["accuracy"].interval == dense.intervals["accuracy"]


def test_explanations_are_stabler_with_larger_backgrounds(models, normal_rows):
    x = normal_rows(1200)
    data = Data(Rows(x[:200]), train=Rows(x[200:]))
    options = {"metrics": [], "detail": False}
    small, large = (compare(*models, data, background=size, **options) for size in (20, 180))
    stability = [r.verdict.evidence["stability"].value for r in (small, large)]
    assert stability[1] == pytest.approx(stability[0] / 3, rel=0.4)  # 9 times the rows
    # The moved weight itself doesn't follow the size of the background.
    values = [r.verdict.evidence["moved_weight"] for r in (small, large)]
    assert abs(values[0].value - values[1].value) < 0.01


def test_results_survive_json_and_repeat(result, models, data):
    assert Comparison.from_json(result.to_json()) == result
    again = compare(*models, data, background=15)
    assert again.to_json() == result.to_json()
    assert compare(*models, data, background=15, seed=1) != result


def test_without_labels_churn_takes_the_place_of_accuracy(models, data):
    result = compare(*models, data.x, **QUICK)
    assert result.models["dense"].accuracy is None
    churn = (models[0].outputs(data.x).argmax(1) != models[1].outputs(data.x).argmax(1)).mean()
    assert result.comparisons[PAIR]["churn"].value == pytest.approx(churn)
    assert "churn_where_right" not in result.comparisons[PAIR]
    assert result.clarity.conditions[0].startswith("Predictions differ on ")
    assert "(there are no labels)" in result.clarity.conditions[0]
    assert result.clarity.evidence["churn"].value == pytest.approx(churn)
    assert any(note.startswith("The rows have no labels") for note in result.notes)
    assert any(name.startswith("predicted ") for name in result.slices[PAIR])
    assert not any(name.startswith("class ") for name in result.slices[PAIR])


def test_a_handful_of_background_rows_decides_nothing_and_says_so(linear):
    x = np.random.default_rng(0).normal(size=(120, 6))
    network, other = linear([6, 5, 4, 3, 2, 1]), linear([6, 5, 4, 3, 2, 1.001])
    for given, options in ((Data(Rows(x), train=Rows(x[:12])), {}), (x, {"background": x[:12]})):
        verdict = compare(network, other, given, metrics=[], detail=False, **options).verdict
        assert verdict.label == "inconclusive"
        assert "There are only 12 background rows" in verdict.sentence
