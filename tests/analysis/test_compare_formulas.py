"""`compare` on formulas: known answers, and every option, without TensorFlow."""

import numpy as np
import pytest

from explainprune.analysis import compare
from explainprune.types import Comparison, Data, Rows

QUICK = {"background": 15, "detail": False}
PAIR = "dense|other"


def labelled(network, x, group=None, flips=0):
    """Rows whose labels the network gets right, but for the first few."""
    y = network.outputs(x).argmax(axis=1)
    y[:flips] = (y[:flips] + 1) % network.n_outputs
    return Data(Rows(x, y, group), task="classification", name="formula")


@pytest.fixture(scope="module")
def models(curved):
    """A network and another that is like it."""
    return curved(), curved(noise=0.3)


@pytest.fixture(scope="module")
def data(models, normal_rows):
    return labelled(models[0], normal_rows(), flips=9)


@pytest.fixture(scope="module")
def result(models, data):
    return compare(*models, data, background=15)


def test_linear_networks_agree_by_their_weights(linear):
    # φ = w · (x − mean b): with x far from the background, the order of features is that of w.
    x = 10.0 + 0.01 * np.random.default_rng(0).normal(size=(80, 6))
    background = 0.01 * np.random.default_rng(1).normal(size=(5, 6))
    dense = linear([6, 5, 4, 3, 2, 1])
    kept_three = linear([6, 5, 4, -3, 2, 1])
    result = compare(dense, kept_three, x, background=background, detail=False)
    assert result.comparisons[PAIR]["signed_top_k"].value == 0.75
    assert result.comparisons[PAIR]["feature_agreement"].value == 1.0
    assert result.comparisons["dense|redrawn_background"]["signed_top_k"].value == 1.0
    assert result.verdict.label == "changed"
    opposite = compare(dense, linear([-6, -5, -4, -3, -2, -1]), x, background=background)
    assert opposite.comparisons[PAIR]["signed_top_k"].value == 0.0
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
        "The pruned model's explanations are clearer: 4.0 effective features instead of 8.0"
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
    assert result.comparisons[PAIR]["signed_top_k"].value == 0.0


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
    assert parts["prediction flipped"]["churn"].value == 1.0
    assert parts["both right"]["churn"].value == 0.0
    assert parts["both right"]["signed_top_k"].n < parts["same prediction"]["signed_top_k"].n


def test_the_verdict_rests_on_the_figures(result):
    evidence = result.verdict.evidence
    agreement = result.comparisons[PAIR]["signed_top_k"]
    noise = result.comparisons["dense|redrawn_background"]["signed_top_k"]
    assert evidence["disagreement"].value == pytest.approx(1 - agreement.value)
    assert evidence["disagreement"].interval == pytest.approx(
        (1 - agreement.high, 1 - agreement.low)
    )
    assert evidence["noise"].value == pytest.approx(1 - noise.value)
    assert evidence["excess"].value == pytest.approx(noise.value - agreement.value)
    assert "shuffled_samples" in evidence
    assert result.verdict.sentence.startswith("For this pair, on 90 rows, ")
    assert (result.primary, result.provenance["k"]) == ("signed_top_k", 4)


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


def test_noise_is_averaged_over_disjoint_backgrounds_and_falls_with_their_size(models, normal_rows):
    x = normal_rows(1200)
    data = Data(Rows(x[:200]), train=Rows(x[200:]))
    small, large = (
        compare(*models, data, background=size, detail=False).verdict.evidence["noise"].value
        for size in (5, 125)
    )
    assert 0 < large < small
    # 25 times the rows: about a fifth of the noise.
    assert large / small == pytest.approx(0.2, abs=0.1)


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
    assert result.clarity.conditions[0].startswith("No labels: predictions differ on ")
    assert result.clarity.evidence["churn"].value == pytest.approx(churn)
    assert any(note.startswith("The rows have no labels") for note in result.notes)
    assert any(name.startswith("predicted ") for name in result.slices[PAIR])
    assert not any(name.startswith("class ") for name in result.slices[PAIR])


def test_arms_stand_beside_the_pair(models, data, curved):
    seen = []
    result = compare(
        *models,
        data,
        arms={"placebo": curved(noise=0.1), "retrained": curved(seed=9), "twin": models[0]},
        names=("dense", "pruned"),
        progress=lambda *step: seen.append(step),
        **QUICK,
    )
    assert list(result.models) == ["dense", "pruned", "placebo", "retrained", "twin"]
    agreement = {
        n: result.comparisons[f"dense|{n}"]["signed_top_k"].value
        for n in result.models
        if n != "dense"
    }
    assert agreement["twin"] == 1.0
    assert agreement["retrained"] < 0.5 < agreement["placebo"] < 1
    place = result.verdict.evidence["position"].value
    farthest = agreement["placebo"] - agreement["retrained"]
    assert place == pytest.approx((agreement["placebo"] - agreement["pruned"]) / farthest)
    assert "twin 0 %" in result.verdict.sentence
    assert [step[0] for step in seen] == list(range(1, len(seen) + 1))
    assert seen[-1][0] == seen[-1][1]
    assert [step[2] for step in seen[:2]] == ["explained dense", "explained pruned"]


def test_several_methods_share_one_table(models, data):
    both = ("integrated_gradients", "gradient_input")
    result = compare(*models, data, methods=both, **QUICK)
    figures = result.comparisons[PAIR]
    assert figures["signed_top_k"].value != figures["signed_top_k@gradient_input"].value
    assert "naopc@gradient_input" in result.models["dense"].slices["all rows"]
    only = compare(*models, data, methods=("gradient_input",), **QUICK)
    assert only.comparisons[PAIR]["signed_top_k"] == figures["signed_top_k@gradient_input"]


def test_metrics_are_what_was_asked_for_and_what_the_verdicts_need(models, data):
    def largest(values):
        return np.abs(values).max(axis=1)

    def same_largest(a, b, *, k):
        return (np.abs(a).argmax(axis=1) == np.abs(b).argmax(axis=1)).astype(float)

    def margin(outputs_a, outputs_b, y):
        return float(np.ptp(outputs_a))

    asked = ["jaccard", "infidelity", largest, same_largest, margin]
    result = compare(*models, data, metrics=asked, **QUICK)
    figures = result.comparisons[PAIR]
    assert {"jaccard", "same_largest", "signed_top_k", "naopc_drop"} <= figures.keys()
    assert "cosine" not in figures
    whole = result.models["dense"].slices["all rows"]
    assert {"largest", "infidelity", "effective_features", "naopc"} <= whole.keys()
    assert whole["margin"].value == pytest.approx(np.ptp(models[0].outputs(data.x)))
    assert whole["margin"].note == "one figure for all rows: no interval"
    assert result.clarity.evidence["accuracy_drop"].value > 0  # the verdict needs it all the same


def test_rows_are_capped_by_a_seeded_sample(models, data):
    result = compare(*models, data, rows=25, background=15)
    assert result.comparisons[PAIR]["signed_top_k"].n == result.models["dense"].n == 25
    assert "A sample of 25 of 90 rows was scored." in result.notes
    assert max(sample.row for sample in result.detail.samples) > 25
    for sample in result.detail.samples:
        np.testing.assert_allclose(sample.x, data.x[sample.row], rtol=1e-6)


def test_one_row_has_no_intervals_and_says_so(models, data, normal_rows):
    one = data.with_(scored=data.scored.take([0]), train=Rows(normal_rows(50, seed=8)))
    result = compare(*models, one, background=15)
    for figures in result.comparisons.values():
        for measure in figures.values():
            assert measure.interval is None
            assert measure.note
    assert result.verdict.label == result.clarity.label == "inconclusive"
    assert "one row can't decide" in result.verdict.sentence
    assert "dense|shuffled_samples" not in result.comparisons


def test_groups_are_slices(models, data):
    group = np.where(np.arange(90) % 3 == 0, "left", "right")
    grouped = data.with_(scored=Rows(data.x, data.y, group))
    result = compare(*models, grouped, **QUICK)
    assert result.slices[PAIR]["group left"]["signed_top_k"].n == 30
    assert result.slices["dense|redrawn_background"]["group right"]["signed_top_k"].n == 60
    right = (models[1].outputs(data.x).argmax(axis=1) == data.y)[group == "left"].mean()
    assert result.models["other"].slices["group left"]["accuracy"].value == pytest.approx(right)


def test_class_names_are_used(models, data):
    named = data.with_(class_names=("ant", "bee", "cat"))
    result = compare(*models, named, background=15)
    assert {"class ant", "class bee", "class cat"} <= result.slices[PAIR].keys()
    assert result.detail.samples[0].label in ("ant", "bee", "cat")
    assert result.detail.samples[0].dense_says.split(" (")[0] in ("ant", "bee", "cat")


def test_a_single_baseline_has_no_noise(models, data):
    result = compare(*models, data, background=np.zeros((1, 8)), detail=False)
    evidence = result.verdict.evidence
    assert evidence["noise"].value == 0.0
    assert "dense|redrawn_background" not in result.comparisons
    assert "The background is a single baseline: there is nothing to redraw." in result.notes
    assert evidence["excess"].value == pytest.approx(evidence["disagreement"].value)


def test_players_are_explained_as_one(models, data):
    players = data.with_(players=(0, 0, 1, 1, 2, 2, 3, 3), player_names=("p0", "p1", "p2", "p3"))
    result = compare(*models, players, background=15)
    assert result.provenance["players"] == 4
    assert [row.name for row in result.detail.features] == ["p0", "p1", "p2", "p3"]
    sample = result.detail.samples[0]
    assert len(sample.x) == len(sample.dense) == 4
    pairs = data.x[sample.row].reshape(4, 2).mean(axis=1)
    np.testing.assert_allclose(sample.x, pairs, rtol=1e-6)


@pytest.mark.parametrize("width", [2, 3])
def test_labels_of_a_kind_that_is_not_scored_are_left_out(models, data, width):
    many = Data(Rows(data.x, np.ones((90, width), int)), task="classification")
    result = compare(*models, many, **QUICK)
    assert result.models["dense"].accuracy is None
    assert any(note.startswith("These labels can't be scored") for note in result.notes)


def test_whole_numbers_of_a_single_output_are_a_regression(linear, normal_rows):
    x = normal_rows()
    counts = Data(Rows(x, np.arange(90) % 7), task="classification")
    network = linear(np.arange(1.0, 9.0))
    result = compare(network, linear(np.arange(2.0, 10.0)), counts, **QUICK)
    assert result.provenance["task"] == "regression"
    assert result.models["dense"].r2 is not None


def test_formulas_have_no_size_and_no_random_copies(result):
    assert result.models["dense"].params is None
    assert result.models["dense"].note == "A formula: it has no size."
    assert "random_weights" not in result.models
    assert any("No copies with random weights" in note for note in result.notes)


def test_names_travel_everywhere(models, data):
    result = compare(*models, data, names=("before", "after"), background=15)
    assert list(result.models) == ["before", "after"]
    assert next(iter(result.comparisons)) == "before|after"
    assert "after model's explanations" in result.clarity.sentence


def test_plain_arrays_are_data(models, data):
    given = compare(*models, (data.x, data.y), **QUICK)
    assert given.comparisons == compare(*models, data, **QUICK).comparisons


def test_errors_come_before_any_work(models, data, curved):
    def fails(text, *pair, rows=data, **options):
        with pytest.raises(ValueError, match=text):
            compare(*(pair or models), rows, **{**QUICK, **options})

    fails(r"Unknown metric 'cosin'. Did you mean 'cosine'", metrics=["cosin"])
    fails(r"Unknown method 'expected_gradient'. Did you mean 'exp", methods=["expected_gradient"])
    fails(r"Unknown criterion 'activatoin'. Did you mean 'activation'", criterion="activatoin")
    fails(r"methods is a sequence of at least one method. Received: 'exact'", methods="exact")
    fails(r"outputs. Received: 'dense' with 3, 'other' with 2", models[0], curved(outputs=2))
    fails(r"Data for the other model does not fit.*\(n, 5\)", models[0], curved(d=5))
    fails(r"background needs at least one row. Received: 0", background=0)
    fails(r"background needs at least one row", background=np.zeros((0, 8)))
    fails(r"background is a number of rows, or the rows.*Received: 'many'", background="many")
    fails(r"background does not fit.*\(n, 8\)", background=np.zeros((3, 7)))
    fails(r"k=9 leading features were asked for, but there are 8", k=9)
    fails(r"k counts leading features: at least 1. Received: 0", k=0)
    fails(r"^margin is a share between 0 and 1. Received: 10", margin=10)
    fails(r"accuracy_margin is a share", accuracy_margin=0)
    fails(r"Received: 'dense', which is used twice", names=("dense", "dense"))
    fails(r"'random_weights', which is an arm of every", arms={"random_weights": models[0]})
    fails(r"has no '\|' in it.* Received: 'a\|b'", names=("a|b", "c"))
    fails(r"names holds two names", names=("one",))
    wrong = Data(Rows(data.x, np.full(90, 3)), task="classification")
    fails(r"class indices from 0 to 2. Received: 3 among", rows=wrong)
    fails(r"NaN or infinite", rows=np.full((3, 8), np.nan))
    fails(r"at least one row", rows=np.zeros((0, 8)))
    with pytest.raises(ValueError, match=r"at least 1. Received: 0"):
        compare(*models, data, rows=0)
    with pytest.raises(TypeError, match=r"A metric takes \(a, b, \*, k\)"):
        compare(*models, data, metrics=[lambda p, q: p])
