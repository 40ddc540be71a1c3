import numpy as np
import pytest

from explainprune.data import load_data
from explainprune.network.backend import tf

X = np.arange(12.0, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])
IMAGES = np.arange(6 * 4 * 4, dtype=np.float32).reshape(6, 4, 4, 1)


def stream(*parts):
    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0])


@pytest.mark.parametrize(
    "shape",
    [
        lambda ds: ds,
        lambda ds: ds.batch(4),
        lambda ds: ds.batch(3, drop_remainder=True),
        lambda ds: ds.batch(2).prefetch(1),
    ],
    ids=["single", "batches", "fixed batches", "prefetched"],
)
@pytest.mark.parametrize("x", [X, IMAGES], ids=["rows", "images"])
def test_pairs_come_back_whole_and_in_order(x, shape):
    data = load_data(shape(stream(x, Y)))
    np.testing.assert_array_equal(data.x, x)
    np.testing.assert_array_equal(data.y, Y)
    assert data.task == "classification"


def test_inputs_alone_are_unlabelled():
    for source in (stream(X), stream(X).batch(4)):
        data = load_data(source)
        np.testing.assert_array_equal(data.x, X)
        assert data.y is None and data.task == "unknown"


def test_one_hot_labels_and_weights():
    one_hot = np.eye(3, dtype=np.float32)[Y]
    weight = np.arange(6.0)
    for source in (stream(X, one_hot, weight), stream(X, one_hot, weight).batch(4)):
        data = load_data(source)
        np.testing.assert_array_equal(data.y, Y)
        np.testing.assert_array_equal(data.weight, weight)
    assert load_data(stream(X, Y)).weight is None
    np.testing.assert_array_equal(load_data(stream(X, one_hot)).y, Y)


def test_several_inputs_by_name():
    data = load_data(stream({"left": X, "right": IMAGES}, Y).batch(4))
    np.testing.assert_array_equal(data.x["left"], X)
    np.testing.assert_array_equal(data.x["right"], IMAGES)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: stream(X, Y).repeat(), "repeats for ever. Expected a finite one"),
        (lambda: stream(X, Y).take(0), "is empty. Expected at least one row"),
        (lambda: stream(X, Y, Y, Y), r"elements x, \(x, y\) or \(x, y, weight\). Received: 4"),
        (lambda: stream((X, X), Y), "needs them as a dict by input name"),
        (lambda: stream(IMAGES), "Can't tell whether the tf.data.Dataset is batched"),
        (
            lambda: tf.data.Dataset.from_generator(
                lambda: iter([np.zeros(2), np.zeros(3)]),
                output_signature=tf.TensorSpec((None,), tf.float32),
            ).padded_batch(1),
            r"differ in shape: \[\(2,\), \(3,\)\]. Pad or resize",
        ),
    ],
)
def test_streams_that_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        load_data(make())
