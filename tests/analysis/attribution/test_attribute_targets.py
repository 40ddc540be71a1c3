"""Targets and labels: which output is explained, and what is no output."""

import numpy as np
import pytest
from attribute_cases import X, explain, network

# Targets


def test_targets():
    for target, expected in [
        ("predicted", [1, 1]),
        (0, [0, 0]),
        (np.int64(1), [1, 1]),
        ([1, 0], [1, 0]),
        (np.array([0, 1], dtype=np.uint8), [0, 1]),
    ]:
        found = explain(target=target)
        np.testing.assert_array_equal(found.targets, expected)
        np.testing.assert_allclose(found.output, (1 + np.array(expected)) * [14, 32])
    every = explain(target="all")
    assert every.targets is None
    assert every.base.shape == (2, 2)


def test_labels_may_be_one_hot_columns_or_numbers():
    for y in ([1, 0], [[0, 1], [1, 0]], [[1], [0]], [1.0, 0.0]):
        found = explain(y=np.array(y), target="true")
        np.testing.assert_array_equal(found.targets, [1, 0])


def test_a_single_output_is_the_target_of_every_label():
    found = explain(model=network(1), y=[0, 1], target="true")
    np.testing.assert_array_equal(found.targets, [0, 0])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (2, "target 2 is out of range: the network has 2 outputs, expected 0 … 1."),
        (-1, "target -1 is out of range"),
        ([0, 5], "target 5 is out of range"),
        ([0, 1, 0], r"target needs one index for each of the 2 samples. Received: shape=\(3,\)."),
        ("predict", "Unknown target 'predict'. Did you mean 'predicted'?"),
        ((0, 1), "A tuple of indices needs a Keras model"),
        ("true", "target='true' needs labels: pass y=, or an x that carries them."),
    ],
)
def test_targets_that_do_not_fit(target, message):
    with pytest.raises(ValueError, match=message):
        explain(target=target)


@pytest.mark.parametrize("target", [1.5, True, None, [0.5, 1.0], {"a": 1}])
def test_targets_of_another_type(target):
    with pytest.raises(TypeError, match="target is 'predicted', 'true', 'all', an int, a tuple"):
        explain(target=target)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1, 1], r"y needs one label for each of the 2 rows of x. Received: shape=\(3,\)."),
        ([0, 2], "label 2 is out of range: the network has 2 outputs"),
        ([0.5, 1], "needs one class index for each sample"),
        ([[1, 1], [0, 1]], "Received: labels of several classes at once"),
    ],
)
def test_labels_that_do_not_fit(y, message):
    with pytest.raises(ValueError, match=message):
        explain(y=y, target="true")


# Backgrounds and inputs that are refused


@pytest.mark.parametrize(
    ("background", "message"),
    [
        (None, "background is missing: pass background= the rows"),
        (np.zeros((0, 3)), r"background needs at least one row. Received: shape=\(0, 3\)."),
        (np.full((2, 3), np.nan), "background has 6 values that are NaN or infinite"),
        (np.zeros((2, 4)), r"background does not fit the network. Expected shape \(n, 3\)"),
        (np.zeros((2, 3, 2)), "background does not fit the network"),
        ([["a", "b", "c"]], "background is text, which a formula doesn't read"),
    ],
)
def test_backgrounds_that_do_not_fit(background, message):
    with pytest.raises(ValueError, match=message):
        explain(background=background)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((0, 3)), r"x needs at least one row. Received: shape=\(0, 3\)."),
        (np.zeros(3), r"x does not fit the network. Expected shape \(n, 3\)"),
        (np.zeros((2, 4)), r"as many features. Received: shape=\(2, 4\)."),
        (np.array([[1.0, np.inf, 0.0]]), r"the first is inf at index \(0, 1\)"),
        ([["a", "b", "c"]], "x is text, which a formula doesn't read"),
        ({"a": X}, "x is one array for a network of one input"),
        (np.float64(3.0), "x needs a row axis"),
    ],
)
def test_rows_that_do_not_fit(x, message):
    with pytest.raises(ValueError, match=message):
        explain(x)
