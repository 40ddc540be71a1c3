"""An output of one unit for two classes: 1 is yes, 0 is no with the sign turned, everywhere."""

import numpy as np
import pytest

from explainprune.analysis.attribution import METHODS, attribute, attribute_change, exact_cost
from explainprune.data import load_data
from explainprune.network import as_network
from explainprune.network.backend import keras

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4)).astype("float32")
BACK = RNG.normal(size=(12, 4)).astype("float32")
LABELS = np.array([0, 1, 0, 1, 0, 1])
NEEDS_PLACES = {"gradcam", "guided_gradcam"}


def sigmoid():
    return keras.Sequential([keras.Input((4,)), L.Dense(8, "relu"), L.Dense(1, "sigmoid")])


def activation_layer():
    layers = [L.Dense(8, "relu"), L.Dense(1), L.Activation("sigmoid"), L.Flatten()]
    return keras.Sequential([keras.Input((4,)), *layers])


def nested():
    inputs = keras.Input((4,))
    head = keras.Sequential([keras.Input((8,)), L.Dense(1, "sigmoid")])
    return keras.Model(inputs, head(L.Dense(8, "tanh")(inputs)))


def logit():
    model = keras.Sequential([keras.Input((4,)), L.Dense(8, "relu"), L.Dense(1)])
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def named_loss():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, {"bought": L.Dense(1, name="bought")(L.Dense(5, "tanh")(inputs))})
    model.compile("sgd", {"bought": "binary_focal_crossentropy"})
    return model


def of_shape_nothing():
    inputs = keras.Input((4,))
    return keras.Model(inputs, L.Dense(1, "sigmoid")(L.Dense(8, "relu")(inputs))[:, 0])


MODELS = [sigmoid, activation_layer, nested, logit, named_loss, of_shape_nothing]


def made(make):
    keras.utils.set_random_seed(0)
    return make()


def unit(model, output="logit"):
    """The network with its single output."""
    return as_network(model, output)


@pytest.mark.parametrize("make", MODELS)
def test_no_is_yes_with_the_sign_turned(make):
    model = made(make)
    how = {"background": BACK, "method": "integrated_gradients"}
    yes = attribute(model, X, target=1, **how)
    one = attribute(unit(model), X, target=0, **how)
    np.testing.assert_allclose(yes.values, one.values, atol=1e-5)
    assert np.abs(yes.values).max() > 0.05
    no = attribute(model, X, target=0, **how)
    np.testing.assert_allclose(no.values, -yes.values, atol=1e-6)
    np.testing.assert_allclose(no.output, -yes.output, atol=1e-6)
    np.testing.assert_allclose(no.base, -yes.base, atol=1e-6)
    signs = np.where(LABELS == 1, 1, -1)[:, None]
    for labels in (LABELS, LABELS[:, None], LABELS.astype(bool), np.eye(2)[LABELS]):
        true = attribute(model, X, y=labels, target="true", **how)
        np.testing.assert_allclose(true.values, signs * yes.values, atol=1e-6)
    both = attribute(model, X, target="all", **how)
    np.testing.assert_allclose(both.values, np.stack([no.values, yes.values], axis=-1), atol=1e-6)


@pytest.mark.parametrize("make", MODELS)
def test_predicted_is_the_likelier_class(make):
    model = made(make)
    found = attribute(model, X, background=BACK)
    likely = (unit(model).outputs(X)[:, 0] > 0).astype(int)
    assert found.targets.tolist() == likely.tolist() and 0 < likely.sum() < 6
    assert (found.output >= 0).all()


@pytest.mark.parametrize("method", sorted({*METHODS} - NEEDS_PLACES))
def test_every_method_turns_the_sign(method):
    """Guided backpropagation alone has another answer for "no": it drops what would lower it."""
    model = made(sigmoid)
    yes, no = (attribute(model, X, background=BACK, method=method, target=t) for t in (1, 0))
    one = attribute(unit(model), X, background=BACK, method=method, target=0)
    size = np.abs(yes.values).max()
    np.testing.assert_allclose(yes.values, one.values, atol=1e-5 * size)
    if method != "guided_backprop":
        np.testing.assert_allclose(no.values, -yes.values, atol=1e-5 * size)
        np.testing.assert_allclose(no.base, -yes.base, atol=1e-5)


def test_probabilities_are_those_of_both_classes():
    model = made(sigmoid)
    share = model.predict(X, verbose=0)[:, 0]
    how = {"background": BACK, "output": "probability", "method": "exact", "target": "all"}
    both = attribute(model, X, **how)
    np.testing.assert_allclose(both.output, np.c_[1 - share, share], atol=1e-6)
    np.testing.assert_allclose(both.base.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(both.values[..., 0], -both.values[..., 1], atol=1e-6)
    assert both.relative_gap < 1e-6


def test_centred_logits_are_those_of_two_units_with_the_same_probabilities():
    model = made(sigmoid)
    inputs = keras.Input((4,))
    two = L.Dense(2, "softmax")
    outputs = two(model.layers[0](inputs))
    kernel, bias = model.layers[1].get_weights()
    other = RNG.normal(size=kernel.shape).astype("float32")
    two.set_weights([np.hstack([other, other + kernel]), np.r_[3.0, 3.0 + bias]])
    twin = keras.Model(inputs, outputs)
    np.testing.assert_allclose(twin.predict(X, verbose=0)[:, 1:], model.predict(X, verbose=0), 1e-5)
    for method in ("exact", "deep_shap", "expected_gradients"):
        how = {"background": BACK, "output": "centred", "method": method, "target": "all"}
        a, b = attribute(model, X, **how), attribute(twin, X, **how)
        np.testing.assert_allclose(a.values, b.values, atol=1e-5)
        np.testing.assert_allclose(a.output, b.output, atol=1e-5)
    change = attribute_change(model, twin, X, background=BACK, target=1)
    assert change.options["beta"] == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(change.values, 0, atol=1e-5)


def test_names_of_the_classes():
    model = made(sigmoid)
    data = load_data((X, ["stays"] * 3 + ["leaves"] * 3), class_names=["stays", "leaves"])
    how = {"background": BACK, "method": "gradient"}
    yes = attribute(model, data, target="leaves", **how).values
    np.testing.assert_array_equal(yes, attribute(model, X, target=1, **how).values)
    np.testing.assert_array_equal(attribute(model, data, target="stays", **how).values, -yes)
    true = attribute(model, data, target="true", **how).values
    np.testing.assert_array_equal(true, np.r_[-yes[:3], yes[3:]])


def test_a_logit_without_a_loss_is_a_class_where_labels_say_so():
    model = made(logit)
    model = keras.models.clone_model(model)
    how = {"background": BACK, "method": "gradient"}
    assert attribute(model, X, **how).targets.max() == 0
    data = load_data((X, LABELS))
    both = attribute(model, data, target="all", **how)
    np.testing.assert_array_equal(both.output[:, 0], -both.output[:, 1])


def test_numbers_of_a_regression_stay_one_output():
    model = made(sigmoid)
    how = {"background": BACK, "method": "gradient", "target": "all"}
    shares = load_data((X, np.linspace(0.1, 0.9, 6)))
    counts = load_data((X, [0, 1, 2, 3, 4, 5]))
    for rows in (shares, counts):
        assert attribute(model, rows, **how).values.shape == (6, 4, 1)
    model.compile("sgd", "mse")
    assert attribute(model, X, **how).values.shape == (6, 4, 1)
    assert attribute(model, load_data((X, LABELS)), **how).values.shape == (6, 4, 2)


def test_exact_values_of_both_cost_what_one_does():
    model = made(sigmoid)
    cost = exact_cost(model, X, BACK)
    assert cost.coalitions[0] == cost.coalitions[1] == exact_cost(unit(model), X, BACK).total
