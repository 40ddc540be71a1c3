import gzip

import numpy as np
import pytest
from keras_cases import subclassed

from explainprune.network.backend import keras
from explainprune.network.masking import apply_masks
from explainprune.network.ways.size import size_of

L = keras.layers


def flops(layer, *shapes):
    inputs = [keras.Input(shape) for shape in shapes]
    return size_of(keras.Model(inputs, layer(*inputs))).flops


def test_parameters_and_bytes_by_hand():
    model = keras.Sequential([L.Input((4,)), L.Dense(3, name="d"), L.BatchNormalization()])
    kernel = np.arange(12, dtype=np.float32).reshape(4, 3)
    model.layers[0].kernel.assign(kernel)
    size = size_of(model)
    assert size.params == 4 * 3 + 3 + 4 * 3
    # One zero in the kernel, three in its bias, three betas and three moving means.
    assert size.nonzero == 27 - 1 - 3 - 3 - 3
    assert size.bytes == 4 * 27
    raw = b"".join(np.asarray(w, np.float32).tobytes() for w in model.get_weights())
    assert size.bytes_gzip == len(gzip.compress(raw, mtime=0))
    assert size_of(model, gzip=False).bytes_gzip == 0
    assert size.flops == 2 * (4 * 3 + 3)


def test_zeros_compress():
    model = keras.Sequential([L.Input((100,)), L.Dense(100)])
    dense = size_of(model).bytes_gzip
    model.layers[0].kernel.assign(np.zeros((100, 100)))
    assert size_of(model).bytes_gzip < dense / 20


def test_masked_entries_count_as_zeros():
    model = keras.Sequential([L.Input((4,)), L.Dense(3, name="d"), L.Dense(2, name="e")])
    masks = {"d/kernel": np.random.default_rng(0).random((4, 3)) < 0.5}
    assert size_of(model, masks=masks) == size_of(apply_masks(model, masks))
    assert size_of(model, masks=masks).nonzero < size_of(model).nonzero


def count_conv(kernel, stride, padding, side, channels, filters):
    """Count multiply-adds of a 2-D convolution by visiting every product, borders included."""
    out = -(-side // stride) if padding == "same" else (side - kernel) // stride + 1
    count = 0
    for _place in range(out * out):
        for _tap in range(kernel * kernel):
            count += channels * filters
    return count


@pytest.mark.parametrize(("stride", "padding"), [(1, "valid"), (2, "same"), (2, "valid")])
def test_convolution(stride, padding):
    layer = L.Conv2D(5, 3, strides=stride, padding=padding)
    assert flops(layer, (8, 8, 2)) == 2 * count_conv(3, stride, padding, 8, 2, 5)


@pytest.mark.parametrize(
    ("layer", "shapes", "multiply_adds"),
    [
        (L.Dense(3), [(4,)], 12),
        (L.Dense(3), [(7, 4)], 7 * 12),
        (L.Conv1D(5, 3), [(8, 2)], 6 * 3 * 2 * 5),
        (L.Conv2D(4, 3, groups=2), [(8, 8, 2)], 36 * 9 * 1 * 4),
        (L.Conv3D(2, 2), [(3, 3, 3, 1)], 8 * 8 * 2),
        (L.Conv2DTranspose(5, 3, strides=2), [(4, 4, 2)], 16 * 9 * 2 * 5),
        (L.DepthwiseConv2D(3, depth_multiplier=2), [(8, 8, 3)], 36 * 9 * 6),
        (L.SeparableConv2D(5, 3), [(8, 8, 3)], 36 * (9 * 3 + 3 * 5)),
        (L.EinsumDense("abc,cd->abd", output_shape=(7, 5)), [(7, 4)], 7 * 4 * 5),
        (L.EinsumDense("...x,xy->...y", output_shape=5), [(7, 4)], 7 * 4 * 5),
        (L.LSTM(3), [(6, 2)], 6 * (2 * 12 + 3 * 12)),
        (L.Bidirectional(L.GRU(3)), [(6, 2)], 2 * 6 * (2 * 9 + 3 * 9)),
        (L.TimeDistributed(L.Conv1D(5, 3)), [(4, 8, 2)], 4 * 6 * 3 * 2 * 5),
        (L.BatchNormalization(), [(6, 2)], 12),
        (L.MaxPooling1D(2), [(6, 2)], 0),
        # 2 heads of width 3: projections (4→6 thrice, 6→4), scores and sums over 5 × 7 pairs.
        (
            L.MultiHeadAttention(2, 3),
            [(5, 4), (7, 4)],
            5 * 24 + 7 * 24 + 7 * 24 + 5 * 24 + 2 * 5 * 7 * (3 + 3),
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, keras.Layer) else "",
)
def test_flops_by_hand(layer, shapes, multiply_adds):
    assert flops(layer, *shapes) == 2 * multiply_adds


def test_shared_and_nested_layers_count_at_each_call():
    shared = keras.Sequential([L.Dense(4), L.Dense(4)])
    x = keras.Input((4,))
    assert size_of(keras.Model(x, shared(shared(x)))).flops == 2 * 4 * 16


def test_subclassed_model_counts_kernels_once():
    model = subclassed((4,), L.Dense(3), L.Dense(2))
    assert size_of(model).flops == 2 * (12 + 6)
