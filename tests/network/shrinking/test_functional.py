"""Graphs: sums, gates, concatenation, nested and shared models, attention, recurrence."""

import numpy as np
import pytest

from explainprune.network.backend import keras

L = keras.layers


def test_a_residual_channel_goes_only_when_all_its_branches_are_silent(randomise, silence, check):
    x = keras.Input((5, 5, 2))
    a = L.Conv2D(4, 1, name="a")(x)
    b = L.Conv2D(4, 1, name="b")(a)
    y = L.ReLU()(L.Add()([a, b]))
    model = randomise(keras.Model(x, L.Dense(2)(L.GlobalAveragePooling2D()(y))))
    silence(model.get_layer("b"), [0, 1])
    assert check(model).plan.removed == {}
    silence(model.get_layer("a"), [1, 2])
    made = check(model)
    assert {path: list(kept) for path, kept in made.plan.kept.items() if path in "ab"} == {
        "a": [0, 2, 3],
        "b": [0, 2, 3],
    }


def test_concatenation_maps_consumers_back_to_their_branch(randomise, silence, check):
    x = keras.Input((4, 4, 2))
    a = L.Conv2D(3, 3, padding="same", name="a")(x)
    b = L.Conv2D(4, 3, padding="same", name="b")(x)
    y = L.BatchNormalization()(L.Concatenate()([a, b, a]))
    model = randomise(keras.Model(x, L.Dense(2, name="head")(L.Flatten()(y))))
    head = model.get_layer("head").kernel.numpy().reshape(16, 10, 2)
    head[:, [1, 8, 4]] = 0  # unit 1 of a at both of its places, unit 1 of b
    head[:, 2] = 0  # unit 2 of a at one of them
    model.get_layer("head").kernel.assign(head.reshape(-1, 2))
    made = check(model)
    assert list(made.plan.kept["a"]) == [0, 2]
    assert list(made.plan.kept["b"]) == [0, 2, 3]


def test_squeeze_and_excite_gate_goes_with_its_channel(randomise, silence, check):
    x = keras.Input((4, 4, 2))
    a = L.Conv2D(4, 3, padding="same", use_bias=False, name="a", activation="relu")(x)
    gate = L.Dense(2, activation="relu", name="squeeze")(L.GlobalAveragePooling2D()(a))
    gate = L.Reshape((1, 1, 4))(L.Dense(4, activation="sigmoid", name="excite")(gate))
    y = L.GlobalMaxPooling2D()(L.Multiply()([a, gate]))
    model = randomise(keras.Model(x, L.Dense(2)(y)))
    silence(model.get_layer("a"), [0, 3])
    assert check(model).plan.removed == {"a": 2, "excite": 2}


def test_a_map_of_one_channel_stays_and_its_partners_can_go(randomise, silence, check):
    x = keras.Input((4, 4, 2))
    a = L.Conv2D(4, 3, padding="same", name="a")(x)
    attention = L.Conv2D(1, 3, padding="same", activation="sigmoid", name="map")(a)
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(L.Multiply()([a, attention])))))
    silence(model.get_layer("a"), [2])
    assert check(model).plan.removed == {"a": 1}


def test_depthwise_and_separable_convolutions(randomise, silence, check):
    x = keras.Input((6, 6, 2))
    y = L.Conv2D(4, 1, name="a", activation="relu")(x)
    y = L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="depthwise")(y)
    y = L.SeparableConv2D(5, 3, depth_multiplier=2, activation="relu", name="separable")(y)
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(y))))
    silence(model.get_layer("a"), [1])
    silence(model.get_layer("depthwise"), [2, 3], ("bias",))
    silence(model.get_layer("separable"), [0, 4], ("pointwise_kernel", "bias"))
    made = check(model)
    assert made.plan.removed == {"a": 1, "depthwise": 2, "separable": 2}
    assert made.model.get_layer("depthwise").kernel.shape == (3, 3, 3, 2)


def test_a_convolution_of_one_group_per_channel_is_depthwise(randomise, silence, check):
    x = keras.Input((6, 6, 2))
    y = L.Conv2D(4, 1, name="a", activation="relu")(x)
    y = L.Conv2D(8, 3, groups=4, name="grouped")(y)
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(y))))
    silence(model.get_layer("a"), [1])
    silence(model.get_layer("grouped"), [2, 3], ("bias",))
    made = check(model)
    assert made.plan.removed == {"a": 1, "grouped": 2}
    assert made.model.get_layer("grouped").groups == 3


def test_other_groups_are_left_whole(randomise, silence, check):
    x = keras.Input((6, 6, 2))
    y = L.Conv2D(4, 1, name="a", activation="relu")(x)
    y = L.Conv2D(4, 3, groups=2, name="grouped")(y)
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(y))))
    silence(model.get_layer("a"), [1])
    made = check(model)
    assert made.plan.removed == {}
    assert made.plan.left_whole == {
        "grouped": "its 2 groups tie outputs to inputs",
        "a": "its units touch 'grouped', which is left whole",
    }


def test_nested_models_are_opened(randomise, silence, check):
    inner = keras.Sequential(
        [keras.Input((4,)), L.Dense(5, "relu", name="in"), L.Dense(4, "relu", name="out")],
        name="block",
    )
    ends = keras.Input((4,))
    functional = keras.Model(ends, L.Add()([L.Dense(4, name="left")(ends), ends]), name="skip")
    x = keras.Input((3,))
    y = functional(inner(L.Dense(4, "relu", name="first")(x)))
    model = randomise(keras.Model(x, L.Dense(2)(y)))
    silence(model.get_layer("first"), [0, 1])
    silence(inner.get_layer("in"), [1, 2, 3])
    made = check(model)
    assert made.plan.removed == {"first": 2, "block/in": 3}
    assert made.model.get_layer("block").get_layer("in").units == 2
    assert made.model.get_layer("block").input_shape == (None, 2)


def test_a_layer_without_weights_may_be_used_twice(randomise, silence, check):
    relu = L.ReLU()
    x = keras.Input((2,))
    y = relu(L.Dense(5, name="b")(relu(L.Dense(5, name="a")(x))))
    model = randomise(keras.Model(x, L.Dense(2)(y)))
    silence(model.get_layer("a"), [0])
    assert check(model).plan.removed == {"a": 1}


@pytest.mark.parametrize(
    "layer, reason",
    [
        (lambda: L.Lambda(lambda t: keras.ops.flip(t, -1), name="odd"), "Lambda"),
        (lambda: L.LayerNormalization(name="odd"), "normalises each row"),
        (lambda: L.Softmax(name="odd"), "weighs its units"),
        (lambda: L.Activation("softmax", name="odd"), "activation 'softmax'"),
        (lambda: L.Activation(lambda t: t[:, ::-1], name="odd"), "activation '<lambda>'"),
        (lambda: L.Dense(4, activation="softmax", name="odd"), "activation 'softmax'"),
    ],
)
def test_what_is_not_known_is_left_whole(randomise, silence, check, layer, reason):
    x = keras.Input((3,))
    y = L.Dense(4, "relu", name="before")(L.Dense(6, "relu", name="far")(x))
    y = L.Dense(5, "relu", name="after")(layer()(y))
    model = randomise(keras.Model(x, L.Dense(2)(y)))
    silence(model.get_layer("before"), [0])
    silence(model.get_layer("far"), [0])
    silence(model.get_layer("after"), [1, 2])
    made = check(model)
    assert reason in made.plan.left_whole["odd"]
    expected = {"far": 1, "after": 2}
    if "Dense" in type(layer()).__name__:  # its kernel still reads units that can go
        expected["before"] = 1
    assert made.plan.removed == expected


class Doubled(L.Dense):
    """A subclass may do anything: this one adds its input."""

    def call(self, inputs):
        return super().call(inputs) + inputs


def test_a_subclass_of_a_known_layer_is_not_known(randomise, silence, check):
    x = keras.Input((3,))
    y = Doubled(4, name="odd")(L.Dense(4, "relu", name="before")(x))
    model = randomise(keras.Model(x, L.Dense(2)(y)))
    silence(model.get_layer("before"), [0])
    silence(model.get_layer("odd"), [0])
    made = check(model)
    assert made.plan.removed == {}
    assert "Doubled" in made.plan.left_whole["odd"]


def test_operations_on_tensors(randomise, silence, check):
    x = keras.Input((4, 4, 2))
    a = L.Conv2D(4, 1, name="a")(x)
    b = L.Conv2D(4, 1, name="b")(x)
    y = L.ReLU(6.0)(a + 3.0) * (1.0 / 6.0)
    y = keras.ops.maximum(y * a, keras.ops.sigmoid(b) - 0.5)
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(y))))
    silence(model.get_layer("a"), [0, 2])
    silence(model.get_layer("b"), [0, 1])
    assert check(model).plan.removed == {"a": 1, "b": 1}


def test_reshape_permute_and_repeat(randomise, silence, check):
    x = keras.Input((6,))
    y = L.RepeatVector(3)(L.Dense(4, "relu", name="a")(x))  # (3, 4)
    y = L.Reshape((1, 3, 4))(y)
    y = L.Reshape((3, 1, -1))(L.Permute((2, 1, 3))(y))
    y = L.Conv2D(3, 1, name="b", activation="relu")(y)
    y = L.Dense(4, "relu", name="c")(L.Reshape((-1,))(y))
    y = L.Reshape((2, 2))(y)  # splits c's units over two axes
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(y))))
    silence(model.get_layer("a"), [1])
    silence(model.get_layer("b"), [0])
    silence(model.get_layer("c"), [0])
    made = check(model)
    assert made.plan.removed == {"a": 1, "b": 1}
    assert next(iter(made.plan.left_whole.values())) == "it splits units over several axes"


@pytest.mark.parametrize("shared_axes", [None, [1, 2], [1, 2, 3]])
def test_prelu(randomise, silence, check, shared_axes):
    x = keras.Input((3, 3, 2))
    y = L.PReLU(shared_axes=shared_axes, name="p")(L.Conv2D(4, 1, name="a")(x))
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(L.Conv2D(3, 1)(y)))))
    silence(model.get_layer("a"), [0, 1], ("kernel",))
    model.get_layer("a").bias.assign([1.0, -1.0, 0.3, 0.3])
    removed = check(model).plan.removed
    # a negative constant times slopes that differ from place to place is no constant
    assert (
        removed
        == {None: {"a": 1}, (1, 2): {"a": 2}, (1, 2, 3): {}}[shared_axes and tuple(shared_axes)]
    )


def test_several_inputs_and_outputs_keep_their_structure(randomise, silence, check):
    a, b = keras.Input((3,), name="left"), keras.Input((4,), name="right")
    y = L.Add()([L.Dense(5, name="a")(a), L.Dense(5, name="b")(b)])
    hidden = L.Dense(4, "relu", name="c")(y)
    outputs = {"one": L.Dense(2, name="p")(hidden), "two": L.Dense(1, name="q")(y)}
    model = randomise(keras.Model({"left": a, "right": b}, outputs))
    silence(model.get_layer("c"), [0])
    silence(model.get_layer("a"), [1])
    silence(model.get_layer("b"), [1])
    from explainprune.network.shrinking.smaller import make_smaller

    made = make_smaller(model)
    assert made.plan.removed == {"c": 1, "a": 1, "b": 1}
    rng = np.random.default_rng(0)
    x = {"left": rng.normal(size=(4, 3)), "right": rng.normal(size=(4, 4))}
    before, after = model(x), made.model(x)
    assert before.keys() == after.keys()
    for key in before:
        np.testing.assert_allclose(before[key], after[key], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", [L.BatchNormalization, lambda name: L.Dropout(0.5, name=name)])
def test_a_layer_in_training_mode_is_left_whole(randomise, silence, layer):
    from explainprune.network.shrinking.smaller import make_smaller

    x = keras.Input((3,))
    y = layer(name="odd")(L.Dense(4, "sigmoid", name="a")(x), training=True)
    model = randomise(keras.Model(x, L.Dense(2)(y)))
    silence(model.get_layer("a"), [0])
    made = make_smaller(model)
    assert made.plan.removed == {}
    assert made.plan.left_whole["odd"] == "it is called in training mode"


def test_a_nested_model_that_casts_its_input_is_left_whole(randomise, silence, check):
    inner = keras.Sequential([keras.Input((4,), dtype="int32"), L.Embedding(9, 2)], name="inner")
    x = keras.Input((3,))
    y = inner(L.Dense(4, "relu6", name="a")(x))
    model = randomise(keras.Model(x, L.Dense(2)(L.Flatten()(y))))
    silence(model.get_layer("a"), [0])
    made = check(model)
    assert made.plan.removed == {} and "inner" in made.plan.left_whole
