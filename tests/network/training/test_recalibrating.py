import numpy as np
from keras import layers as kl
from keras_cases import sequential

from explainprune.network.training.recalibrating import recalibrated
from explainprune.network.variables import weights_of

X = np.random.default_rng(0).normal(size=(300, 5)).astype("float32")


def test_statistics_of_normalisation_are_those_of_the_rows():
    model = sequential(
        (5,),
        kl.Dense(4, name="a"),
        kl.BatchNormalization(name="n"),
        kl.Dropout(0.5),
        kl.Dense(2, name="b"),
        kl.BatchNormalization(name="m"),
        kl.BatchNormalization(name="f", trainable=False),
    )
    fresh = recalibrated(model, X, batch_size=300)
    weights = weights_of(fresh)
    read = X @ weights["a/kernel"] + weights["a/bias"]
    np.testing.assert_allclose(weights["n/moving_mean"], read.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(weights["n/moving_variance"], read.var(axis=0), rtol=1e-4)
    normal = (read - read.mean(axis=0)) / np.sqrt(read.var(axis=0) + 1e-3)
    after = normal @ weights["b/kernel"] + weights["b/bias"]
    np.testing.assert_allclose(weights["m/moving_mean"], after.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(weights["m/moving_variance"], after.var(axis=0), rtol=1e-4)
    assert (weights["f/moving_mean"] == 0).all()
    assert (weights_of(model)["n/moving_mean"] == 0).all()
    batches = weights_of(recalibrated(model, X, batch_size=70))
    np.testing.assert_allclose(batches["n/moving_mean"], read.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(batches["n/moving_variance"], read.var(axis=0), rtol=1e-4)


def test_rows_count_by_their_weights():
    model = sequential(
        (5,),
        kl.BatchNormalization(name="n"),
        kl.Dense(4, "relu", name="a"),
        kl.BatchNormalization(name="m"),
    )
    counts = np.arange(300) % 4
    fresh = weights_of(recalibrated(model, X, weight=counts, batch_size=300))
    mean = np.average(X, 0, counts)
    variance = np.average((X - mean) ** 2, 0, counts)
    np.testing.assert_allclose(fresh["n/moving_mean"], mean, atol=1e-5)
    np.testing.assert_allclose(fresh["n/moving_variance"], variance, rtol=1e-4)
    read = (X - mean) / np.sqrt(variance + 1e-3) @ fresh["a/kernel"]
    after = np.maximum(read, 0)
    mean = np.average(after, 0, counts)
    np.testing.assert_allclose(fresh["m/moving_mean"], mean, atol=1e-5)
    expected = np.average((after - mean) ** 2, 0, counts)
    np.testing.assert_allclose(fresh["m/moving_variance"], expected, rtol=1e-4)
    repeated = weights_of(recalibrated(model, np.repeat(X, counts, axis=0), batch_size=1000))
    for path, values in repeated.items():
        np.testing.assert_allclose(fresh[path], values, atol=1e-5)


def test_places_that_a_mask_hides_do_not_count():
    model = sequential((6, 3), kl.Masking(), kl.BatchNormalization(name="n"), kl.LSTM(2))
    x = np.random.default_rng(1).normal(size=(30, 6, 3)).astype("float32")
    x[::2, 4:] = 0
    fresh = weights_of(recalibrated(model, x))
    seen = x.reshape(-1, 3)[(x != 0).any(axis=2).ravel()]
    np.testing.assert_allclose(fresh["n/moving_mean"], seen.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(fresh["n/moving_variance"], seen.var(axis=0), rtol=1e-4)
