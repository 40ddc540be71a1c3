"""Copies that are taken apart or rewritten are held against their model before they are used."""

import numpy as np
import pytest

import explainprune as xp
from explainprune.network.backend import keras, tf
from explainprune.network.functions import flat_model
from explainprune.network.functions.copies import check_clone
from explainprune.network.graph.graph import read_graph
from explainprune.network.statistics import feature_maps, taps
from explainprune.network.variables import clone, uncompiled_clone
from explainprune.network.walks import unrolling
from explainprune.pruning import run

L = keras.layers
ELSE = "outputs something else than the model: up to .* Nothing was computed from it"


@pytest.fixture(scope="module")
def image_model():
    keras.utils.set_random_seed(0)
    image = keras.Input((6, 6, 1))
    h = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(4, 3)(image)))
    out = L.Dense(3, "softmax")(L.Dense(5, "relu")(L.GlobalAveragePooling2D()(h)))
    model = keras.Model(image, out)
    normal = model.layers[2]
    normal.set_weights([np.full(4, value) for value in (1.3, 0.4, 0.1, 0.5)])
    return model


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(20, 6, 6, 1)).astype("float32")


def test_a_clone_is_its_model_until_a_weight_differs(image_model, images):
    copy = clone(image_model)
    check_clone(image_model, copy, [images], "It")
    copy.layers[1].kernel.assign(copy.layers[1].kernel * 1.05)
    with pytest.raises(ValueError, match=f"^It {ELSE}"):
        check_clone(image_model, copy, [images], "It")


def without_activations(graph):
    """Take activations and forget them."""
    take_activations(graph)
    return {}


take_activations = taps.take_activations


@pytest.mark.parametrize("criterion", ["taylor", "activation", "conductance", "ablation", "fisher"])
def test_a_tapped_copy_that_lost_an_activation_is_refused(
    criterion, image_model, images, monkeypatch
):
    xp.importance(image_model, images, criterion=criterion)
    monkeypatch.setattr(taps, "take_activations", without_activations)
    with pytest.raises(ValueError, match=f"The copy whose units are read {ELSE}"):
        xp.importance(image_model, images, criterion=criterion)


@pytest.mark.parametrize("criterion", ["lrp", "lrp_epsilon"])
def test_steps_written_out_wrongly_are_refused(criterion, monkeypatch):
    keras.utils.set_random_seed(0)
    steps = keras.Input((4, 2))
    h = L.LSTM(3, go_backwards=True)(L.Masking()(steps))
    model = keras.Model(steps, L.Dense(2)(L.Dense(5, "relu")(h)))
    x = np.random.default_rng(0).normal(size=(7, 4, 2)).astype("float32")
    xp.importance(model, x, criterion=criterion)
    monkeypatch.setattr(unrolling, "_flipped", lambda sequences: sequences)
    with pytest.raises(ValueError, match=f"The graph that hands relevance back {ELSE}"):
        xp.importance(model, x, criterion=criterion)


def test_the_flat_model_given_to_shap_is_held(image_model, images, monkeypatch):
    cut = flat_model._cut
    monkeypatch.setattr(flat_model, "_cut", lambda rows, parts: cut(rows * 1.1, parts))
    for method in ("shap_deep", "shap_gradient"):
        with pytest.raises(ValueError, match=f"{method}: .*The flat model {ELSE}"):
            xp.attribute(image_model, images[:4], background=images[4:8], method=method)


def test_the_graph_of_gradcam_is_held(image_model, images, monkeypatch):
    other = clone(image_model)
    other.layers[1].kernel.assign(2 * other.layers[1].kernel)
    options = {"background": images[4:8], "method": "gradcam"}
    xp.attribute(clone(image_model), images[:4], **options)
    monkeypatch.setattr(feature_maps, "read_graph", lambda model: read_graph(other))
    with pytest.raises(ValueError, match=f"gradcam: its graph {ELSE}"):
        xp.attribute(clone(image_model), images[:4], **options)


def test_the_clone_that_is_pruned_is_held(image_model, images, monkeypatch):
    def broken(model):
        copy = clone(model)
        copy.layers[-1].bias.assign(copy.layers[-1].bias + np.eye(3)[0])
        return copy

    monkeypatch.setattr(run, "clone", broken)
    with pytest.raises(ValueError, match=f"The copy that is pruned {ELSE}"):
        xp.prune(image_model, images, criterion="magnitude", sparsity=0.5, finetune_epochs=0)


def test_a_mask_goes_through_an_activation_that_was_taken_out():
    # Attention reads the mask that its query carries, not one of its arguments.
    keras.utils.set_random_seed(0)
    steps = keras.Input((5, 3))
    h = L.Dense(4, "relu")(L.Masking()(steps))
    h = L.Dense(6, "tanh", name="after")(L.MultiHeadAttention(2, 3)(h, h))
    model = keras.Model(steps, L.Dense(2)(L.GlobalAveragePooling1D()(h)))
    x = np.random.default_rng(0).normal(size=(7, 5, 3)).astype("float32")
    x[:, 3:] = 0
    found = xp.importance(model, x, np.zeros(7, int), criterion="activation").scores["after"]
    seen = keras.Model(steps, h)(x, training=False)
    np.testing.assert_allclose(found, np.abs(seen).mean(axis=(0, 1)), rtol=1e-5)


def test_an_output_that_is_read_again_is_read_as_probabilities():
    keras.utils.set_random_seed(0)
    data = keras.Input((4,))
    classes = L.Dense(3, "softmax", name="classes")(L.Dense(5, "relu")(data))
    model = keras.Model(data, [classes, L.Dense(2, name="behind")(classes)])
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    expected = model(x)[1]
    tapped = taps.Tapped(uncompiled_clone(model))
    values = tapped.graph.run([tf.constant(x)], tapped.raw_call)
    np.testing.assert_allclose(values[tapped.graph.outputs[1]], expected, rtol=1e-5)
