"""Integrals along the line, against the formulas on what a probe of each layer sees."""

import numpy as np
import pytest
from calibration_cases import L, images, mlp

from explainprune.network.backend import keras
from explainprune.network.listing import prunable_layers
from explainprune.network.statistics.line import STEPS, Line
from explainprune.network.statistics.probing import probes


def branched():
    """One layer beside another: neither cuts the network."""
    x = keras.Input((5,))
    left = L.Dense(4, activation="tanh", name="left")(x)
    right = L.Dense(3, activation="relu", name="right")(x)
    joined = L.Concatenate()([left, right])
    return keras.Model(x, L.Dense(3, name="out")(L.Dense(4, "softplus", name="after")(joined)))


def expected(probe):
    """Return both integrals and the gap, row by row in float64."""
    (a, slope), *more = probe.along(STEPS)
    assert not more
    middle = (slope[:, 1:] + slope[:, :-1]) / 2
    conductance = (middle * np.diff(a, axis=1)).sum(axis=(1, 2))
    influence = middle.mean(axis=1).sum(axis=1)
    moved = probe.moved()
    gap = abs(conductance.sum(axis=1) - moved).max() / abs(moved).max() if probe.cuts else np.nan
    return abs(conductance).mean(axis=0), abs(influence).mean(axis=0), gap


@pytest.mark.parametrize("target", [None, 1])
@pytest.mark.parametrize("build", [mlp, images, branched])
def test_against_the_formulas(build, target):
    keras.utils.set_random_seed(5)
    model = build()
    x = np.random.default_rng(0).normal(size=(11, *model.input_shape[1:])).astype(np.float32)
    probed = {path: probe.on(None, target) for path, probe in probes(model, x).items()}
    infos = prunable_layers(model)
    for_four = 4 * 16 * (STEPS + 1) * Line(model, infos)._model.size
    line = Line(model, infos, memory_bytes=for_four)
    assert line._rows == 4, "several calls are joined"
    found = line([x], target)
    assert found.keys() == probed.keys()
    for path, probe in probed.items():
        conductance, influence, gap = expected(probe)
        np.testing.assert_allclose(found[path]["line_conductance"], conductance, rtol=1e-4)
        np.testing.assert_allclose(found[path]["line_influence"], influence, rtol=1e-4)
        np.testing.assert_allclose(found[path]["line_gap"], gap, rtol=1e-3, atol=1e-6)
        assert np.isnan(gap) == (path in ("left", "right"))


def test_integers_have_no_line_between_them():
    words = keras.Input((3,), dtype="int32")
    h = L.Dense(4, name="a")(L.Flatten()(L.Embedding(9, 2)(words)))
    model = keras.Model(words, L.Dense(2)(h))
    with pytest.raises(ValueError, match="no line between inputs of dtype int32"):
        Line(model, prunable_layers(model))([np.ones((2, 3), "int32")])
