"""Stored attributions of an earlier version in place of a model: what is judged, and refused."""

from dataclasses import replace

import numpy as np
import pytest

import explainprune as xp
from explainprune.network import FormulaNetwork, perceptron

RNG = np.random.default_rng(0)
X, LEARNT = RNG.normal(size=(60, 4)), RNG.normal(size=(50, 4))
DATA = xp.load_data(((LEARNT, LEARNT[:, 0]), (X, X[:, 0])))


def linear(*weights):
    return FormulaNetwork(lambda x: x @ np.array(weights), 4, gradient=lambda x: np.tile(
        np.array(weights)[None, :, None], (len(x), 1, 1)))  # fmt: skip


DENSE, EARLIER = linear(3.0, 2.0, 1.0, 0.0), linear(3.0, 2.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "earlier.npz"
    xp.attribute_to(path, EARLIER, DATA, method="permutation", target=0)
    return path


def by_definition(background):
    """Moved weight and cosine of networks whose Shapley values are w (x − mean background)."""
    change = X - background.mean(axis=0)
    ours, theirs = (change * w for w in ([3.0, 2, 1, 0], [3.0, 2, 0, 1]))
    shares = [each / np.abs(each).sum(axis=1, keepdims=True) for each in (ours, theirs)]
    norms = [np.linalg.norm(each, axis=1) for each in (ours, theirs)]
    cosine = (ours * theirs).sum(axis=1) / np.prod(norms, axis=0)
    return (np.abs(shares[0] - shares[1]).sum(axis=1) / 2).mean(), cosine.mean()


def test_what_moved_is_that_of_the_definition(stored):
    kept = xp.Attribution.load(stored)
    found = xp.compare(DENSE, stored, DATA, names=("now", "before"))
    # Without a background of its own, the data's 50 rows to learn from are all of it.
    figures = found.comparisons["now|before"]
    moved, known = figures["moved_weight"], by_definition(LEARNT)
    assert (moved.value, figures["cosine"].value) == pytest.approx(known, rel=1e-5)
    assert moved.note == "interval over 60 rows"
    assert found.verdict.label == "changed" and "margin 15 %" in found.verdict.sentence
    assert "Attributions that were stored stand for the before model." in found.verdict.sentence
    assert found.clarity.label == "inconclusive"
    assert "Whether the before model still works isn't known" in found.clarity.sentence
    assert found.models["before"].accuracy is None and found.certificate is None
    assert set(found.comparisons) == {"now|before", "now|random_weights", "now|shuffled_samples"}
    again = xp.compare(DENSE, kept, DATA, names=("now", "before"))
    assert again.to_dict() == found.to_dict()


def test_the_same_attributions_are_preserved():
    kept = xp.attribute(DENSE, DATA, method="permutation", target=0)
    found = xp.compare(DENSE, kept, DATA)
    assert found.verdict.label == "preserved"
    assert found.comparisons["dense|other"]["moved_weight"].value == 0


@pytest.mark.parametrize("output", ["logit", "centred"])
def test_of_raw_logits_it_is_said_that_a_common_shift_counts(output):
    model = perceptron(4, 2, hidden=(3,), seed=0)
    data = xp.load_data(((LEARNT.astype("f"), LEARNT[:, 0] > 0), (X.astype("f"), X[:, 0] > 0)))
    found = xp.compare(model, xp.attribute(model, data, output=output), data, detail=False)
    assert ("Raw logits were explained" in found.verdict.sentence) == (output == "logit")
    assert found.comparisons["dense|other"]["moved_weight"].value == 0


def test_a_page_can_be_written_of_it(stored, tmp_path):
    page = xp.report(xp.compare(DENSE, stored, DATA), tmp_path / "r")
    assert "Attributions that were stored" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": X[::-1]}, "are of other rows: 60, these are 60. Explain and compare the same"),
        ({"options": {"background_sha256": "0"}}, "had another background. Pass the rows"),
        ({"options": {}}, "don't say what their background was: an earlier version wrote them"),
        ({"method": "mine"}, "Unknown method 'mine'"),
        ({"targets": None}, "where a method of ours explained one output of each row"),
        ({"values": np.zeros((60, 3))}, "have 3 values for each row, these 4"),
    ],
)
def test_what_does_not_match_is_refused(stored, change, message):
    with pytest.raises(ValueError, match=message):
        xp.compare(DENSE, replace(xp.Attribution.load(stored), **change), DATA)


def test_what_needs_the_other_model_is_refused(stored):
    with pytest.raises(ValueError, match=r"stored attributions methods, threshold can't be chosen"):
        xp.compare(DENSE, stored, DATA, methods=["exact"], threshold=0.3)
    with pytest.raises(ValueError, match=r"'a.csv' is a table: it doesn't say what was explained"):
        xp.compare(DENSE, "a.csv", DATA)
    with pytest.raises(ValueError, match="one by one"):
        xp.compare_several(DENSE, {"a": stored, "b": EARLIER}, DATA)
