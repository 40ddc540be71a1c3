"""Nothing is absolute: in other units of its inputs or outputs a model has the same reasons."""

import inspect

import numpy as np
import pytest
from keras_cases import randomised, sequential

from explainprune.analysis.attribution import METHODS, attribute
from explainprune.analysis.attribution.scale import fitted_scale
from explainprune.network import FormulaNetwork
from explainprune.network.backend import keras

L = keras.layers
RNG = np.random.default_rng(0)
X, BACKGROUND = (RNG.random((count, 4, 4, 1)).astype("float32") for count in (2, 4))
# Powers of two: in floats, multiplying by them changes no other digit.
UNITS = (2.0**-20, 2.0**27)
OPTIONS = {"shap_gradient": {"nsamples": 20}, "smoothgrad": {"draws": 8}}


def model_in(unit_in=1.0, unit_out=1.0):
    """Return one network of ReLU and tanh, reading and outputting other units."""
    stack = [L.Conv2D(2, 2, activation="relu", name="convolution"), L.MaxPooling2D(2), L.Flatten()]
    stack += [L.Dense(4, "tanh"), L.Dense(2)]
    model = randomised(sequential((4, 4, 1), *stack), seed=1, scale=1)
    model.layers[0].kernel.assign(model.layers[0].kernel / unit_in)
    for variable in model.layers[-1].weights:
        variable.assign(variable * unit_out)
    return model


@pytest.fixture(scope="module")
def plain():
    return model_in()


def explained(model, method, unit_in=1.0, **options):
    options = {"target": 1, **OPTIONS.get(method, {}), **options}
    return attribute(model, X * unit_in, background=BACKGROUND * unit_in, method=method, **options)


def same(found, expected, unit=1.0):
    """Compare all that is said of two attributions, one of them in another unit."""
    for name in ("values", "std_error", "gap_error", "base", "output"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert (ours is None) == (theirs is None), name
        if theirs is not None:
            np.testing.assert_allclose(
                ours / unit, theirs, rtol=2e-5, atol=2e-6 * np.abs(theirs).max(), err_msg=name
            )
    assert found.notes == expected.notes
    assert found.options == expected.options


@pytest.fixture(scope="module", params=UNITS)
def other(request):
    unit = request.param
    return unit, model_in(unit_out=unit), model_in(unit_in=unit)


@pytest.mark.parametrize("method", METHODS)
def test_outputs_in_other_units(method, plain, other):
    unit, in_outputs, _ = other
    same(explained(in_outputs, method), explained(plain, method), unit)


@pytest.mark.parametrize("method", METHODS)
def test_inputs_in_other_units(method, plain, other):
    unit, _, in_inputs = other
    slopes = {"gradient", "smoothgrad", "guided_backprop", "guided_gradcam"}
    found, expected = explained(in_inputs, method, unit), explained(plain, method)
    changed = 1 / unit if method in slopes else 1.0
    np.testing.assert_allclose(
        found.values / changed, expected.values, atol=2e-6 * np.abs(expected.values).max()
    )
    assert found.notes == expected.notes


@pytest.mark.parametrize(
    "method",
    [name for name in METHODS if "tolerance" in inspect.signature(METHODS[name]).parameters],
)
def test_a_tolerance_takes_as_many_draws_in_any_unit(method, plain, other):
    unit, in_outputs, _ = other
    tolerance = 1e-3 if method == "integrated_gradients" else 0.5
    found, expected = (explained(m, method, tolerance=tolerance) for m in (in_outputs, plain))
    same(found, expected, unit)


@pytest.mark.parametrize("unit", [1e-9, 1e6])
@pytest.mark.parametrize("bend", ["leaky_relu", "relu6", "abs", "square", "softsign"])
def test_bends_are_followed_however_small_their_inputs(bend, unit):
    """deep_shap's slopes are Δout/Δin for any size of Δin, on both sides of a kink."""
    functions = {"abs": keras.ops.abs, "square": keras.ops.square}
    i = keras.Input((3,))
    bent = functions.get(bend, getattr(keras.activations, bend, None))(i)
    weights = np.array([1.0, -2.0, 3.0], "float32")
    model = keras.Model(i, keras.ops.sum(bent * weights, axis=1, keepdims=True))
    x = np.array([[1.0, -0.25, 2.0]], "float32") * unit
    background = np.array([[-0.5, 0.75, -1.0]], "float32") * unit
    found = attribute(model, x, background=background, method="deep_shap", target=0)
    at = {
        "leaky_relu": lambda v: np.where(v > 0, v, 0.2 * v),
        "relu6": lambda v: np.clip(v, 0, 6),
        "abs": np.abs,
        "square": np.square,
        "softsign": lambda v: v / (1 + np.abs(v)),
    }[bend]
    expected = (at(x.astype(float)) - at(background.astype(float))) * weights
    np.testing.assert_allclose(found.values, expected, rtol=1e-4, atol=1e-6 * abs(expected).max())


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_slopes_of_a_formula_in_any_unit(unit):
    network = FormulaNetwork(lambda x: np.sin(x[:, 0] / unit) * x[:, 1], 2)
    found = network.jacobian(np.array([[1.0, 2.0]]) * unit)[0, :, 0]
    np.testing.assert_allclose(found, [2 * np.cos(1.0), np.sin(1.0)], rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_a_scale_is_fitted_in_any_unit_and_not_to_rounding(unit):
    dense = np.array([[0.0], [1.0], [2.0]]) * unit
    assert fitted_scale(dense, 3 * dense).beta == pytest.approx(3)
    flat = (1 + np.array([[0.0], [1e-7], [0.0]], "float32")).astype("float32") * np.float32(unit)
    with pytest.raises(ValueError, match="beta can't be fitted"):
        fitted_scale(flat, dense)
