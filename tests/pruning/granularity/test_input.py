import keras
import numpy as np
import pytest
from keras import layers as kl
from keras_cases import sequential

from explainprune.pruning.candidates import candidates
from explainprune.pruning.granularity import Sharing, view

K, _ = True, False


def see(model, **options):
    return view("input", model, candidates(model, outputs=True, **options))


def test_a_feature_goes_with_all_weights_that_read_it():
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    joined = kl.Concatenate()([a, b])
    skip = kl.Dense(1, name="skip")(b)
    model = keras.Model([a, b], kl.Concatenate()([kl.Dense(2, name="d")(joined), skip]))
    seen = see(model)
    assert seen.sizes == {"a": 2, "b": 3}
    scores = {
        "d/kernel": np.array([[9.0, 0], [3, 3], [4, 0], [0, 1], [0, 0]]),
        "skip/kernel": np.array([[0.0], [9], [0]]),
    }
    # Sums: a 9, 6; b 4, 10, 0.
    masks = seen.masks(seen.choose(scores, 0.4, None, Sharing()))
    np.testing.assert_array_equal(masks.entries["a"], [K, K])
    np.testing.assert_array_equal(masks.entries["b"], [_, K, _])
    np.testing.assert_array_equal(masks["d/kernel"], [[K, K], [K, K], [_, _], [K, K], [_, _]])
    np.testing.assert_array_equal(masks["skip/kernel"], [[_], [K], [_]])
    assert masks.sparsity == 2 / 5


def test_pixels_of_an_image_that_is_flattened():
    model = sequential((2, 2), kl.Flatten(), kl.Dense(2, name="out"))
    seen = see(model)
    kernel = np.array([[4.0, 0], [3, 0], [2, 0], [1, 0]])
    masks = seen.masks(seen.choose({"out/kernel": kernel}, 0.5, None, Sharing()))
    np.testing.assert_array_equal(masks["out/kernel"], [[K, K], [K, K], [_, _], [_, _]])


def test_channels_of_a_convolution_over_one_place():
    model = sequential((1, 3), kl.Conv1D(2, 1, name="out"))
    seen = see(model)
    kernel = np.array([[[1.0, 1], [3, 0], [0, 1.5]]])
    masks = seen.masks(seen.choose({"out/kernel": kernel}, 1 / 3, None, Sharing()))
    np.testing.assert_array_equal(masks["out/kernel"], [[[K, K], [K, K], [_, _]]])


def test_what_is_read_otherwise_is_left_whole():
    image = keras.Sequential(
        [keras.Input((4, 4, 1)), kl.Conv2D(2, 3, name="c"), kl.Flatten(), kl.Dense(2)], name="image"
    )
    with pytest.raises(
        ValueError, match=r"'image' has no input that can lose features: .*'c' reads"
    ):
        see(image)
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    two = keras.Model([a, b], kl.Add()([kl.Dense(2, name="d")(a), kl.Dense(2, name="e")(b)]))
    seen = see(two, protect=["e"])
    assert seen.sizes == {"a": 2}
    assert seen.left_whole == {"b": "'e/kernel' reads it"}
