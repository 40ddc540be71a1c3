"""The verb `export_query`: what is asked, of which network, and what is refused."""

import re

import numpy as np
import pytest
from keras_cases import scrambled, sequential
from vnnlib_cases import read_query

import explainprune as xp
from explainprune.network.backend import keras

L = keras.layers
X = np.random.default_rng(0).normal(size=(150, 3)).astype("float32")


def dense_model(end="softmax", seed=0):
    return scrambled(sequential((3,), L.Dense(6, "relu", name="h"), L.Dense(2, end)), seed)


@pytest.fixture
def pair():
    dense = dense_model()
    return dense, xp.prune(
        dense, None, criterion="magnitude", sparsity=0.3, finetune_epochs=0
    ).model


def run(path, x):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    assert given.shape == [1, *x.shape[1:]]  # provers want one row
    return np.concatenate([session.run(None, {given.name: row[None]})[0] for row in x])


def logits(model, x):
    bare = keras.models.clone_model(model)
    bare.set_weights(model.get_weights())
    bare.layers[-1].activation = keras.activations.linear
    return bare.predict(x, verbose=0)


def test_the_network_puts_out_the_difference_and_the_question_is_of_the_box(pair, tmp_path):
    before = [model.get_weights() for model in pair]
    query = xp.export_query(*pair, tmp_path / "same.vnnlib", eps=0.25, data=X)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["same.onnx", "same.vnnlib"]
    expected = logits(pair[0], X) - logits(pair[1], X)
    np.testing.assert_allclose(run(query.network, X), expected, atol=1e-6)
    low, high, outputs, asked = read_query(query.path.read_text())
    names = ["X_0", "X_1", "X_2"]
    assert list(low) == list(high) == names and outputs == ["Y_0", "Y_1"]
    np.testing.assert_array_equal([low[name] for name in names], X.min(axis=0))
    np.testing.assert_array_equal([high[name] for name in names], X.max(axis=0))
    assert asked == [(f"Y_{k}", *half) for k in (0, 1) for half in ((">=", 0.25), ("<=", -0.25))]
    for model, weights in zip(pair, before, strict=True):
        for a, b in zip(model.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(a, b)


def test_what_is_known_of_the_answer(pair, tmp_path):
    bound = xp.output_bound(*pair, X)
    found = xp.export_query(*pair, tmp_path / "a.vnnlib", eps=1.01 * bound.largest, data=X)
    assert found.answer == "same" and found.bound == bound
    assert np.abs(logits(pair[0], X) - logits(pair[1], X)).max() <= found.measured + 1e-6
    assert found.points == 1_000 + 2 + 150 and found.measured <= bound.largest
    small = xp.export_query(*pair, tmp_path / "b.vnnlib", eps=found.measured / 2, data=X)
    assert small.answer == "differ" and "yes, they do at an input that was tried" in str(small)
    between = (found.measured + bound.largest) / 2
    beyond = xp.export_query(*pair, tmp_path / "c.vnnlib", eps=between, data=X)
    assert beyond.answer == "open" and "over the range of 150 rows? open, for a prover" in str(
        beyond
    )


def test_rows_outside_a_box_of_ones_own_are_not_tried(pair, tmp_path):
    box = ([-1e-7, 0, 0], [1e-7, 0.5, 2])
    query = xp.export_query(*pair, tmp_path / "q.vnnlib", eps=1e-9, data=X, box=box)
    inside = (np.clip(X, *box) == X).all(axis=1).sum()
    assert query.points == 1_002 + inside and query.box == "the box given"
    text = query.path.read_text()
    low, high, _, asked = read_query(text)
    assert low == {"X_0": -1e-7, "X_1": 0, "X_2": 0} and high["X_2"] == 2 and asked[1][2] == -1e-9
    assert not re.search(r"\de", text)  # not every prover reads exponents
    text.encode("ascii")


def test_images_several_shapes_and_what_shrink_returned(tmp_path):
    dense = scrambled(
        sequential((6, 6, 2), L.Conv2D(4, 3, activation="relu", name="c"), L.Flatten(), L.Dense(3))
    )
    kernel = dense.get_layer("c").kernel
    kernel.assign(kernel.numpy() * (np.arange(4) < 3))
    images = np.random.default_rng(1).uniform(size=(8, 6, 6, 2)).astype("float32")
    shrunk = xp.shrink(dense, data=images)
    query = xp.export_query(dense, shrunk, tmp_path / "q.vnnlib", eps=0.1, box=(0, 1))
    assert query.answer == "same" and query.bound.note == ""
    np.testing.assert_allclose(run(query.network, images), 0, atol=1e-5)
    low, *_ = read_query(query.path.read_text())
    assert len(low) == 72
    flat = sequential((72,), L.Reshape((6, 6, 2)), L.Conv2D(2, 3), L.Flatten(), L.Dense(3))
    query = xp.export_query(dense, flat, tmp_path / "f.vnnlib", eps=0.1, box=(0, 1))
    expected = dense.predict(images, verbose=0) - flat.predict(images.reshape(8, -1), verbose=0)
    np.testing.assert_allclose(run(query.network, images), expected, atol=1e-5)


def test_probabilities_have_no_bound_of_ours(pair, tmp_path):
    query = xp.export_query(*pair, tmp_path / "q.vnnlib", eps=0.5, data=X, output="probability")
    expected = pair[0].predict(X, verbose=0) - pair[1].predict(X, verbose=0)
    np.testing.assert_allclose(run(query.network, X), expected, atol=1e-6)
    assert query.bound is None and "no bound of ours: " in str(query)


def test_refusals_come_before_any_work(pair, tmp_path):
    path = tmp_path / "q.vnnlib"
    for eps in (0, -1, np.nan, np.inf, True, "0.1"):
        with pytest.raises(ValueError, match=r"eps is a .*number above 0. Received: "):
            xp.export_query(*pair, path, eps=eps, box=(0, 1))
    with pytest.raises(ValueError, match=r"as a .vnnlib file. Received: '.*q.vnlib'. Did you"):
        xp.export_query(*pair, tmp_path / "q.vnlib", eps=1, box=(0, 1))
    with pytest.raises(ValueError, match=r"no folder '.*nowhere' to write 'q.vnnlib' in"):
        xp.export_query(*pair, tmp_path / "nowhere" / "q.vnnlib", eps=1, box=(0, 1))
    with pytest.raises(ValueError, match=r"Unknown output 'logits'\. Did you mean 'logit'\?"):
        xp.export_query(*pair, path, eps=1, box=(0, 1), output="logits")
    with pytest.raises(ValueError, match=r"needs rows, or a box. Received: neither"):
        xp.export_query(*pair, path, eps=1)
    with pytest.raises(
        ValueError, match=r"box goes from low to high. Received: 1 to 0 for input 0"
    ):
        xp.export_query(*pair, path, eps=1, box=(1, 0))
    with pytest.raises(ValueError, match=r"one number for each of the 3 inputs, or one for all"):
        xp.export_query(*pair, path, eps=1, box=([0, 0], 1))
    with pytest.raises(ValueError, match=r"finite ends. Received: high with NaN or infinite"):
        xp.export_query(*pair, path, eps=1, box=(0, np.inf))
    with pytest.raises(ValueError, match=r"same numbers of inputs and outputs"):
        three = sequential((3,), L.Dense(3))
        xp.export_query(pair[0], three, path, eps=1, box=(0, 1))
    with pytest.raises(TypeError, match=r"Expected a keras.Model. Received: <function"):
        xp.export_query(pair[0], run, path, eps=1, box=(0, 1))
    tokens = sequential((3,), L.Embedding(4, 2), L.Flatten(), L.Dense(2))
    words = keras.Input((3,), dtype="int32", name="words")
    tokens = keras.Model(words, L.Dense(2)(L.Flatten()(L.Embedding(4, 2)(words))))
    with pytest.raises(ValueError, match=r"one input of numbers.* reads 'words' of int32"):
        xp.export_query(tokens, tokens, path, eps=1, box=(0, 1))
    assert list(tmp_path.iterdir()) == []
    path.with_suffix(".onnx").write_text("mine")
    with pytest.raises(FileExistsError, match=r"q.onnx' exists already. Pass force=True"):
        xp.export_query(*pair, path, eps=1, box=(0, 1))
    assert path.with_suffix(".onnx").read_text() == "mine" and not path.exists()
    xp.export_query(*pair, path, eps=1, box=(0, 1), force=True)


def test_a_file_that_puts_out_other_numbers_is_not_kept(pair, tmp_path, monkeypatch):
    from explainprune.network.functions.artefacts import converting

    right = converting.difference_to_onnx
    monkeypatch.setattr(converting, "difference_to_onnx", lambda a, b: right(b, a))
    with pytest.raises(ValueError, match=r"'q.onnx' puts out other numbers .* It isn't kept"):
        xp.export_query(*pair, tmp_path / "q.vnnlib", eps=1, box=(0, 1))
    assert list(tmp_path.iterdir()) == []
