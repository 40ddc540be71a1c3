"""Each criterion again, slowly, from its definition, over single samples."""

import numpy as np
import pytest

from explainprune.criteria import importance

AXES = {"first": -1, "second": -1, "last": -1}


def units_last(values):
    return values.reshape(len(values), -1, values.shape[-1])


def magnitude(kernel, record):
    return np.vectorize(abs)(kernel)


def magnitude_l2(kernel, record):
    return np.vectorize(lambda w: w * w)(kernel)


def gradient(kernel, record):
    return abs(sum(record["w"]) / len(record["w"]))


def taylor(kernel, record):
    return abs(kernel * (sum(record["w"]) / len(record["w"])))


def activation(kernel, record):
    a = units_last(record["a"])
    return np.array(
        [np.mean([abs(v) for row in a for v in row[:, unit]]) for unit in range(a.shape[2])]
    )


def apoz(kernel, record):
    a = units_last(record["a"])
    counts = [sum(v == 0 for row in a for v in row[:, unit]) for unit in range(a.shape[2])]
    return 1 - np.array(counts) / (a.shape[0] * a.shape[1])


WEIGHTS = [magnitude, magnitude_l2, gradient, taylor]
UNITS = [activation, apoz]


def unit_axis(layer):
    return -2 if "Transpose" in type(layer).__name__ else -1


@pytest.mark.parametrize("reference", WEIGHTS, ids=lambda f: f.__name__)
def test_weight_scores(case, slow, reference):
    model, x, y = case
    by_weight = importance(model, x, y, criterion=reference.__name__, level="weight")
    by_unit = importance(model, x, y, criterion=reference.__name__)
    assert list(by_weight.scores) == [f"{name}/kernel" for name in slow]
    for name, record in slow.items():
        layer = model.get_layer(name)
        expected = reference(layer.kernel.numpy(), record)
        np.testing.assert_allclose(by_weight[f"{name}/kernel"], expected, rtol=2e-4, atol=1e-7)
        kept = unit_axis(layer) % expected.ndim
        total = np.moveaxis(expected, kept, 0).reshape(expected.shape[kept], -1).sum(axis=1)
        np.testing.assert_allclose(by_unit[name], total, rtol=2e-4, atol=1e-7)


@pytest.mark.parametrize("reference", UNITS, ids=lambda f: f.__name__)
def test_unit_scores(case, slow, reference):
    model, x, y = case
    scores = importance(model, x, y, criterion=reference.__name__)
    for name, record in slow.items():
        expected = reference(None, record)
        np.testing.assert_allclose(scores[name], expected, rtol=1e-5, atol=1e-7)


def test_random_is_uniform_and_seeded(case):
    model, *_ = case
    one, same, other = (
        importance(model, criterion="random", level="weight", seed=seed) for seed in (1, 1, 2)
    )
    flat = np.concatenate([scores.ravel() for scores in one.scores.values()])
    assert flat.min() >= 0 and flat.max() < 1
    assert len(np.unique(flat)) == flat.size
    for path, scores in one.scores.items():
        np.testing.assert_array_equal(scores, same[path])
        assert not np.array_equal(scores, other[path])
