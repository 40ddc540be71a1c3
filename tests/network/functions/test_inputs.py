import numpy as np
import pandas as pd
import pytest

from explainprune.network import as_network
from explainprune.network.backend import keras
from explainprune.network.functions.inputs import InputSpec, as_parts, pack, unpack

IMAGE = [InputSpec("image", (2, 2, 1))]
TWO = [InputSpec("a", (2,)), InputSpec("b", (1, 3))]


def test_images_are_taken_in_their_own_shape_and_flat():
    x = np.arange(8.0).reshape(2, 2, 2, 1)
    flat = pack(x, IMAGE, "float32")
    np.testing.assert_array_equal(flat, np.arange(8).reshape(2, 4))
    assert flat.dtype == np.float32
    np.testing.assert_array_equal(pack(x.reshape(2, 4), IMAGE, "float32"), flat)
    for given in ({"image": x}, [x], [x.reshape(2, 4)]):
        np.testing.assert_array_equal(pack(given, IMAGE, "float32"), flat)


def test_values_come_back_in_the_callers_shape():
    x = np.arange(8.0).reshape(2, 2, 2, 1)
    flat = pack(x, IMAGE, "float32")
    np.testing.assert_array_equal(unpack(flat, IMAGE), x)
    np.testing.assert_array_equal(unpack(flat, IMAGE, like=x.reshape(2, 4)), x.reshape(2, 4))
    by_name = unpack(flat, IMAGE, like={"image": x})
    assert list(by_name) == ["image"]
    np.testing.assert_array_equal(by_name["image"], x)
    every = np.stack([flat, -flat, 2 * flat], axis=2)
    values = unpack(every, IMAGE, like=x)
    assert values.shape == (2, 2, 2, 1, 3)
    np.testing.assert_array_equal(values[..., 1], -x)


@pytest.mark.parametrize("as_list", [False, True])
def test_several_inputs_go_in_by_name_or_order_and_come_out_by_name(as_list):
    a, b = np.ones((3, 2)), np.full((3, 1, 3), 2.0)
    x = [a, b] if as_list else {"b": b, "a": a}
    flat = pack(x, TWO, "float32")
    np.testing.assert_array_equal(flat, [[1, 1, 2, 2, 2]] * 3)
    back = unpack(flat, TWO, like=x)
    assert list(back) == ["a", "b"] and back["b"].shape == (3, 1, 3)
    np.testing.assert_array_equal(back["a"], a)


def test_a_table_is_read_as_an_array():
    frame = pd.DataFrame({"u": [1, 2], "v": [0.5, 1.5]})
    flat = pack(frame, [InputSpec("x", (2,))], "float32")
    np.testing.assert_array_equal(flat, [[1, 0.5], [2, 1.5]])
    assert unpack(flat, [InputSpec("x", (2,))], like=frame).shape == (2, 2)


def test_one_number_for_each_row_is_an_input_too():
    part = [InputSpec("x", ())]
    np.testing.assert_array_equal(pack(np.array([1.0, 2.0]), part, "float32"), [[1], [2]])
    np.testing.assert_array_equal(pack(np.array([[1.0], [2.0]]), part, "float32"), [[1], [2]])
    assert unpack(np.ones((2, 1)), part).shape == (2,)


@pytest.mark.parametrize(
    ("x", "parts", "message"),
    [
        (np.ones((3, 5)), IMAGE, r"'image' expects shape \(n, 2, 2, 1\) or \(n, 4\)\. .*\(3, 5\)"),
        (np.ones((3, 2, 2)), IMAGE, r"'image' expects .* Received: shape=\(3, 2, 2\)"),
        (np.ones(4), TWO[:1], r"input 'a' expects shape \(n, 2\)\. Received: shape=\(4,\)"),
        (np.float32(1), TWO[:1], r"Received: shape=\(\)"),
        (np.array([["x", "y"]]), TWO[:1], r"'a' needs numbers\. Received: dtype=<U1"),
        (np.array([[1, None]]), TWO[:1], r"'a' needs numbers\. Received: dtype=object"),
        (np.array([[1, np.nan]]), TWO[:1], r"'a' has 1 values that are NaN or infinite"),
        (np.ones((3, 2)), TWO, r"has 2 inputs: expected a dict with a, b.*shape=\(3, 2\)"),
        ([np.ones((3, 2))], TWO, r"has 2 inputs: .* Received: 1 arrays"),
        ({"a": np.ones((3, 2))}, TWO, r"Missing input: b\. Received: a\."),
        ({"a": 1, "bb": 2}, TWO, r"no input 'bb'\. Did you mean 'b'\? Its inputs: a, b"),
        (
            {"a": np.ones((3, 2)), "b": np.ones((2, 3))},
            TWO,
            r"same number of rows\. Received: \{'a': 3, 'b': 2\}",
        ),
    ],
)
def test_what_does_not_fit_is_refused(x, parts, message):
    with pytest.raises(ValueError, match=message):
        pack(x, parts, "float32")


def test_values_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"shape \(n, 4\) or \(n, 4, outputs\)\. .*\(2, 3\)"):
        unpack(np.ones((2, 3)), IMAGE)


def test_a_model_of_named_inputs_packs_in_its_own_order():
    late, early = keras.Input((1,), name="late"), keras.Input((1,), name="early")
    model = keras.Model({"late": late, "early": early}, late - early)
    network = as_network(model)
    flat = network.pack({"late": [[5.0]], "early": [[2.0]]})
    assert network.outputs(flat) == 3
    values = network.unpack(network.jacobian(flat)[..., 0])
    assert (values["late"], values["early"]) == (1, -1)


def test_whole_numbers_that_are_only_scaled_are_numbers():
    x = keras.Input((2, 2, 1), dtype="uint8")
    model = keras.Model(x, keras.layers.Flatten()(keras.layers.Rescaling(0.5)(x)))
    network = as_network(model)
    flat = network.pack(np.full((1, 2, 2, 1), 4, dtype=np.uint8))
    np.testing.assert_array_equal(network.outputs(flat), [[2, 2, 2, 2]])
    np.testing.assert_array_equal(network.jacobian(flat)[0], np.eye(4) / 2)


def test_text_is_packed_as_codes_that_the_model_reads_as_text():
    x = keras.Input((2,), dtype="string", name="words")
    lookup = keras.layers.StringLookup(vocabulary=["a", "b"], output_mode="count")
    network = as_network(keras.Model(x, keras.ops.cast(lookup(x), "float32")))
    flat = network.pack(np.array([["a", "a"], ["b", "?"]]))
    assert flat.dtype == np.float64 and flat[0, 0] == flat[0, 1] != flat[1, 0]
    np.testing.assert_array_equal(network.outputs(flat), [[0, 2, 0], [1, 0, 1]])
    with pytest.raises(ValueError, match=r"input 'words' reads text. Received: dtype=int64"):
        network.pack(np.array([[1, 2]]))
    with pytest.raises(ValueError, match=r"Input 'a' of the model reads text, which can't be used"):
        pack(np.array([["x", "y"]]), [InputSpec("a", (2,), "string")], "float64")


def test_columns_go_to_the_inputs_of_their_name():
    frame = pd.DataFrame({"v": [0.5, 1.5], "u": [1, 2]})
    parts = [InputSpec("u", (1,)), InputSpec("v", ())]
    u, v = as_parts(frame, parts)
    np.testing.assert_array_equal(u, [[1], [2]])
    np.testing.assert_array_equal(v, [0.5, 1.5])
    np.testing.assert_array_equal(as_parts(frame.to_numpy(), parts, names=["v", "u"])[0], u)
    with pytest.raises(ValueError, match="x lacks the column 'u', which the model has"):
        as_parts(frame[["v"]], parts)
    with pytest.raises(ValueError, match="x has the column 'w', which the model has not"):
        as_parts(frame.assign(w=1), parts)
