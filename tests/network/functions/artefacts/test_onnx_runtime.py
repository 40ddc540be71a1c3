"""ONNX files run by ONNX Runtime, against a formula."""

import sys

import numpy as np
import pytest
from artefact_cases import ROWS, mutants, onnx_file, scores, softmax

from explainprune import load_model
from explainprune.network import as_network

A, B = ROWS[:, :2], ROWS[:, 2:3]


def test_named_inputs_are_matched(tmp_path):
    artefact = load_model(onnx_file(tmp_path / "m.onnx", order=("b", "a")))
    assert [(part.name, part.shape) for part in artefact.parts] == [("b", (1,)), ("a", (2,))]
    for given in ({"a": A, "b": B}, {"b": B, "a": A}):
        np.testing.assert_allclose(artefact(given), softmax(scores(A, B)), atol=1e-6)
        network = as_network(artefact, like=given)
        assert [part.name for part in network.signature.parts] == list(given)
        np.testing.assert_allclose(
            network.outputs(network.pack(given)), softmax(scores(A, B)), atol=1e-6
        )


@pytest.mark.parametrize(
    ("end", "last", "known"),
    [("Softmax", None, "softmax"), ("Sigmoid", "Identity", "sigmoid"), ("Tanh", None, "")],
)
def test_the_last_operation_says_what_is_put_out(tmp_path, end, last, known):
    artefact = load_model(onnx_file(tmp_path / "m.onnx", end=end, last=last))
    assert artefact.outputs[0].end == known
    kind = as_network(artefact, like={"a": A, "b": B}).output_kind
    assert kind == ("probability" if known else "logit")


def test_a_fixed_number_of_rows_is_filled_up(tmp_path):
    artefact = load_model(onnx_file(tmp_path / "m.onnx", rows=4))
    assert artefact.rows_per_call == 4
    assert artefact.notes == ("m.onnx was made for 4 rows at a time, which is slow.",)
    np.testing.assert_allclose(artefact({"a": A, "b": B}), softmax(scores(A, B)), atol=1e-6)
    assert len(artefact({"a": A[:3], "b": B[:3]})) == 3


def test_bad_files_are_refused_in_one_sentence(tmp_path):
    whole = onnx_file(tmp_path / "m.onnx").read_bytes()
    for name, content, message in [
        ("empty", b"", r"empty.onnx' is empty"),
        ("text", b"hello" * 50, r"text.onnx' is corrupt, or no ONNX file"),
        ("cut", whole[: len(whole) // 2], r"cut.onnx' is corrupt, or no ONNX file"),
    ]:
        (tmp_path / f"{name}.onnx").write_bytes(content)
        with pytest.raises(ValueError, match=message) as caught:
            load_model(tmp_path / f"{name}.onnx")
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"expects shape \(n, 2\). Received: shape=\(60, 4\)"):
        load_model(tmp_path / "m.onnx")({"a": ROWS, "b": B})
    with pytest.raises(ValueError, match="Missing input: b"):
        load_model(tmp_path / "m.onnx")({"a": A})


def test_a_file_that_only_says_the_class_is_refused(tmp_path):
    import onnx
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])
    out = helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])
    node = helper.make_node("ArgMax", ["x"], ["label"], axis=1, keepdims=0)
    graph = helper.make_graph([node], "g", [given], [out])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(made, str(tmp_path / "m.onnx"))
    with pytest.raises(ValueError, match=r"neither scores nor.*'label' of tensor\(int64"):
        load_model(tmp_path / "m.onnx")


def test_without_the_runtime_the_extra_is_named(tmp_path, monkeypatch):
    path = onnx_file(tmp_path / "m.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"pip install 'explainprune\[onnx\]'"):
        load_model(path)


def test_a_damaged_file_is_run_or_refused_in_a_sentence(tmp_path, capfd):
    path = onnx_file(tmp_path / "m.onnx")
    whole = path.read_bytes()
    load_model(path)
    capfd.readouterr()
    refused = 0
    for content in mutants(whole):
        path.write_bytes(content)
        try:
            load_model(path)({"a": A, "b": B})
        except ValueError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 10
    assert "".join(capfd.readouterr()) == ""
