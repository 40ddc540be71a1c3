import numpy as np
import pytest
from keras_cases import sequential

from explainprune.network.backend import keras
from explainprune.network.listing import layers, prunable_layers
from explainprune.network.variables import variables

L = keras.layers


def by_path(model):
    return {info.path: info for info in layers(model)}


def test_sequential_in_order_with_units():
    model = sequential((4,), L.Dense(5, name="a"), L.Dropout(0.1, name="d"), L.Dense(3, name="b"))
    found = layers(model)
    assert [info.path for info in found] == ["a", "d", "b"]
    a, d, b = found
    assert (a.kind, a.kernel, a.bias, a.unit_axis, a.units) == ("Dense", "a/kernel", "a/bias", 1, 5)
    assert (a.prunable, a.prunable_units, a.is_output) == (True, True, False)
    assert (d.kind, d.kernel, d.prunable, d.units, d.is_output) == (
        "Dropout", None, False, 5, False,
    )  # fmt: skip
    assert b.is_output
    assert [info.path for info in prunable_layers(model)] == ["a", "b"]


def test_order_is_the_graphs_not_the_makers():
    late, early = L.Dense(3, name="late"), L.Dense(3, name="early")
    x = keras.Input((4,))
    assert [i.path for i in layers(keras.Model(x, late(early(x))))] == ["early", "late"]


@pytest.mark.parametrize(
    ("layer", "axis", "units", "separate"),
    [
        (L.Conv1D(5, 2), 2, 5, True),
        (L.Conv2D(5, 2), 3, 5, True),
        (L.Conv2D(4, 2, groups=2), 3, 4, True),
        (L.Conv3D(5, 2), 4, 5, True),
        (L.Conv1DTranspose(5, 2), 1, 5, True),
        (L.Conv2DTranspose(5, 2), 2, 5, True),
        (L.Conv3DTranspose(5, 2), 3, 5, True),
        (L.SeparableConv1D(5, 2), 2, 5, True),
        (L.SeparableConv2D(5, 2, depth_multiplier=2), 3, 5, True),
        (L.DepthwiseConv1D(2), 1, 2, False),
        (L.DepthwiseConv2D(2, depth_multiplier=3), 2, 2, False),
        (L.EinsumDense("...x,xy->...y", output_shape=5), 1, 5, True),
        (L.EinsumDense("...x,xyz->...yz", output_shape=(2, 5)), 2, 5, False),
        (L.Dense(5, use_bias=False), 1, 5, True),
    ],
)
def test_unit_axis(layer, axis, units, separate):
    rank = next((int(c) for c in type(layer).__name__ if c.isdigit()), 1)
    x = keras.Input((*[4] * rank, 2))
    model = keras.Model(x, layer(x))
    (info,) = layers(model)
    assert (info.unit_axis, info.units) == (axis, units)
    assert variables(model)[info.kernel].shape[axis] == units
    assert (info.prunable, info.prunable_units) == (True, separate)
    assert (info.bias is None) == (not getattr(layer, "use_bias", False))


def test_separable_keeps_its_depthwise_kernel_second():
    x = keras.Input((4, 4, 2))
    (info,) = layers(keras.Model(x, L.SeparableConv2D(5, 2, name="s")(x)))
    assert info.kernels == ("s/pointwise_kernel", "s/depthwise_kernel")


def test_layers_inside_layers_follow_their_holder():
    x = keras.Input((4, 3))
    h = L.MultiHeadAttention(2, 2, name="look")(x, x)
    h = L.LSTM(3, name="memory")(L.TimeDistributed(L.Dense(3), name="each")(h))
    found = by_path(keras.Model(x, L.Dense(2, name="last")(h)))
    paths = list(found)
    assert paths.index("look") < paths.index("look/query_dense") < paths.index("each")
    cell = found["memory/cell"]
    assert cell.kernels == ("memory/cell/kernel", "memory/cell/recurrent_kernel")
    for path in ("look/query_dense", "each/layer", "memory/cell"):
        assert found[path].prunable and not found[path].prunable_units
        assert not found[path].is_output
    assert not found["memory"].prunable


def test_embedding_is_reported_not_prunable():
    x = keras.Input((4,), dtype="int32")
    model = keras.Model(x, L.Dense(2)(L.Flatten()(L.Embedding(9, 3, name="words")(x))))
    info = by_path(model)["words"]
    assert (info.kind, info.prunable, info.units) == ("Embedding", False, 3)


def outputs(model):
    return {info.path for info in layers(model) if info.is_output}


def test_output_is_seen_through_what_has_no_kernel():
    x = keras.Input((8, 8, 2))
    h = L.Conv2D(3, 3, name="hidden")(x)
    h = L.Conv2D(4, 3, name="head")(h)
    h = L.BatchNormalization()(L.Activation("relu")(h))
    h = L.Dropout(0.1)(L.GlobalAveragePooling2D()(h))
    assert outputs(keras.Model(x, L.Softmax()(L.Flatten()(h)))) == {"head"}


def test_output_is_seen_through_sums_and_nested_models():
    x = keras.Input((4,))
    hidden = L.Dense(3, name="hidden")(x)
    top = keras.Sequential(
        [L.Input((3,)), L.Dense(5, name="mid"), L.Dense(3, name="out"), L.Activation("softmax")],
        name="top",
    )
    wide = L.Dense(3, name="wide")(x)
    model = keras.Model(x, L.Add()([top(hidden), wide]) * 2.0)
    assert outputs(model) == {"top/out", "wide"}


def test_every_output_counts():
    x = keras.Input((4,))
    h = L.Dense(3, name="hidden")(x)
    model = keras.Model(x, [L.Dense(2, name="one")(h), L.Dense(1, name="two")(h)])
    assert outputs(model) == {"one", "two"}


def test_a_layer_that_holds_kernels_is_the_output_as_a_whole():
    x = keras.Input((4, 3))
    model = keras.Model(x, L.Bidirectional(L.GRU(2), name="both")(L.Dense(3, name="d")(x)))
    assert outputs(model) == {"both/forward_layer/cell", "both/backward_layer/cell"}


def test_shared_layer_comes_once_with_its_calls():
    shared = L.Dense(4, name="shared")
    x = keras.Input((4,))
    found = by_path(keras.Model(x, L.Dense(2, name="last")(shared(shared(x)))))
    assert list(found) == ["shared", "last"]
    assert found["shared"].calls == 2


def test_subclassed_model_protects_its_last_layer():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = L.Dense(3), L.Dense(2)

        def call(self, x):
            return self.two(self.one(x))

    model = Net()
    model(np.zeros((1, 4), np.float32))
    found = layers(model)
    assert [(i.path, i.is_output, i.prunable_units) for i in found] == [
        ("one", False, False),
        ("two", True, False),
    ]
