"""TFLite files run by LiteRT: numbers as by the book, whatever the batch."""

import sys

import numpy as np
import pytest
import tensorflow as tf
from artefact_cases import ROWS, by_the_book, dense_model, mutants, softmax, tflite

from explainprune import export, load_model
from explainprune.network import as_network
from explainprune.network.functions.artefacts import litert


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tflite")
    model = dense_model()
    for kind in ("none", "int8", "float16"):
        export(model, folder / f"{kind}.tflite", quantise=kind, data=ROWS)
    return model, folder


def test_a_float_file_computes_what_the_model_does(files):
    model, folder = files
    artefact = load_model(folder / "none.tflite")
    np.testing.assert_allclose(artefact(ROWS), model.predict(ROWS, verbose=0), atol=1e-6)
    assert [part.name for part in artefact.parts] == ["features"]
    assert [(each.end, each.step) for each in artefact.outputs] == [("softmax", 0.0)]
    assert artefact.bytes == (folder / "none.tflite").stat().st_size and artefact.notes == ()


def test_quantised_numbers_are_scaled_as_the_file_says(files):
    model, folder = files
    artefact = load_model(folder / "int8.tflite")
    found = artefact(ROWS)
    np.testing.assert_allclose(found, by_the_book(folder / "int8.tflite", ROWS), atol=1e-7)
    assert artefact.outputs[0].step == pytest.approx(1 / 256)
    assert artefact.parts[0].dtype == "float32"
    np.testing.assert_allclose(found * 256, np.rint(found * 256), atol=1e-4)
    assert np.abs(found - model.predict(ROWS, verbose=0)).max() < 0.05


@pytest.mark.parametrize("kind", ["none", "int8", "float16"])
@pytest.mark.parametrize("count", [1, 2, 3, 16, 33])
def test_rows_are_the_same_by_themselves_and_together(files, kind, count):
    artefact = load_model(files[1] / f"{kind}.tflite")
    alone = np.concatenate([artefact(ROWS[i : i + 1]) for i in range(count)])
    np.testing.assert_allclose(artefact(ROWS[:count]), alone, atol=1e-6)


def test_values_beyond_the_range_are_clipped_and_said(files):
    artefact = load_model(files[1] / "int8.tflite")
    network = as_network(artefact)
    assert not any("quantised input can hold" in note for note in network.notes)
    high = artefact.ranges["features"][1]
    network.pack(np.full((1, 4), 2 * high, "float32"))
    assert "100.0% of the values given to int8.tflite lie beyond" in network.notes[-1]
    np.testing.assert_array_equal(
        artefact(np.full((1, 4), 2 * high, "float32")), artefact(np.full((1, 4), high, "float32"))
    )


def test_a_file_that_cannot_be_resized_is_run_row_by_row(tmp_path):
    kernel = tf.constant(np.arange(6.0).reshape(2, 3), tf.float32)

    def fixed(x):
        return tf.reshape(tf.reshape(x, (2, 2)) @ kernel, (1, 6))

    (tmp_path / "fixed.tflite").write_bytes(tflite(fixed, tf.TensorSpec((1, 4), name="x")))
    artefact = load_model(tmp_path / "fixed.tflite")
    expected = (ROWS.reshape(-1, 2, 2) @ kernel.numpy()).reshape(-1, 6)
    np.testing.assert_allclose(artefact(ROWS), expected, rtol=1e-5, atol=1e-6)
    assert artefact.rows_per_call == 1
    assert artefact.notes == (
        "fixed.tflite can't be resized and is run on one row at a time, which is slow.",
    )


def test_a_file_that_would_mix_rows_is_run_row_by_row(tmp_path):
    def mixing(x):
        return x / tf.reduce_sum(tf.abs(x))

    (tmp_path / "mixing.tflite").write_bytes(tflite(mixing, tf.TensorSpec((1, 4), name="x")))
    artefact = load_model(tmp_path / "mixing.tflite")
    expected = ROWS / np.abs(ROWS).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(artefact(ROWS), expected, rtol=1e-5)


def test_whole_numbers_stay_whole(tmp_path):
    table = tf.constant(np.arange(20.0).reshape(10, 2), tf.float32)

    def tokens(x):
        return tf.reduce_sum(tf.gather(table, x), axis=1)

    spec = tf.TensorSpec((None, 3), tf.int32, name="x")
    (tmp_path / "tokens.tflite").write_bytes(tflite(tokens, spec))
    artefact = load_model(tmp_path / "tokens.tflite")
    x = np.array([[0, 1, 2], [7, 8, 9]])
    np.testing.assert_array_equal(artefact(x), table.numpy()[x].sum(axis=1))
    network = as_network(artefact)
    assert network.whole_numbers
    with pytest.raises(ValueError, match=r"takes whole numbers \(int32.*Received: 0.5"):
        network.outputs(np.array([[0.5, 1, 2]]))


def test_inputs_are_matched_by_name_in_the_order_of_the_rows(tmp_path):
    def two(b, a):
        return tf.nn.softmax(tf.concat([a, 2 * b], axis=1))

    specs = [tf.TensorSpec((None, 1), name="b"), tf.TensorSpec((None, 2), name="a")]
    (tmp_path / "two.tflite").write_bytes(tflite(two, *specs))
    artefact = load_model(tmp_path / "two.tflite")
    a, b = ROWS[:, :2], ROWS[:, 2:3]
    expected = softmax(np.concatenate([a, 2 * b], axis=1))
    for given in ({"a": a, "b": b}, {"b": b, "a": a}):
        np.testing.assert_allclose(artefact(given), expected, atol=1e-6)
        network = as_network(artefact, like=given)
        assert [part.name for part in network.signature.parts] == list(given)
        np.testing.assert_allclose(network.outputs(network.pack(given)), expected, atol=1e-6)
    with pytest.raises(ValueError, match=r"no input 'c'.* Its inputs: "):
        artefact({"a": a, "c": b})
    with pytest.raises(ValueError, match="The model has 2 inputs"):
        artefact(ROWS[:, :3])


def test_bad_files_are_refused_in_one_sentence(files, tmp_path):
    whole = (files[1] / "none.tflite").read_bytes()
    for name, content, message in [
        ("empty", b"", r"empty.tflite' is empty"),
        ("text", b"hello" * 50, r"text.tflite' is corrupt, or no TFLite file"),
        ("cut", whole[: len(whole) // 2], r"cut.tflite' can't be run by LiteRT: "),
    ]:
        (tmp_path / f"{name}.tflite").write_bytes(content)
        with pytest.raises(ValueError, match=message) as caught:
            load_model(tmp_path / f"{name}.tflite")
        assert "\n" not in str(caught.value)
    with pytest.raises(
        FileNotFoundError, match=r"no model file .*nome.tflite'.*Did you mean 'none"
    ):
        load_model(files[1] / "nome.tflite")


def test_a_file_that_only_says_the_class_is_refused(tmp_path):
    spec = tf.TensorSpec((None, 4), name="x")
    (tmp_path / "class.tflite").write_bytes(tflite(lambda x: tf.argmax(x, axis=1), spec))
    with pytest.raises(ValueError, match=r"outputs whole numbers \(.*int64\), neither"):
        load_model(tmp_path / "class.tflite")


def test_without_litert_the_extra_is_named(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(ImportError, match=r"pip install 'explainprune\[tflite\]'"):
        load_model(files[1] / "none.tflite")


def test_a_damaged_file_is_run_or_refused_in_a_sentence(files, tmp_path, capfd):
    path, whole = tmp_path / "m.tflite", (files[1] / "int8.tflite").read_bytes()
    refused = 0
    for content in mutants(whole):
        path.write_bytes(content)
        try:
            load_model(path)(ROWS)
        except ValueError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 10
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("ends", [([], ["one"]), (["one"], [])])
def test_a_file_that_reads_or_puts_out_nothing_is_refused(ends, files, monkeypatch):
    monkeypatch.setattr(litert._File, "tensors", lambda self: ends)
    with pytest.raises(ValueError, match="reads nothing, or outputs nothing"):
        load_model(files[1] / "int8.tflite")
