"""Rows in parts: the same numbers, the same bytes after a stop, and memory of one part."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from explainprune.analysis.attribution import attribute, attribute_to
from explainprune.analysis.attribution.explained import Explained, chosen
from explainprune.network import FormulaNetwork, perceptron
from explainprune.types import Attribution

ROWS, FEATURES = 23, 4


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(size=(ROWS, FEATURES)).astype("float32")


@pytest.fixture(scope="module")
def network():
    weights = np.random.default_rng(1).normal(size=(FEATURES, 3))
    return FormulaNetwork(lambda x: np.tanh(x @ weights), FEATURES, n_outputs=3)


def settings(x, **more):
    return {"background": x[:3], "method": "permutation", "draws": 2} | more


def test_parts_of_a_method_without_draws_are_the_rows_explained_at_once(network, x, tmp_path):
    keywords = settings(x, method="occlusion")
    del keywords["draws"]
    whole = attribute(network, x, **keywords)
    done = []
    written = attribute_to(
        tmp_path / "a.npz", network, x, rows_at_once=5,
        progress=lambda rows, total: done.append((rows, total)), **keywords,
    )  # fmt: skip
    found = Attribution.load(written.path)
    for name in ("values", "base", "output", "targets", "x"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    assert found.options == whole.options and found.notes == whole.notes
    assert done == [(5, 23), (10, 23), (15, 23), (20, 23), (23, 23)]
    assert (written.rows, written.reused) == (23, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_each_part_has_draws_of_its_own(x, tmp_path):
    # Pairs of features interact, so that values depend on the orders drawn.
    network = FormulaNetwork(lambda x: (x[:, :1] * x[:, 1:2]) * x[:, 2:3] + x[:, 3:], FEATURES)
    same = np.repeat(x[:1], 6, axis=0)
    attribute_to(
        tmp_path / "a.npz", network, same, rows_at_once=3, **settings(x, target=0, draws=1)
    )
    values = Attribution.load(tmp_path / "a.npz").values
    assert not np.allclose(values[:3], values[3:])


@pytest.mark.parametrize("ending", ["npz", "csv", "parquet"])
@pytest.mark.parametrize("stops", [1, 4])
def test_a_stopped_run_ends_with_the_bytes_of_one_that_was_not(network, x, tmp_path, ending, stops):
    attribute_to(tmp_path / f"a.{ending}", network, x, rows_at_once=5, **settings(x))

    def stop(rows, total):
        if rows >= 5 * stops:
            raise KeyboardInterrupt

    out = tmp_path / f"b.{ending}"
    with pytest.raises(KeyboardInterrupt):
        attribute_to(out, network, x, rows_at_once=5, progress=stop, **settings(x))
    assert not out.exists() and (tmp_path / f"b.{ending}.partial").is_dir()
    written = attribute_to(out, network, x, rows_at_once=5, resume=True, **settings(x))
    assert written.reused == 5 * stops
    assert out.read_bytes() == (tmp_path / f"a.{ending}").read_bytes()
    assert not (tmp_path / f"b.{ending}.partial").exists()


def test_parts_whose_rows_have_changed_are_explained_anew(network, x, tmp_path):
    out = tmp_path / "a.npz"

    def stop(rows, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attribute_to(out, network, x, rows_at_once=5, progress=stop, **settings(x))
    other = x.copy()
    other[0] += 1
    with pytest.warns(UserWarning, match=r"1 of the parts kept in 'a.npz.partial' came of "):
        written = attribute_to(out, network, other, rows_at_once=5, resume=True, **settings(x))
    assert written.reused == 0
    attribute_to(tmp_path / "b.npz", network, other, rows_at_once=5, **settings(x))
    assert out.read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_resuming_another_run_is_refused_and_nothing_is_lost(network, x, tmp_path):
    def stop(rows, total):
        raise KeyboardInterrupt

    out = tmp_path / "a.npz"
    with pytest.raises(KeyboardInterrupt):
        attribute_to(out, network, x, rows_at_once=5, progress=stop, **settings(x))
    before = sorted(path.name for path in (tmp_path / "a.npz.partial").iterdir())
    with pytest.raises(ValueError, match=r"its parts had another seed, options\."):
        attribute_to(out, network, x, rows_at_once=5, resume=True, **settings(x, seed=1, draws=3))
    assert sorted(path.name for path in (tmp_path / "a.npz.partial").iterdir()) == before


@pytest.mark.parametrize("batched", [True, False])
def test_a_data_set_is_read_part_by_part(network, x, tmp_path, batched):
    labels = np.arange(ROWS) % 3
    stream = tf.data.Dataset.from_tensor_slices((x, labels))
    stream = stream.batch(7) if batched else stream
    keywords = settings(x, target="true", method="occlusion")
    del keywords["draws"]
    expected = attribute(network, x, y=labels, **keywords)
    np.testing.assert_array_equal(attribute(network, stream, **keywords).values, expected.values)
    done = []
    attribute_to(
        tmp_path / "a.npz", network, stream, rows_at_once=10,
        progress=lambda rows, total: done.append((rows, total)), **keywords,
    )  # fmt: skip
    np.testing.assert_array_equal(Attribution.load(tmp_path / "a.npz").values, expected.values)
    total = None if batched else ROWS
    assert done == [(10, total), (20, total), (23, total)]


def test_targets_of_single_rows_go_with_their_rows(network, x, tmp_path):
    targets = np.arange(ROWS) % 3
    keywords = settings(x, method="occlusion", target=targets)
    del keywords["draws"]
    attribute_to(tmp_path / "a.npz", network, x, rows_at_once=4, **keywords)
    found = Attribution.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(found.targets, targets)
    np.testing.assert_array_equal(found.values, attribute(network, x, **keywords).values)


def test_a_table_in_parts_numbers_samples_through(network, x, tmp_path):
    attribute_to(tmp_path / "a.csv", network, x, rows_at_once=5, **settings(x))
    frame = pd.read_csv(tmp_path / "a.csv")
    assert frame["sample"].tolist() == np.repeat(np.arange(ROWS), FEATURES).tolist()


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path):
    """Ten times the rows of a memory-mapped array need no more memory."""
    model = perceptron(64, 10)
    peaks = []
    for rows in (1_000, 10_000):
        mapped = np.lib.format.open_memmap(
            tmp_path / f"{rows}.npy", "w+", dtype=np.float32, shape=(rows, 64)
        )
        mapped[:] = np.random.default_rng(0).normal(size=(rows, 64))
        tracemalloc.start()
        attribute_to(
            tmp_path / f"{rows}.npz", model, np.load(tmp_path / f"{rows}.npy", mmap_mode="r"),
            background=np.zeros((1, 64), "float32"), method="gradient_input", rows_at_once=500,
        )  # fmt: skip
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0], peaks


def test_bad_input_is_told_before_anything_is_written(network, x, tmp_path):
    (tmp_path / "there.npz").write_bytes(b"")
    nan = x.copy()
    nan[12, 1] = np.nan
    endless = tf.data.Dataset.from_tensor_slices(x).repeat()
    empty = tf.data.Dataset.from_tensor_slices(x).take(0)
    for out, rows, more, message in (
        ("a.nps", x, {}, r"out ends in .npz, .csv, .parquet\. Received: .* Did you mean '.npz'"),
        ("a.npz", x, {"rows_at_once": 0}, "rows_at_once"),
        ("a.npz", x, {"target": [0, 1]}, "target needs one index for each of the 23 rows"),
        ("a.npz", x, {"draws": 0}, "draws"),
        ("a.npz", x, {"draw": 1}, "Did you mean 'draws'"),
        ("a.npz", nan[10:], {}, "NaN or infinite"),
        ("a.npz", endless, {}, "repeats for ever"),
        ("a.npz", empty, {}, "is empty"),
    ):
        with pytest.raises(ValueError, match=message):
            attribute_to(
                tmp_path / out, network, rows, **({"rows_at_once": 5} | settings(x, **more))
            )
        assert [path.name for path in tmp_path.iterdir()] == ["there.npz"], message
    with pytest.raises(FileExistsError, match="force=True"):
        attribute_to(tmp_path / "there.npz", network, x, **settings(x))
    attribute_to(tmp_path / "there.npz", network, x, force=True, **settings(x))
    assert len(Attribution.load(tmp_path / "there.npz")) == ROWS


def test_an_error_in_a_later_part_says_which_rows_and_keeps_those_before(network, x, tmp_path):
    nan = x.copy()
    nan[12, 1] = np.nan
    with pytest.raises(ValueError, match=r"at index \(2, 1\).*Indices count from row 10\."):
        attribute_to(tmp_path / "a.npz", network, nan, rows_at_once=5, **settings(x))
    written = attribute_to(
        tmp_path / "a.npz", network, x, rows_at_once=5, resume=True, **settings(x)
    )
    assert written.reused == 10


def test_a_gap_is_noted_once_for_all_parts(x, tmp_path):
    def short(network, x, background, targets):
        """Leave out a part of each output that differs from row to row."""
        outputs = chosen(network.outputs(x), targets)
        return Explained(x * 0, outputs * np.linspace(0.1, 0.9, len(x)), complete=True)

    network = FormulaNetwork(lambda x: x.sum(axis=1, keepdims=True), FEATURES)
    keywords = {"background": x[:1], "method": short, "target": 0}
    written = attribute_to(tmp_path / "a.npz", network, x, rows_at_once=5, **keywords)
    found = Attribution.load(tmp_path / "a.npz")
    assert found.notes == written.notes and len(found.notes) == 1
    assert f"by up to {written.relative_gap:.1e} of" in found.notes[0]
    assert len(attribute(network, x, **keywords).notes) == 1
