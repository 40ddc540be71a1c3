"""The shap package through its one file: right where it is, harmless where it isn't."""

import logging

import numpy as np
import pytest

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.shap_runs import quiet
from explainprune.network import FormulaNetwork
from explainprune.network.backend import keras, tf

L = keras.layers
RNG = np.random.default_rng(0)


def randomised(model):
    rng = np.random.default_rng(0)
    for variable in model.weights:
        if variable.dtype == "float32":
            variable.assign(rng.uniform(0.2, 1, variable.shape) * rng.choice([-1, 1]))
    return model


def sequential(shape, *layers):
    return randomised(keras.Sequential([keras.Input(shape), *layers]))


FAILING = {
    "leaky_relu": lambda: sequential((5,), L.Dense(4), L.LeakyReLU(), L.Dense(2)),
    "layer_norm": lambda: sequential((5,), L.Dense(4), L.LayerNormalization(), L.Dense(2)),
    "gelu": lambda: sequential((5,), L.Dense(4, "gelu"), L.Dense(2)),
    "depthwise": lambda: sequential(
        (5, 5, 1), L.DepthwiseConv2D(2), L.ReLU(), L.Flatten(), L.Dense(2)
    ),
    "global_max": lambda: sequential((5, 5, 1), L.Conv2D(3, 2), L.GlobalMaxPooling2D(), L.Dense(2)),
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_failure_disturbs_no_later_gradient_and_no_fit(kind):
    model = FAILING[kind]()
    x = RNG.random((3, *model.input_shape[1:]))
    with pytest.raises(ValueError, match="shap_deep: the shap package can't explain this model"):
        attribute(model, x, background=x[:1] * 0, method="shap_deep")
    # Another model, made of operations whose gradients shap replaces.
    other = sequential((5,), L.Dense(4, "relu"), L.Dense(2, "softmax"))
    other.compile("sgd", "sparse_categorical_crossentropy")
    inputs = RNG.random((8, 5)).astype("float32")
    other.fit(inputs, np.arange(8) % 2, verbose=0)
    at = tf.constant(inputs[:1])
    with tf.GradientTape() as tape:
        tape.watch(at)
        out = other(at)[0, 0]
    slope = tape.gradient(out, at).numpy()
    step = 1e-3
    numeric = [
        (other(inputs[:1] + step * row)[0, 0] - other(inputs[:1] - step * row)[0, 0]) / (2 * step)
        for row in np.eye(5, dtype="float32")[:, None]
    ]
    np.testing.assert_allclose(slope[0], numeric, atol=2e-3)


def test_its_deep_explainer_has_our_values_where_it_is_right():
    model = sequential(
        (6, 6, 1), L.Conv2D(3, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(),
        L.Dense(5, "tanh"), L.Dense(3, "softmax"),
    )  # fmt: skip
    x, background = RNG.random((3, 6, 6, 1)), RNG.random((4, 6, 6, 1))
    ours, theirs = (
        attribute(model, x, background=background, method=method, target="all").values
        for method in ("deep_shap", "shap_deep")
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(theirs).max())


def test_where_it_is_wrong_the_gap_is_noted():
    model = sequential((5,), L.Dense(6, "swish"), L.Dense(4, "swish"), L.Dense(2))
    x, background = 3 * RNG.normal(size=(4, 5)), 3 * RNG.normal(size=(3, 5))
    found = attribute(model, x, background=background, method="shap_deep")
    assert found.relative_gap > 0.01
    assert "Values of shap_deep should add up, and miss the output" in found.notes[0]


def test_it_explains_models_of_several_inputs_through_flat_rows():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    out = L.Dense(2)(L.Concatenate()([L.Dense(4, "relu")(a), b]))
    model = randomised(keras.Model([a, b], out))
    x = {"a": RNG.random((3, 3)), "b": RNG.random((3, 2))}
    background = {"a": RNG.random((2, 3)), "b": RNG.random((2, 2))}
    for output in ("logit", "centred"):
        ours, theirs = (
            attribute(model, x, background=background, method=method, output=output).values
            for method in ("deep_shap", "shap_deep")
        )
        for name in x:
            np.testing.assert_allclose(ours[name], theirs[name], atol=2e-5)


def test_it_needs_a_keras_model_for_gradients():
    network = FormulaNetwork(lambda x: x[:, 0], 2)
    for method in ("shap_deep", "shap_gradient"):
        with pytest.raises(ValueError, match=f"{method} needs a Keras model without embeddings"):
            attribute(network, np.ones((1, 2)), background=np.zeros((1, 2)), method=method)


def test_its_expected_gradients_are_right_on_average(mlp, rows):
    x, background = rows
    found = attribute(
        mlp, x[:1], background=background, method="shap_gradient", draws=12, nsamples=100, target=0
    )
    exact = attribute(
        mlp, x[:1], background=background, method="integrated_gradients", target=0
    ).values
    assert np.all(np.abs(found.values - exact)[:, :4] < 5 * found.std_error[:, :4])
    assert found.std_error[:, :4].min() > 0


def test_it_is_quiet_seeded_and_leaves_the_global_state(mlp, rows, capfd):
    x, background = rows
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    for method in ("shap_kernel", "shap_permutation", "shap_gradient", "shap_deep"):
        options = {"nsamples": 20} if method == "shap_kernel" else {}  # 30 would be all coalitions
        one, again, other = (
            attribute(mlp, x, background=background, method=method, seed=seed, **options).values
            for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(one, again)
        assert np.any(one != other) == (method != "shap_deep")
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    assert capfd.readouterr().err == ""


def test_the_state_comes_back_after_a_failure_too():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    level = logging.getLogger("shap").level
    with pytest.raises(RuntimeError, match="inside"), quiet(5):
        np.random.random()  # noqa: NPY002
        raise RuntimeError("inside")
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    assert logging.getLogger("shap").level == level


# to_shap()


def test_an_explanation_carries_values_base_data_and_names(mlp, rows):
    import pandas as pd

    x, background = rows
    frame = pd.DataFrame(x, columns=list("abcde"))
    found = attribute(mlp, frame, background=background, method="permutation", draws=3)
    given = found.to_shap()
    np.testing.assert_array_equal(given.values, found.values)
    np.testing.assert_array_equal(given.base_values, found.base)
    np.testing.assert_array_equal(given.data, x)
    np.testing.assert_array_equal(given.error_std, found.std_error)
    assert given.feature_names == list("abcde")
    given.values[0] = 0  # a copy: the attribution cannot be changed through it
    assert np.any(found.values[0] != 0)


def test_shap_plots_what_it_is_given(mlp, rows):
    import matplotlib.pyplot as plt
    import shap

    x, background = rows
    one = attribute(mlp, x, background=background, method="deep_shap").to_shap()
    every = attribute(mlp, x, background=background, method="deep_shap", target="all").to_shap()
    for plot, part in [
        (shap.plots.bar, one),
        (shap.plots.bar, one[0]),
        (shap.plots.waterfall, one[0]),
        (shap.plots.scatter, one[:, 2]),
        (shap.plots.waterfall, every[0, :, 1]),
    ]:
        plot(part, show=False)
        plt.close("all")
    assert one.feature_names == ["x0", "x1", "x2", "x3", "x4"]


def test_explanations_of_images_players_and_several_inputs():
    images = RNG.random((2, 3, 3, 1))
    network = FormulaNetwork(lambda x: x.sum(axis=1), 9)
    zero = np.zeros((3, 3, 1))
    image = attribute(network, images, background=zero, method="occlusion").to_shap()
    assert image.values.shape == image.data.shape == (2, 3, 3, 1)
    players = np.arange(9).reshape(3, 3, 1) // 3
    joined = attribute(
        network, images, background=zero, method="occlusion", players=players
    ).to_shap()
    assert joined.values.shape == (2, 3)
    assert joined.data is None
    assert joined.feature_names == ["x0", "x1", "x2"]
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    model = keras.Model([a, b], L.Dense(1)(L.Concatenate()([a, b])))
    both = attribute(
        model, {"a": RNG.random((2, 2)), "b": RNG.random((2, 1))},
        background={"a": np.zeros(2), "b": np.zeros(1)}, method="gradient",
    ).to_shap()  # fmt: skip
    assert both.feature_names == ["a[0]", "a[1]", "b[0]"]
    assert both.values.shape == both.data.shape == (2, 3)
