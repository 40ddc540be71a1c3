"""Files that ship: what is written, how far outputs moved, and what is refused."""

import keras
import numpy as np
import pytest
from artefact_cases import LABELS, ROWS, by_the_book, dense_model
from keras_cases import sequential

import explainprune as xp
from explainprune.network import model_sha256

IMAGES = np.random.default_rng(2).uniform(size=(40, 8, 8, 1)).astype("float32")


def trained(end="softmax", units=3):
    model = dense_model(end, units)
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("kind", ["none", "int8", "float16"])
def test_a_tflite_file_and_its_certificate(tmp_path, kind):
    model, path = trained(), tmp_path / "m.tflite"
    model.fit(ROWS, LABELS, epochs=10, verbose=0)
    before = model.get_weights()
    c = xp.export(model, path, quantise=kind, data=(ROWS, LABELS))
    ours, theirs = model.predict(ROWS, verbose=0), by_the_book(path, ROWS)
    apart = np.abs(ours - theirs)
    assert c.max_difference == pytest.approx(apart.max(), abs=1e-6)
    assert c.mean_difference == pytest.approx(apart.mean(), abs=1e-6)
    assert c.relative_difference == pytest.approx(apart.max() / ours.max(), abs=1e-6)
    flipped = ours.argmax(1) != theirs.argmax(1)
    assert c.flips == flipped.sum()
    assert c.negative_flips == (flipped & (ours.argmax(1) == LABELS)).sum()
    weights = 4 * 8 + 8 + 8 * 3 + 3
    assert (c.rows, c.after.file_bytes, c.before.bytes) == (60, path.stat().st_size, 4 * weights)
    assert (c.kind, c.basis, c.output) == ("approximate", "rows compared", "probability")
    assert c.before.latency_ms > 0 and c.after.latency_ms > 0
    assert c.before_sha256 == model_sha256(model) and c.after_sha256 == xp.load_model(path).sha256
    assert list(tmp_path.iterdir()) == [path]
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_flips_are_counted_where_there_are_any(tmp_path):
    """Two classes a hair apart: eight bits can't tell them, the label always named the first."""
    model = trained(units=2)
    last = model.layers[-1]
    kernel = np.repeat(last.get_weights()[0][:, :1], 2, axis=1)
    last.set_weights([kernel, np.array([1e-4, 0.0], "float32")])
    y = np.zeros(60, int)
    c = xp.export(model, tmp_path / "m.tflite", quantise="int8", data=(ROWS, y))
    theirs = by_the_book(tmp_path / "m.tflite", ROWS)
    assert c.flips == c.negative_flips == (theirs.argmax(axis=1) != 0).sum()
    c = xp.export(model, tmp_path / "n.tflite", quantise="int8", data=(ROWS, 1 - y))
    assert c.negative_flips == 0


@pytest.mark.parametrize("kind", ["none", "int8"])
def test_an_onnx_file_and_its_certificate(tmp_path, kind):
    import onnxruntime

    model, path = trained(), tmp_path / "m.onnx"
    model.fit(ROWS, LABELS, epochs=10, verbose=0)
    c = xp.export(model, path, quantise=kind, data=(ROWS, LABELS))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {session.get_inputs()[0].name: ROWS})
    apart = np.abs(model.predict(ROWS, verbose=0) - theirs)
    assert c.max_difference == pytest.approx(apart.max(), abs=1e-6)
    assert c.max_difference < (1e-5 if kind == "none" else 0.05)
    artefact = xp.load_model(path)
    assert artefact.outputs[0].end == "softmax" and [p.name for p in artefact.parts] == ["features"]
    assert c.after.file_bytes == artefact.bytes == path.stat().st_size


@pytest.mark.parametrize("ending", [".tflite", ".onnx"])
def test_images_go_through_both_runtimes(tmp_path, ending):
    keras.utils.set_random_seed(1)
    model = sequential(
        (8, 8, 1),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(3, "softmax"),
    )
    path = tmp_path / f"m{ending}"
    assert xp.export(model, path, data=IMAGES).max_difference < 1e-5
    small = tmp_path / f"small{ending}"
    c = xp.export(model, small, quantise="int8", data=IMAGES)
    assert 0 < c.max_difference < 0.1
    found = xp.compare(
        model, small, IMAGES, background=20, backgrounds=2, detail=False, rows=30, metrics=["churn"]
    )
    assert found.comparisons["dense|other"]["moved_weight"].value < 0.25
    assert found.provenance["output"] == "probability"


def test_several_inputs_keep_their_names(tmp_path):
    a, b = keras.Input((2,), name="left"), keras.Input((1,), name="right")
    out = keras.layers.Dense(2)(keras.layers.Concatenate()([a, 3 * b]))
    model = keras.Model([a, b], out)
    x = {"left": ROWS[:, :2], "right": ROWS[:, 2:3]}
    for ending in (".tflite", ".onnx"):
        c = xp.export(model, tmp_path / f"m{ending}", data=x)
        assert c.max_difference < 1e-5 and c.flips is not None
        parts = xp.load_model(tmp_path / f"m{ending}").parts
        assert {part.name for part in parts} == {"left", "right"}


def test_without_rows_nothing_is_compared(tmp_path):
    c = xp.export(trained(), tmp_path / "m.tflite")
    assert c.rows == 0 and c.max_difference is c.flips is c.after.latency_ms is None
    assert str(c) == (
        "approximate (outputs compared): outputs not compared (no rows given); 268 bytes of "
        f"weights → {c.after.file_bytes:,} in the file"
    )


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path):
    model = trained()
    with pytest.raises(ValueError, match=r"as .tflite or .onnx files. Received: '.*m.tflit'. Did"):
        xp.export(model, tmp_path / "m.tflit")
    with pytest.raises(ValueError, match=r"way to quantise .onnx files 'float16'.* Known: int8"):
        xp.export(model, tmp_path / "m.onnx", quantise="float16")
    with pytest.raises(ValueError, match=r"quantise='int8' takes ranges of activations from rows"):
        xp.export(model, tmp_path / "m.tflite", quantise="int8")
    with pytest.raises(ValueError, match=r"no folder '.*nowhere' to write 'm.tflite' in"):
        xp.export(model, tmp_path / "nowhere" / "m.tflite")
    xp.export(model, tmp_path / "m.tflite")
    with pytest.raises(FileExistsError, match=r"exists already. Pass force=True"):
        xp.export(model, tmp_path / "m.tflite")
    xp.export(model, tmp_path / "m.tflite", force=True)
    assert [each.name for each in tmp_path.iterdir()] == ["m.tflite"]


def test_a_model_that_the_converter_does_not_know_is_refused_in_a_sentence(tmp_path):
    model = sequential((4,), keras.layers.Lambda(lambda x: keras.ops.linalg.svd(x[:, None])[1]))
    with pytest.raises(ValueError, match="cannot be converted to TFLite: ") as caught:
        xp.export(model, tmp_path / "m.tflite")
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []
