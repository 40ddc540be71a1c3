"""Cases so small that one can see by hand which of two metrics is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import explainprune as xp

METRICS = xp.METRICS


def by_hand() -> Iterator[str]:
    """Yield cases in which one of the two can be seen to be wrong."""
    import keras
    import quantus

    x, y, shape = np.zeros((1, 2, 2, 1), "f"), np.zeros(1, int), (1, 1, 2, 2)
    inputs = keras.Input((2, 2, 1))
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(inputs)))
    given = {"model": model, "x_batch": x, "y_batch": y, "channel_first": False}
    plain = {"abs": False, "normalise": False, "disable_warnings": True}
    mask = np.array([[1, 0], [0, 0]]).reshape(shape)
    flat = np.array([2.0, 2.0, 2.0, 1.0]).reshape(shape)
    theirs = quantus.PointingGame(**plain)(a_batch=flat, s_batch=mask, **given)[0]
    ours = METRICS["pointing_game"](flat.reshape(1, -1), mask.reshape(1, -1))[0]
    yield (
        "Values (2, 2, 2, 1): three pixels tie for the lead, one of them is the truth. "
        f"Quantus' pointing game: {float(theirs):g}; ours, ties shared: {ours:g}."
    )
    signed = np.array([3.0, -2.9, 0.0, 0.0]).reshape(shape)
    theirs = quantus.RelevanceMassAccuracy(**plain)(a_batch=signed, s_batch=mask, **given)[0]
    ours = METRICS["relevance_mass"](signed.reshape(1, -1), mask.reshape(1, -1))[0]
    yield (
        "Values (3, −2.9, 0, 0), the first is the truth. Quantus' relevance mass, a share: "
        f"{float(theirs):.3g} (positive and negative values cancel in what it divides by); ours: "
        f"{ours:.3g}."
    )
    keras.utils.set_random_seed(0)
    layers = keras.layers
    net = keras.Sequential([keras.Input((4, 4, 2)), layers.Conv2D(3, 1, use_bias=False, name="c")])
    wrapped = quantus.helpers.model.tf_model.TensorFlowModel(net)
    before = net.get_weights()[0]
    _, again = next(iter(wrapped.get_random_layer_generator(order="independent")))
    same = np.array_equal(before, again.get_weights()[0])
    yield (
        'A 1 × 1 convolution "randomised" by Quantus (its kernel is shuffled along the first axis '
        f"only, which has length 1) has {'the very same' if same else 'other'} weights."
    )
    deep = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, name="a"), layers.Dense(2, name="b")]
    )
    wrapped = quantus.helpers.model.tf_model.TensorFlowModel(deep)
    _, first = next(iter(wrapped.get_random_layer_generator(order="top_down")))
    same = np.array_equal(deep.get_layer("a").kernel, first.get_layer("a").kernel)
    yield (
        "From the output down, after the last layer alone was redrawn, the first layer "
        f"{'is as it was' if same else 'has other weights'} in Quantus"
        + ("." if same else ", too: the clone that it randomises never gets the trained weights.")
    )
