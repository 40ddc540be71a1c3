"""One small network around each family: shrunk, read as scalars, counted and followed rightly."""

from contextlib import nullcontext

import numpy as np
import pytest
from sparse_layers import sparse

import explainprune as xp
from explainprune.network import unroll
from explainprune.network.backend import keras
from explainprune.network.ways.paths import liveness
from explainprune.network.ways.size import size_of

L, ops = keras.layers, keras.ops
IMAGE, LINE = (4, 4, 2), (5, 3)


def two(join):
    """Two kernels whose units meet."""

    def build(h):
        kernel = L.Conv2D(4, 1) if len(h.shape) == 4 else L.Dense(4)
        return join(h, kernel(h))

    return build


IMAGES = {
    "nothing": lambda h: h,
    "BatchNormalization": L.BatchNormalization,
    "LayerNormalization": L.LayerNormalization,
    "GroupNormalization": lambda: L.GroupNormalization(2),
    "UnitNormalization": L.UnitNormalization,
    "RMSNormalization": L.RMSNormalization,
    "Dropout": lambda: L.SpatialDropout2D(0.5),
    "Activation": lambda: L.Activation("gelu"),
    "LeakyReLU": lambda: L.LeakyReLU(0.3),
    "PReLU": lambda: L.PReLU(shared_axes=(1, 2)),
    "ELU": L.ELU,
    "Softmax": L.Softmax,
    "MaxPooling": lambda: L.MaxPooling2D(2, padding="same"),
    "AveragePooling": lambda: L.AveragePooling2D(3, 1, padding="same"),
    "GlobalAveragePooling": lambda: L.GlobalAveragePooling2D(keepdims=True),
    "GlobalMaxPooling": lambda: L.GlobalMaxPooling2D(keepdims=True),
    "Conv": lambda: L.Conv2D(5, 3, padding="same", activation="tanh"),
    "Conv, strides": lambda: L.Conv2D(5, 2, strides=2),
    "Conv, dilated": lambda: L.Conv2D(5, 2, dilation_rate=2, padding="same"),
    "Conv, groups": lambda: L.Conv2D(4, 1, groups=2),
    "ConvTranspose": lambda: L.Conv2DTranspose(5, 2, strides=2),
    "DepthwiseConv": lambda: L.DepthwiseConv2D(2, depth_multiplier=2, activation="tanh"),
    "SeparableConv": lambda: L.SeparableConv2D(5, 2, depth_multiplier=2),
    "SeparableConv, softmax": lambda: L.SeparableConv2D(5, 2, activation="softmax"),
    "Dense": lambda: L.Dense(5, "tanh"),
    "Dense, softmax": lambda: L.Dense(5, "softmax"),
    "EinsumDense": lambda: L.EinsumDense("abcd,de->abce", (4, 4, 5), bias_axes="e"),
    "ZeroPadding": lambda: L.ZeroPadding2D(1),
    "Cropping": lambda: L.Cropping2D(1),
    "UpSampling": lambda: L.UpSampling2D(2),
    "Reshape": lambda: L.Reshape((8, 2, 4)),
    "Permute": lambda: L.Permute((2, 1, 3)),
    "Rescaling": lambda: L.Rescaling(0.5, offset=0.25),
    "Add": lambda: two(lambda a, b: L.Add()([a, b])),
    "Subtract": lambda: two(lambda a, b: L.Subtract()([a, b])),
    "Multiply": lambda: two(lambda a, b: L.Multiply()([a, b])),
    "Average": lambda: two(lambda a, b: L.Average()([a, b])),
    "Maximum": lambda: two(lambda a, b: L.Maximum()([a, b])),
    "Minimum": lambda: two(lambda a, b: L.Minimum()([a, b])),
    "Concatenate": lambda: two(lambda a, b: L.Concatenate()([a, b])),
    "Concatenate, places": lambda: two(lambda a, b: L.Concatenate(axis=1)([a, b])),
    "Add of a spread input": lambda: two(
        lambda a, b: L.Add()([a, L.GlobalAveragePooling2D(keepdims=True)(b)])
    ),
    "abs": lambda: ops.absolute,
    "exp": lambda: ops.exp,
    "divide": lambda: two(lambda a, b: a / (2.0 + ops.square(b))),
    "nested": lambda: keras.Sequential([keras.Input((4, 4, 4)), L.Conv2D(3, 2, activation="tanh")]),
}
LINES = {
    "SimpleRNN": lambda: L.SimpleRNN(4, return_sequences=True),
    "LSTM": lambda: L.LSTM(4, return_sequences=True),
    "GRU": lambda: L.GRU(4, return_sequences=True),
    "GRU, other": lambda: L.GRU(4, reset_after=False, return_sequences=True),
    "Bidirectional": lambda: L.Bidirectional(L.LSTM(3, return_sequences=True)),
    "TimeDistributed": lambda: L.TimeDistributed(L.Dense(4, "tanh")),
    "MultiHeadAttention": lambda: lambda h: L.MultiHeadAttention(2, 3)(h, h),
    "GroupedQueryAttention": lambda: lambda h: L.GroupQueryAttention(3, 4, 2)(h, h),
    "Attention": lambda: lambda h: L.Attention()([h, h]),
    "Conv1D": lambda: L.Conv1D(4, 2, padding="causal"),
    "DepthwiseConv1D": lambda: L.DepthwiseConv1D(2),
    "Conv1DTranspose": lambda: L.Conv1DTranspose(4, 2),
    "MaxPooling1D": lambda: L.MaxPooling1D(2),
    "RepeatVector": lambda: lambda h: L.RepeatVector(3)(L.GlobalAveragePooling1D()(h)),
}
ALL = [*((name, IMAGE) for name in IMAGES), *((name, LINE) for name in LINES)]


def around(name, shape, keep=0.6):
    """A kernel before the family's member, one behind it, and an output on all of that."""
    keras.utils.set_random_seed(0)
    given = keras.Input(shape)
    kernel = (lambda n: L.Conv2D(n, 1)) if shape == IMAGE else L.Dense
    h = L.Activation("softplus")(kernel(4)(given))
    make = IMAGES[name] if shape == IMAGE else LINES[name]
    h = make(h) if name == "nothing" else make()(h)
    h = L.Activation("softplus")(kernel(3)(h))
    return sparse(keras.Model(given, L.Dense(2)(L.Flatten()(h))), keep)


def rows(shape, n=6):
    return np.random.default_rng(1).normal(size=(n, *shape)).astype("float32")


def close(found, wanted, share=1e-5):
    scale = np.abs(wanted).max()
    assert scale > 1e-4
    np.testing.assert_allclose(found, wanted, rtol=0, atol=share * scale)


WHOLE = {
    "LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization", "Softmax",
    "Conv, groups", "Dense, softmax", "SeparableConv, softmax", "divide", "Attention",
}  # fmt: skip
"""Where the units before it stay, with the reason; those behind it go all the same."""
WHOLE_BY_UNIT = WHOLE | {
    "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate, places",
    "Add of a spread input",
}  # fmt: skip


@pytest.mark.parametrize("granularity", ["unit", "coupled"])
@pytest.mark.parametrize(("name", "shape"), ALL)
def test_what_is_left_computes_what_the_pruned_model_did(name, shape, granularity):
    model, x = around(name, shape), rows(shape)
    whole = name in (WHOLE if granularity == "coupled" else WHOLE_BY_UNIT)
    with pytest.warns(UserWarning, match="Left whole") if whole else nullcontext():
        pruned = xp.prune(
            model, criterion="random", granularity=granularity, sparsity=0.4, keep_zeros=False
        )
    wanted = pruned.model.predict(x, verbose=0)
    assert np.abs(wanted - model.predict(x, verbose=0)).max() > 1e-4
    shrunk = xp.shrink(pruned.model, masks=pruned.masks)
    close(shrunk.model.predict(x, verbose=0), wanted)
    assert shrunk.model.count_params() < model.count_params()
    assert size_of(shrunk.model).flops < size_of(model).flops


@pytest.mark.parametrize(("name", "shape"), ALL)
def test_read_as_scalars_it_computes_the_same(name, shape):
    model, x = around(name, shape), rows(shape)
    try:
        network = unroll(model)
    except ValueError as reason:
        assert name in NOT_READ, reason
        return
    assert name not in NOT_READ
    close(network.outputs(x.reshape(len(x), -1)), model.predict(x, verbose=0))


NOT_READ = {
    "SimpleRNN", "LSTM", "GRU", "GRU, other", "Bidirectional", "MultiHeadAttention",
    "GroupedQueryAttention", "Attention", "divide", "TimeDistributed",
}  # fmt: skip


@pytest.mark.parametrize(("name", "shape"), ALL)
def test_inputs_that_count_as_live_are_those_that_move_the_output(name, shape):
    model, x = around(name, shape, keep=0.35), rows(shape, 3)
    found = liveness(model)
    size = int(np.prod(shape))
    moved = np.repeat(x[None], size, axis=0).reshape(size, len(x), size)
    moved[np.arange(size), :, np.arange(size)] += 2.5
    changed = model.predict(moved.reshape(-1, *shape), verbose=0, batch_size=512)
    apart = np.abs(changed.reshape(size, len(x), -1) - model.predict(x, verbose=0)).max(axis=(1, 2))
    alive = apart > 1e-6 * np.abs(changed).max()
    assert not (alive & ~found.inputs).any()
    if found.exact:
        np.testing.assert_array_equal(found.inputs, alive)


def products(layer):
    """Multiply-adds of one row: each kernel entry once for each place that it is laid on."""
    if isinstance(layer.input, list):  # tensors meet, nothing is multiplied with a weight
        return 0
    out, read = layer.output.shape, layer.input.shape
    if isinstance(layer, L.BatchNormalization | L.LayerNormalization | L.GroupNormalization):
        return int(np.prod(out[1:]))
    if isinstance(layer, L.RMSNormalization | L.UnitNormalization):
        return int(np.prod(out[1:]))
    if isinstance(layer, L.SeparableConv2D):
        places = int(np.prod(out[1:-1]))
        return places * (layer.depthwise_kernel.shape.num_elements()
                         + layer.pointwise_kernel.shape.num_elements())  # fmt: skip
    places = read if isinstance(layer, L.Conv1DTranspose | L.Conv2DTranspose) else out
    kernels = [w for w in layer.weights if w.name.endswith("kernel")]
    return sum(int(np.prod(kernel.shape)) for kernel in kernels) * int(np.prod(places[1:-1]))


@pytest.mark.parametrize("name", sorted(set(IMAGES) - {"nested"}))
def test_operations_are_products_at_every_place(name):
    model = around(name, IMAGE)
    assert size_of(model).flops == 2 * sum(products(layer) for layer in model.layers[1:])
