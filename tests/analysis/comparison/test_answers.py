"""Confusions, flips and reliability of a pair, against counting."""

import numpy as np
import pytest

from explainprune.analysis import compare
from explainprune.data import load_data
from explainprune.network import FormulaNetwork

OPTIONS = {"detail": False, "metrics": [], "background": 20}


def three(shift=0.0):
    read = np.random.default_rng(3).normal(size=(4, 3))
    read = read + shift * np.random.default_rng(4).normal(size=(4, 3))
    gradient = np.broadcast_to
    return FormulaNetwork(
        lambda x: x @ read, 4, n_outputs=3, gradient=lambda x: gradient(read, (len(x), 4, 3))
    )


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    y = three().outputs(x).argmax(axis=1)
    y[:60] = rng.integers(0, 3, 60)
    return x, y


def test_every_matrix_is_what_counting_gives(rows):
    x, y = rows
    found = compare(three(), three(0.5), load_data(rows, class_names=["a", "b", "c"]), **OPTIONS)
    ours, theirs = (net.outputs(x).argmax(axis=1) for net in (three(), three(0.5)))
    answers = found.answers
    assert (answers.classes, answers.rows) == (("a", "b", "c"), 300)
    for name, said in (("dense", ours), ("other", theirs)):
        slow = {(i, j): ((y == i) & (said == j)).sum() for i in range(3) for j in range(3)}
        assert {(a, b): n for a, b, n in answers.confusion[name]} == {
            key: n for key, n in slow.items() if n
        }
    flips = {(a, b): n for a, b, n in answers.flips}
    assert flips == {
        (i, j): n
        for i in range(3)
        for j in range(3)
        if i != j and (n := ((ours == i) & (theirs == j)).sum())
    }
    lost = (ours == y) & (theirs != y)
    assert sum(n for *_, n in answers.negative) == lost.sum() > 0
    assert answers.positive == ((ours != y) & (theirs == y)).sum() > 0


def test_bins_of_confidence_hold_all_rows_and_average_to_the_accuracy(rows):
    found = compare(three(), three(0.5), rows, **OPTIONS | {"metrics": ["accuracy"]})
    for name in ("dense", "other"):
        bins = found.answers.reliability[name]
        assert sum(one.right.n for one in bins) == 300
        right = sum(one.right.n * one.right.value for one in bins) / 300
        assert right == pytest.approx(found.models[name].accuracy)
        sure = [one.confidence for one in bins]
        assert sure == sorted(sure)
        assert all(one.right.interval for one in bins)


def test_a_class_has_its_own_precision_and_no_calibration_error(rows):
    x, y = rows
    metrics = ["accuracy", "precision", "ece"]
    found = compare(three(), three(0.5), rows, **OPTIONS | {"metrics": metrics})
    said = three(0.5).outputs(x).argmax(axis=1)
    for k in range(3):
        part = found.models["other"].slices[f"class {k}"]
        assert part["precision"].value == pytest.approx((y[said == k] == k).mean())
        assert part["accuracy"].value == pytest.approx((said[y == k] == k).mean())
        assert "ece" not in part
    assert found.models["other"].slices["all rows"]["ece"].interval is not None


def test_without_labels_only_flips_are_known_and_a_regression_has_none(rows):
    x, _ = rows
    found = compare(three(), three(0.5), x, **OPTIONS).answers
    assert found.flips
    assert not found.confusion
    assert not found.reliability
    line = FormulaNetwork(lambda x: x @ np.arange(4.0), 4)
    assert compare(line, line, (x, x @ np.ones(4)), **OPTIONS).answers.classes == ()
