"""Files that only run forward, written by the runtimes' own tools, and models they are made of."""

import keras
import numpy as np
import tensorflow as tf

ROWS = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int) + (ROWS[:, 2] > 1)


def dense_model(end="softmax", units=3, inputs=4):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((inputs,), name="features"),
            keras.layers.Dense(8, "relu"),
            keras.layers.Dense(units, end),
        ]
    )


def tflite(function, *specs):
    """The TFLite file of a TensorFlow function."""
    made = tf.function(function, input_signature=specs, autograph=False).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([made], tf.Module())
    return converter.convert()


def by_the_book(path, rows):
    """Run a TFLite file as its manual has it: row by row, scaled by hand."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    (given,), (out,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], [1, *given["shape"][1:]])
    interpreter.allocate_tensors()
    found = []
    for row in rows:
        scale, zero = given["quantization"]
        value = row[None]
        if scale:
            value = np.clip(np.floor(row[None] / scale + 0.5) + zero, -128, 127).astype(np.int8)
        interpreter.set_tensor(given["index"], value.astype(given["dtype"]))
        interpreter.invoke()
        value = interpreter.get_tensor(out["index"])[0]
        scale, zero = out["quantization"]
        found.append((value.astype(float) - zero) * scale if scale else value)
    return np.array(found)


def onnx_file(path, *, end="Softmax", order=("a", "b"), rows="n", last=None):
    """An ONNX file of a (2 numbers) and b (1 number): end(a W + b v)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    w = np.array([[1.0, -1.0, 0.5], [2.0, 0.0, -2.0]], "float32")
    v = np.array([[0.5, 1.0, -1.0]], "float32")
    nodes = [
        helper.make_node("MatMul", ["a", "W"], ["aw"]),
        helper.make_node("MatMul", ["b", "V"], ["bv"]),
        helper.make_node("Add", ["aw", "bv"], ["sum"]),
        helper.make_node(end, ["sum"], ["mid" if last else "out"]),
    ]
    if last:
        nodes.append(helper.make_node(last, ["mid"], ["out"]))
    widths = {"a": 2, "b": 1}
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, widths[name]])
        for name in order
    ]
    output = helper.make_tensor_value_info("out", TensorProto.FLOAT, [rows, 3])
    graph = helper.make_graph(
        nodes,
        "small",
        inputs,
        [output],
        [numpy_helper.from_array(w, "W"), numpy_helper.from_array(v, "V")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


def scores(a, b):
    """What goes into the end of `onnx_file`."""
    w = np.array([[1.0, -1.0, 0.5], [2.0, 0.0, -2.0]])
    return a @ w + b @ np.array([[0.5, 1.0, -1.0]])


def softmax(z):
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def mutants(content, count=60):
    """Copies of a file with some bytes changed, or cut short."""
    rng = np.random.default_rng(3)
    for _ in range(count):
        mutant = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 5)):
            mutant[place] = rng.integers(256)
        yield bytes(mutant[: rng.integers(1, len(content))] if rng.random() < 0.2 else mutant)
