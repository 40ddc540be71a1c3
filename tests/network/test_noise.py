"""Noise on weights: of the size that is asked for, on what is trained alone."""

import numpy as np
from keras_cases import sequential

from explainprune import network
from explainprune.network.backend import keras


def test_noise_grows_in_one_direction_by_the_spread_of_each_tensor():
    keras.utils.set_random_seed(0)
    model = sequential((40,), keras.layers.Dense(50, name="d"), keras.layers.BatchNormalization())
    start = network.weights_of(model)
    sized = network.with_noise(model, 3)
    copy = sized(0.0)
    for path, weights in start.items():
        np.testing.assert_array_equal(network.weights_of(copy)[path], weights)
    small, large = (network.weights_of(sized(size)) for size in (0.5, 1.0))
    assert sized(2.0) is copy
    moves = [each["d/kernel"] - start["d/kernel"] for each in (small, large)]
    np.testing.assert_allclose(moves[1], 2 * moves[0], atol=1e-6)
    assert 0.95 < moves[1].std() / start["d/kernel"].std() < 1.05
    for path, weights in start.items():
        if path.endswith(("mean", "variance")):
            np.testing.assert_array_equal(large[path], weights)
        np.testing.assert_array_equal(network.weights_of(model)[path], weights)
    other = network.weights_of(network.with_noise(model, 4)(1.0))
    assert not np.allclose(other["d/kernel"], large["d/kernel"])
