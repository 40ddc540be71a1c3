"""A network unrolled into elements gives what the model gives, and says what it can't read."""

import numpy as np
import pytest
from keras_cases import randomised

from explainprune.network import as_network
from explainprune.network.backend import keras
from explainprune.network.scalars.reading import unroll
from explainprune.network.scalars.windows import windows

L = keras.layers


def sequential(shape, *layers):
    return randomised(keras.Sequential([keras.Input(shape), *layers]))


def functional(shape, build):
    x = keras.Input(shape)
    return randomised(keras.Model(x, build(x)))


def two_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2, 2), name="b")
    joined = L.Concatenate()([L.Dense(3, "relu")(a), L.Flatten()(b)])
    return randomised(keras.Model([a, b], [L.Dense(2)(joined), L.Dense(1, "sigmoid")(joined)]))


def squeeze_excite(x):
    x = L.Conv2D(4, 3, activation="relu")(x)
    gate = L.Dense(4, "sigmoid")(L.Dense(2, "relu")(L.GlobalAveragePooling2D(keepdims=True)(x)))
    return L.Dense(2)(L.Flatten()(L.Multiply()([x, gate])))


def residual(x):
    hidden = L.Dense(4, "tanh")(x)
    return L.Dense(3)(L.Add()([x, L.Dense(4, "relu")(hidden)]))


def shared(x):
    twice = L.Dense(4, "relu")
    return L.Dense(2)(twice(twice(x)))


IMAGE, LINE, VOLUME = (5, 6, 2), (7, 2), (4, 3, 4, 2)


def image(*layers, shape=IMAGE):
    return lambda: sequential(shape, *layers, L.Flatten(), L.Dense(3))


MODELS = {
    "linear": lambda: sequential((5,), L.Dense(3)),
    "relu": lambda: sequential((5,), L.Dense(4, "relu"), L.Dense(3)),
    "deep": lambda: sequential((5,), L.Dense(4, "gelu"), L.Dense(4, "tanh"), L.Dense(3)),
    "no bias": lambda: sequential((5,), L.Dense(4, "relu", use_bias=False), L.Dense(2)),
    "norm after": lambda: sequential(
        (5,), L.Dense(4, "relu"), L.BatchNormalization(), L.Dense(2)
    ),
    "norm before": lambda: sequential(
        (5,), L.Dense(4), L.BatchNormalization(scale=False), L.Activation("relu"), L.Dense(2)
    ),
    "slopes": lambda: sequential(
        (5,), L.Dense(4), L.LeakyReLU(0.1), L.Dropout(0.5), L.Dense(4), L.PReLU(), L.Dense(2)
    ),
    "leaky function": lambda: sequential((5,), L.Dense(4, "leaky_relu"), L.Dense(2)),
    "clipped": lambda: sequential((5,), L.Dense(4), L.ReLU(max_value=1.0), L.Dense(2)),
    "sloped": lambda: sequential((5,), L.Dense(4), L.ReLU(negative_slope=0.3), L.Dense(2)),
    "elu layer": lambda: sequential((5,), L.Dense(4), L.ELU(0.7), L.Dense(2)),
    "activation first": lambda: sequential((5,), L.Activation("relu"), L.Dense(2)),
    "softmax": lambda: sequential((5,), L.Dense(4, "relu"), L.Dense(3, "softmax")),
    "sigmoid": lambda: sequential((5,), L.Dense(4, "relu"), L.Dense(1, "sigmoid")),
    "softmax layer": lambda: sequential((5,), L.Dense(4, "relu"), L.Dense(3), L.Softmax()),
    "softmax inside": lambda: sequential((5,), L.Dense(4, "softmax"), L.Dense(3)),
    "tanh at the end": lambda: sequential((5,), L.Dense(4, "relu"), L.Dense(1, "tanh")),
    "nested": lambda: sequential((5,), keras.Sequential([L.Dense(4, "relu")]), L.Dense(3)),
    "shared": lambda: functional((4,), shared),
    "residual": lambda: functional((4,), residual),
    "two inputs, two outputs": two_inputs,
    "dense along an axis": lambda: sequential((3, 2), L.Dense(4, "relu"), L.Dense(2)),
    "softmax along an axis": lambda: sequential((3, 2), L.Dense(4, "softmax")),
    "rescaled": lambda: sequential(
        (4,), L.Rescaling(0.5, offset=-1.0), L.Normalization(mean=0.3, variance=2.0), L.Dense(2)
    ),
    "conv1d": image(L.Conv1D(3, 3, activation="relu"), shape=LINE),
    "causal": image(L.Conv1D(3, 3, padding="causal", dilation_rate=2), L.ReLU(), shape=LINE),
    "conv2d": image(L.Conv2D(3, (3, 2), activation="relu")),
    "conv2d same": image(L.Conv2D(3, (3, 4), padding="same", strides=2, activation="tanh")),
    "conv2d dilated": image(L.Conv2D(3, 2, dilation_rate=(2, 3), activation="relu")),
    "conv2d groups": image(L.Conv2D(4, 3, groups=2, activation="relu")),
    "conv3d": image(L.Conv3D(2, 2, padding="same", activation="relu"), shape=VOLUME),
    "depthwise1d": image(L.DepthwiseConv1D(3, depth_multiplier=2), L.ReLU(), shape=LINE),
    "depthwise": image(L.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), L.ReLU()),
    "separable1d": image(L.SeparableConv1D(3, 3, activation="relu"), shape=LINE),
    "separable": image(L.SeparableConv2D(3, 3, depth_multiplier=2, activation="relu")),
    "transposed1d": image(L.Conv1DTranspose(3, 3, strides=2, activation="relu"), shape=LINE),
    "transposed": image(L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu")),
    "transposed valid": image(L.Conv2DTranspose(3, (2, 3), strides=3, activation="relu")),
    "transposed3d": image(L.Conv3DTranspose(2, 2, strides=2, activation="relu"), shape=VOLUME),
    "average pool": image(L.Conv2D(3, 2, activation="relu"), L.AveragePooling2D(2)),
    "average same": image(L.AveragePooling2D(3, strides=2, padding="same"), L.ReLU()),
    "max pool": image(L.Conv2D(3, 2, activation="relu"), L.MaxPooling2D(2)),
    "max same": image(L.Conv2D(3, 2), L.MaxPooling2D(3, strides=2, padding="same")),
    "max1d": image(L.MaxPooling1D(2), shape=LINE),
    "max3d": image(L.MaxPooling3D(2), shape=VOLUME),
    "average3d": image(L.AveragePooling3D(2), L.ReLU(), shape=VOLUME),
    "global average": lambda: sequential(
        IMAGE, L.Conv2D(3, 2, activation="relu"), L.GlobalAveragePooling2D(), L.Dense(2)
    ),
    "global maximum": lambda: sequential(
        IMAGE, L.Conv2D(3, 2, activation="relu"), L.GlobalMaxPooling2D(), L.Dense(2)
    ),
    "moves": image(
        L.ZeroPadding2D(((1, 0), (0, 2))), L.Cropping2D(((0, 1), (1, 0))), L.Permute((2, 3, 1)),
        L.Reshape((-1, 5, 2)), L.ReLU(), L.UpSampling2D((1, 2)),
    ),
    "bilinear": image(L.UpSampling2D(2, interpolation="bilinear"), L.ReLU()),
    "repeated": lambda: sequential((3,), L.RepeatVector(2), L.Conv1D(2, 1), L.ReLU(), L.Flatten()),
    "batch norm on channels": image(L.Conv2D(3, 2), L.BatchNormalization(), L.ReLU()),
    "layer norm": lambda: sequential(
        (5,), L.Dense(4), L.LayerNormalization(), L.ReLU(), L.Dense(2)
    ),
    "layer norm on two axes": image(L.Conv2D(3, 2), L.LayerNormalization(axis=(1, 3)), L.ReLU()),
    "group norm": image(L.Conv2D(4, 2), L.GroupNormalization(2), L.ReLU()),
    "rms norm": lambda: sequential((5,), L.Dense(4), L.RMSNormalization(), L.Dense(2)),
    "unit norm": lambda: sequential((5,), L.Dense(4), L.UnitNormalization(), L.Dense(2)),
    "squeeze and excite": lambda: functional(IMAGE, squeeze_excite),
    "extremes": lambda: functional((4,), lambda x: L.Subtract()([
        L.Maximum()([x, L.Dense(4)(x)]), L.Minimum()([x, L.Dense(4)(x)])])),
    "averaged": lambda: functional((4,), lambda x: L.Average()([L.Dense(4, "relu")(x), x, x])),
    "joined along an axis": lambda: functional(
        IMAGE, lambda x: L.Concatenate(axis=2)([L.Conv2D(2, 1, activation="relu")(x), x])),
    "ops": lambda: functional(
        (4,), lambda x: keras.ops.relu(x[:, 1:] - L.Dense(3)(x)) + L.Dense(3, "sigmoid")(x)),
}  # fmt: skip


@pytest.mark.parametrize("output", ["logit", "centred", "probability"])
@pytest.mark.parametrize("name", MODELS)
def test_it_gives_the_networks_outputs(name, output):
    model = MODELS[name]()
    network = as_network(model, output=output)
    x = np.random.default_rng(1).normal(size=(6, network.n_inputs))
    try:
        unrolled = unroll(model, output)
    except ValueError as reason:
        assert output == "probability" and "not computed by its layers" in str(reason)
        return
    expected, found = network.outputs(x), unrolled.outputs(x)
    assert np.ptp(expected, axis=0).max() > 1e-2  # the rows differ, so equality says something
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_windows_are_tensorflows(padding, stride):
    image, size = (5, 4), (3, 2)
    values = np.arange(20.0)
    layer = L.Conv2D(1, size, strides=stride, padding=padding, use_bias=False)
    layer.build((None, 5, 4, 1))
    layer.kernel.assign(np.arange(6.0).reshape(3, 2, 1, 1))
    seen = windows(image, size, (stride, stride), padding)
    read = np.where(seen.reads < 0, 0.0, values[seen.reads])
    expected = np.asarray(layer(values.reshape(1, 5, 4, 1))).ravel()
    np.testing.assert_allclose(read @ np.arange(6.0), expected)
