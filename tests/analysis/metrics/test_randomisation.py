"""Randomised parameters: which layer is redrawn when, and what must (not) survive it."""

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.analysis.metrics import METRICS
from explainprune.analysis.metrics.quality.randomisation import randomised_layers, seed_of
from explainprune.network import (
    FormulaNetwork,
    as_network,
    randomised,
    redrawn_by_layer,
    weights_of,
)
from explainprune.network.variables import with_weights

cascading, independent = (METRICS[f"{name}_randomisation"] for name in ("cascading", "independent"))


@pytest.fixture(scope="module")
def model():
    from explainprune.network.backend import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(12, "relu", name="first"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(8, "relu", name="second"),
            layers.Dense(3, name="last"),
        ]
    )


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(size=(15, 6)).astype("float32")


def explainer(model, method="gradient_input"):
    """Explains the model, or a clone with some weights replaced."""

    def explain(rows, targets, weights=None):
        of = model if weights is None else with_weights(model, weights)
        background = np.zeros((1, 6), "float32")
        return attribute(of, rows, background=background, method=method, target=targets).values

    return explain


def test_layers_come_from_the_output_down_and_all_together_are_a_random_model(model):
    drawn = redrawn_by_layer(model, 5)
    assert [layer for layer, _ in drawn] == ["last", "second", "norm", "first"]
    joined = {path: values for _, each in drawn for path, values in each.items()}
    whole = weights_of(randomised(model, 5))
    assert joined.keys() == whole.keys()
    for path, values in whole.items():
        np.testing.assert_array_equal(joined[path], values)
    assert np.abs(joined["first/kernel"] - weights_of(model)["first/kernel"]).min() > 0


@pytest.mark.parametrize("cascade", [True, False])
def test_weights_are_replaced_in_order_and_stay_only_in_a_cascade(model, x, cascade):
    seen = []

    def explain(rows, targets, weights=None):
        seen.append(None if weights is None else sorted({p.split("/")[0] for p in weights}))
        return np.asarray(rows)

    network = as_network(model, output="logit", like=x)
    found = randomised_layers(network, x, np.zeros(15, int), explain, cascade)
    names = ["last", "second", "norm", "first"]
    assert list(found) == names
    expected = [sorted(names[: i + 1]) if cascade else [name] for i, name in enumerate(names)]
    assert seen == [None, *expected]


def test_the_input_itself_survives_everything_and_a_gradient_does_not(model, x):
    network, targets = as_network(model, output="logit", like=x), np.zeros(15, int)
    blind = lambda rows, targets, weights=None: np.asarray(rows)  # noqa: E731
    for metric in (cascading, independent):
        np.testing.assert_allclose(metric(network, x, targets, blind), 1.0)
    own = cascading(network, x, targets, explainer(model))
    assert own.shape == (15,)
    assert abs(own.mean()) < 0.5
    steps = randomised_layers(network, x, targets, explainer(model))
    np.testing.assert_allclose(own, np.mean(list(steps.values()), axis=0))


def test_each_step_is_the_similarity_to_the_model_with_those_weights(model, x):
    network, targets = as_network(model, output="logit", like=x), np.ones(15, int)
    explain = explainer(model)
    found = randomised_layers(network, x, targets, explain, False, METRICS["cosine"], seed=2)
    (_, last), *_ = redrawn_by_layer(model, seed_of(2))
    other = attribute(
        with_weights(model, last),
        x,
        background=np.zeros((1, 6), "float32"),
        method="gradient_input",
        target=targets,
    ).values
    expected = METRICS["cosine"](explain(x, targets), other, k=1)
    np.testing.assert_allclose(found["last"], expected, atol=1e-6)


def test_an_explanation_that_vanishes_is_like_nothing(model, x):
    def explain(rows, targets, weights=None):
        return np.asarray(rows) * (weights is None)

    network = as_network(model, output="logit", like=x)
    np.testing.assert_array_equal(cascading(network, x, np.zeros(15, int), explain), 0.0)


def test_a_formula_has_no_layers(x):
    network = FormulaNetwork(lambda x: x[:, 0], 6)
    blind = lambda rows, targets, weights=None: rows  # noqa: E731
    assert np.isnan(cascading(network, x, np.zeros(15, int), blind)).all()
    assert np.isnan(independent(network, x, np.zeros(15, int), None)).all()
