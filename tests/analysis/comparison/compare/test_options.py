"""`compare` on formulas: every option, and what is refused."""

import numpy as np
import pytest
from comparison_cases import PAIR, QUICK

from explainprune.analysis import compare
from explainprune.network import FormulaNetwork
from explainprune.types import Data, Rows


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
    names = ["dense", "pruned", "placebo", "retrained", "twin", "random_weights"]
    assert list(result.models) == names
    moved = {n: result.comparisons[f"dense|{n}"]["moved_weight"].value for n in names[1:]}
    assert moved["twin"] == 0.0
    assert 0 < moved["placebo"] < moved["pruned"] < moved["retrained"]
    for arm in names[2:5]:
        assert result.verdict.evidence[arm].value == moved[arm]
    first = result.verdict.sentence[: result.verdict.sentence.index(".")]
    assert "more than further training without pruning moves and less than" in first
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

    def margin(outputs_a, outputs_b=None, y=None):
        return float(np.ptp(outputs_a))

    def farthest(outputs_a, outputs_b, y):
        return np.abs(outputs_a - outputs_b).max(axis=1)

    asked = ["jaccard", "infidelity", largest, same_largest, margin, farthest]
    result = compare(*models, data, metrics=asked, **QUICK)
    figures = result.comparisons[PAIR]
    assert {"jaccard", "same_largest", "moved_weight", "naopc_drop"} <= figures.keys()
    assert "cosine" not in figures
    whole = result.models["dense"].slices["all rows"]
    assert {"largest", "infidelity", "effective_features", "naopc"} <= whole.keys()
    assert whole["margin"].value == pytest.approx(np.ptp(models[0].outputs(data.x)))
    assert whole["margin"].note == "one figure for all rows: no interval"
    assert "farthest" not in whole  # it reads two networks: a figure of the pair
    apart = np.abs(models[0].outputs(data.x) - models[1].outputs(data.x)).max(axis=1)
    assert figures["farthest"].value == pytest.approx(apart.mean())
    assert result.clarity.evidence["accuracy_drop"].value > 0  # the verdict needs it all the same


def test_rows_are_capped_by_a_seeded_sample(models, data):
    result = compare(*models, data, rows=25, background=15)
    assert result.comparisons[PAIR]["moved_weight"].n == result.models["dense"].n == 25
    assert "A sample of 25 of 90 rows was scored." in result.notes
    assert max(sample.row for sample in result.detail.samples) > 25
    for sample in result.detail.samples:
        np.testing.assert_allclose(sample.x, data.x[sample.row], rtol=1e-6)


def test_one_row_has_no_intervals_and_says_so(models, data, normal_rows):
    one = data.with_(scored=data.scored.take([0]), train=Rows(normal_rows(50, seed=8)))
    result = compare(*models, one, background=15)
    for pair, figures in result.comparisons.items():
        for measure in figures.values():
            assert measure.interval is None or pair == "dense|random_weights"  # over eight copies
            assert measure.note
    assert result.verdict.label == result.clarity.label == "inconclusive"
    assert "One row can't decide: a verdict needs 25" in result.verdict.sentence
    assert "dense|shuffled_samples" not in result.comparisons


def test_groups_are_slices(models, data):
    group = np.where(np.arange(90) % 3 == 0, "left", "right")
    grouped = data.with_(scored=Rows(data.x, data.y, group))
    result = compare(*models, grouped, **QUICK)
    assert result.slices[PAIR]["group left"]["moved_weight"].n == 30
    assert result.slices["dense|redrawn_background"]["group right"]["moved_weight"].n == 60
    assert result.verdict.worst["group"] in ("group left", "group right")
    right = (models[1].outputs(data.x).argmax(axis=1) == data.y)[group == "left"].mean()
    assert result.models["other"].slices["group left"]["accuracy"].value == pytest.approx(right)


def test_class_names_are_used(models, data):
    named = data.with_(class_names=("ant", "bee", "cat"))
    result = compare(*models, named, background=15)
    assert {"class ant", "class bee", "class cat"} <= result.slices[PAIR].keys()
    assert result.detail.samples[0].label in ("ant", "bee", "cat")
    assert result.detail.samples[0].dense_says.split(" (")[0] in ("ant", "bee", "cat")


def test_a_single_baseline_has_no_background_part(models, data):
    result = compare(*models, data, background=np.zeros((1, 8)), detail=False)
    evidence = result.verdict.evidence
    assert "stability" not in evidence
    assert "dense|redrawn_background" not in result.comparisons
    assert "The background is a single baseline: there is nothing to redraw." in result.notes
    assert evidence["moved_weight"].note == "interval over 90 rows"


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


def test_random_networks_stand_in_for_formulas(result):
    assert result.models["dense"].params is None
    assert result.models["dense"].note == "A formula: it has no size."
    mark = result.verdict.evidence["random_weights"]
    assert (mark.n, mark.unit) == (8, "copies")
    assert mark.low > 0.15
    assert any("seeded random ReLU networks" in note for note in result.notes)


def test_names_travel_everywhere(models, data):
    result = compare(*models, data, names=("before", "after"), background=15)
    assert list(result.models)[:2] == ["before", "after"]
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
    fails(r"backgrounds is the number of draws .* Received: 1", backgrounds=1)
    fails(r"effort counts pairs of rows: at least 1. Received: 0", effort=0)
    fails(r"Unknown value of copies 'merged'. .*clustered, independent", copies="merged")
    fails(r"target is a class from 0 to 2. Received: 3", target=3)
    fails(r"Unknown class 'ant'", target="ant")
    fails(r"clusters needs one entry for each of the 90 rows", clusters=[1, 2])
    fails(r"background needs at least one row", background=np.zeros((0, 8)))
    fails(r"background is a number of rows, or the rows.*Received: 'many'", background="many")
    fails(r"background needs rows of shape \(8,\), as x has.*\(3, 7\)", background=np.zeros((3, 7)))
    fails(r"k=9 leading features were asked for, but there are 8", k=9)
    fails(r"k counts leading features: at least 1. Received: 0", k=0)
    fails(r"^margin is a share between 0 and 1. Received: 10", margin=10)
    fails(r"accuracy_margin is a share", accuracy_margin=0)
    fails(r"Received: 'dense', which is used twice", names=("dense", "dense"))
    fails(r"'random_weights', which is an arm of every", arms={"random_weights": models[0]})
    fails(r"has no '\|' in it.* Received: 'a\|b'", names=("a|b", "c"))
    fails(r"names holds two names", names=("one",))
    fails(r"names holds two names", names=("one", 2))
    wrong = Data(Rows(data.x, np.full(90, 3)), task="classification")
    fails(r"class indices from 0 to 2. Received: 3 among", rows=wrong)
    fails(r"NaN or infinite", rows=np.full((3, 8), np.nan))
    fails(r"at least one row", rows=np.zeros((0, 8)))
    with pytest.raises(ValueError, match=r"at least 1. Received: 0"):
        compare(*models, data, rows=0)
    with pytest.raises(TypeError, match=r"A metric takes \(a, b, \*, k\)"):
        compare(*models, data, metrics=[lambda p, q: p])


def image_sums(side, weight):
    """A network of two outputs that reads the first rows of pixels of an image, laid flat."""
    wide = side * side
    kernel = np.zeros((wide, 2))
    kernel[: 3 * side, 0], kernel[3 * side :, 1] = 1.0, weight
    return FormulaNetwork(lambda x: x @ kernel, wide, n_outputs=2)


def test_large_images_are_joined_into_patches_where_players_cost_calls():
    images = np.random.default_rng(0).normal(size=(12, 1600))
    data = Data(Rows(images), image_shape=(40, 40))
    pair = image_sums(40, 0.1), image_sums(40, 0.2)
    options = {"background": np.zeros((1, 1600)), "methods": ("occlusion",), "detail": False}
    joined = compare(*pair, data, **options)
    assert joined.provenance["players"] == 64
    assert joined.notes[0].startswith("Players are 64 patches of 5 × 5 pixels, all channels")
    assert "players='each'" in joined.notes[0]
    own = compare(*pair, data, players="patch:20", **options)
    assert own.provenance["players"] == 4 and "patches" not in own.notes[0]
    each = compare(*pair, data, players="each", **options)
    assert each.provenance["players"] == 1600 and "patches" not in each.notes[0]
    small = Data(Rows(images[:, :900]), image_shape=(30, 30))
    options["background"] = np.zeros((1, 900))
    alone = compare(image_sums(30, 0.1), image_sums(30, 0.2), small, **options)
    assert alone.provenance["players"] == 900


def test_a_metric_of_ones_own_returns_a_number_for_each_row(models, data):
    def three(a, b, *, k):
        return np.ones(3)

    with pytest.raises(ValueError, match=r"Metric 'three' returns one number for each of \d+ rows"):
        compare(*models, data, **{**QUICK, "metrics": [three]})
