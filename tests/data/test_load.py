import numpy as np
import pandas as pd
import pytest

from explainprune.data import load_data
from explainprune.network import FormulaNetwork
from explainprune.types import Data, Rows

X = np.arange(8.0).reshape(4, 2)
Y = np.array([0, 1, 1, 0])


def halved(x):
    return x / 2


def test_arrays_are_taken_as_they_are():
    for source in (X, X.tolist(), (X, Y), (X.tolist(), Y.tolist())):
        data = load_data(source)
        np.testing.assert_array_equal(data.x, X)
        assert data.x.dtype == X.dtype
    assert load_data(X).task == "unknown" and load_data((X, Y)).task == "classification"
    assert load_data(X.astype(np.int16)).x.dtype == np.int16


def test_the_callers_arrays_stay_his_own():
    x = X.copy()
    data = load_data((x, Y))
    x[:] = -1
    np.testing.assert_array_equal(data.x, X)
    assert x.flags.writeable and not data.x.flags.writeable


def test_train_and_test_as_keras_gives_them():
    data = load_data(((X, Y), (X[:2], Y[:2])))
    assert (len(data.train), len(data)) == (4, 2)


def test_weights_of_rows_come_as_a_third_part_or_by_themselves():
    weight = [0.5, 0, 2, 1]
    for data in (load_data((X, Y, weight)), load_data((X, Y), weight=weight)):
        assert data.weight.tolist() == weight and data.y.tolist() == Y.tolist()
    parts = load_data(((X, Y, weight), (X[:2], Y[:2], weight[:2])))
    assert parts.train.weight.tolist() == weight and parts.weight.tolist() == weight[:2]
    table = pd.DataFrame({"a": [1, 2, 3, 4], "w": weight})
    beside = load_data((table, Y), weight="w")
    assert beside.feature_names == ("a",) and beside.weight.tolist() == weight
    assert load_data((table, Y, pd.Series(weight))).feature_names == ("a", "w")
    assert load_data(load_data((X, Y)), weight=weight).weight.tolist() == weight


@pytest.mark.parametrize(
    ("source", "weight", "message"),
    [
        (X, "w", "weight='w' names a column of a table or an array of a file. Received: a ndarray"),
        ((X, Y), "w", "weight='w' names a column. Received: x as ndarray"),
        ("wine", "w", "the name of a weight column say how to read a source"),
        ((X, Y, None, None), None, r"\(x, y, weight\), or \(train, test\).*Received: 4 parts"),
        ((X, Y), [1], r"weight needs one entry for each of the 4 rows"),
    ],
)
def test_weights_that_are_refused(source, weight, message):
    with pytest.raises((ValueError, TypeError), match=message):
        load_data(source, weight=weight)


def test_dicts_of_inputs():
    data = load_data(({"a": X, "tokens": np.array([[1], [2], [3], [4]])}, Y))
    assert list(data.x) == ["a", "tokens"] and data.x["tokens"].dtype.kind == "i"


def test_a_table_with_labels_beside_it_keeps_its_names():
    data = load_data((pd.DataFrame(X, columns=["a", "y"]), pd.Series(Y)), group="a")
    assert data.feature_names == ("a", "y") and data.group.tolist() == [0, 2, 4, 6]


def test_images_of_rank_four_know_their_shape():
    assert load_data(np.zeros((2, 3, 4, 1))).image_shape == (3, 4, 1)
    assert load_data(np.zeros((2, 3, 4))).image_shape is None


def test_names_given_come_first():
    data = load_data(
        (X, Y), feature_names=["a", "b"], class_names=["no", "yes"], name="mine", image_shape=(1, 2)
    )
    assert (data.feature_names, data.class_names) == (("a", "b"), ("no", "yes"))
    assert (data.name, data.image_shape) == ("mine", (1, 2))


def test_data_passes_through_and_may_be_renamed():
    data = load_data((X, Y))
    assert load_data(data) is data
    assert load_data(data, name="other").name == "other"
    assert load_data(Rows(X)).y is None
    built_in = load_data("wine", name="Wein", group="alcohol", background=np.zeros(13))
    assert built_in.name == "Wein" and built_in.background.shape == (1, 13)
    np.testing.assert_array_equal(built_in.group, built_in.x[:, 0])
    with pytest.raises(ValueError, match=r"say how to read a source; Data\('wine'.* is read"):
        load_data("wine", target="alcohol")


def test_groups_by_value_or_by_feature():
    assert load_data(X, group=["f", "m", "f", "m"]).group.tolist() == ["f", "m", "f", "m"]
    named = load_data(X, feature_names=["a", "b"], group="b")
    assert named.group.tolist() == [1, 3, 5, 7]
    with pytest.raises(ValueError, match=r"group='b' needs feature names"):
        load_data(X, group="b")
    with pytest.raises(ValueError, match=r"Unknown group column 'c'. Known: a, b"):
        load_data(X, feature_names=["a", "b"], group="c")
    with pytest.raises(ValueError, match=r"group needs one entry for each of the 4 rows"):
        load_data(X, group=["f"])


def test_preprocess_maps_rows_and_background():
    for function in (halved, "tests_preprocess_fixture:halved"):
        data = load_data((X, Y), preprocess=function, background=X[0] + 4)
        np.testing.assert_array_equal(data.x, X / 2)
        np.testing.assert_array_equal(data.background, [[2.0, 2.5]])


@pytest.fixture(autouse=True)
def module_on_path(tmp_path, monkeypatch):
    (tmp_path / "tests_preprocess_fixture.py").write_text("def halved(x):\n    return x / 2\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x["city"], "preprocess '<lambda>' failed: IndexError: "),
        (lambda x: x[:2], "maps rows to rows. Received 4 rows, returned 2"),
        (lambda x: None, "maps rows to rows. Received 4 rows, returned none"),
        ("nowhere_at_all:f", "preprocess 'nowhere_at_all:f' could not be imported"),
        ("tests_preprocess_fixture:halve", "'halve'. Did you mean 'halved'"),
        ("halved", "preprocess is 'module:function'. Received: 'halved'"),
    ],
)
def test_preprocess_that_fails(function, message):
    with pytest.raises(ValueError, match=message):
        load_data(X, preprocess=function)


def test_backgrounds_come_as_arrays_or_files(tmp_path):
    np.savez(tmp_path / "b.npz", x=X[:3])
    np.save(tmp_path / "b.npy", X[:3])
    pd.DataFrame(X[:3], columns=["a", "b"]).to_csv(tmp_path / "b.csv", index=False)
    for background in (
        X[:3],
        X[:3].tolist(),
        *(tmp_path / f"b.{s}" for s in ("npz", "npy", "csv")),
    ):
        np.testing.assert_array_equal(load_data(X, background=background).background, X[:3])
    both = load_data({"a": X, "b": X}, background={"a": X[:1], "b": X[:1]})
    assert both.background["b"].shape == (1, 2)


@pytest.mark.parametrize(
    ("background", "message"),
    [
        (
            np.zeros((3, 5)),
            r"background needs rows of shape \(2,\), as x has. Received: shape=\(3, 5\)",
        ),
        (np.zeros((0, 2)), "background needs at least one row. Received: 0 rows"),
        (np.full((1, 2), np.nan), "background has 2 values that are NaN or infinite"),
    ],
)
def test_backgrounds_that_are_refused(background, message):
    with pytest.raises(ValueError, match=message):
        load_data(X, background=background)


def test_a_background_for_several_inputs_names_them():
    with pytest.raises(
        ValueError, match=r"background needs the inputs \['a', 'b'\]. Received: \['a'\]"
    ):
        load_data({"a": X, "b": X}, background={"a": X})
    with pytest.raises(ValueError, match=r"Received: one array"):
        load_data({"a": X}, background=X)
    with pytest.raises(ValueError, match=r"players need a single input. Received inputs \['a'\]"):
        load_data({"a": X}, players=[0])


def nan(where):
    x = X.copy()
    x[1, 0] = where
    return x


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (nan(np.nan), ValueError, r"x has 1 values that are NaN .* nan at index \(1, 0\)"),
        (nan(-np.inf), ValueError, r"x has 1 values that are NaN or infinite"),
        (X[:0], ValueError, r"Data needs at least one row. Received: x with shape=\(0, 2\)"),
        (X[:, :0], ValueError, r"x has no features. Received: shape=\(4, 0\)"),
        (X[:, 0], ValueError, r"x needs an axis of rows and at least one .* shape=\(4,\)"),
        (np.float64(3), ValueError, r"Received: shape=\(\)"),
        ([[1.0], [1.0, 2.0]], ValueError, "x is ragged: its rows differ in length"),
        (np.array([[1j]]), ValueError, "x needs numbers. Received: dtype=complex128"),
        (np.ma.masked_less(X, 2), ValueError, "x has masked entries"),
        ({}, ValueError, "Inputs given as a dict need at least one entry"),
        ({"a": X, "b": X[:2]}, ValueError, "All inputs need the same number of rows"),
        ((X, Y[:2]), ValueError, r"y needs one entry for each of the 4 rows .* y.shape=\(2,\)"),
        ((X, Y, Y, Y), TypeError, r"A tuple of data is \(x, y\) .* Received: 4 parts"),
        (None, TypeError, "Received: NoneType"),
        (3, TypeError, "Received: int"),
        ("digts", ValueError, "Unknown data set 'digts'. Did you mean 'digits'"),
    ],
)
def test_sources_that_are_refused(source, error, message):
    with pytest.raises(error, match=message):
        load_data(source)


def test_sparse_matrices_are_refused():
    from scipy.sparse import csr_array

    with pytest.raises(ValueError, match=r"x is a sparse matrix. Expected an array"):
        load_data(csr_array(X))


def test_files_that_are_not_there(tmp_path):
    np.savez(tmp_path / "rows.npz", x=X)
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "rows.txt").write_text("1 2")
    for name, message in {
        "row.npz": "No data file .*row.npz'. Did you mean 'rows.npz'",
        "gone/rows.npz": "there is no folder",
        "empty.csv": "Data file 'empty.csv' is empty",
        "rows.txt": "'rows.txt' is of no known kind. Known: .npz, .npy, .h5",
        "": "is a folder. Expected a file",
    }.items():
        with pytest.raises(ValueError, match=message):
            load_data(str(tmp_path / name))


def test_target_is_for_tables_and_files():
    with pytest.raises(ValueError, match=r"target='a' names a column .* Received: a ndarray"):
        load_data(X, target="a")


def test_importing_data_brings_neither_tensorflow_nor_pandas():
    import subprocess
    import sys

    code = (
        "import sys, explainprune.data as d; d.load_data([[1.0, 2.0]]);"
        "print({'tensorflow', 'keras', 'pandas', 'sklearn'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_a_data_set_says_itself_briefly():
    assert repr(load_data((X, Y), name="mine")) == (
        "Data('mine', 4 rows scored, shape=(4, 2), classification)"
    )
    assert isinstance(load_data(X), Data)


def test_rows_to_learn_from_have_the_columns_of_those_scored():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    turned = load_data(((frame[["b", "a"]] * 10, [0, 1]), (frame, [0, 1])))
    assert turned.train.x.tolist() == [[10, 30], [20, 40]] and turned.feature_names == ("a", "b")
    with pytest.raises(ValueError, match=r"train lacks the column 'b', which the scored table has"):
        load_data(((frame[["a"]], [0, 1]), (frame, [0, 1])))
    ranks = pd.Categorical(["lo", "hi"], categories=["lo", "hi"], ordered=True)
    scored = frame.assign(b=ranks)
    other = scored.assign(b=scored.b.cat.reorder_categories(["hi", "lo"], ordered=True))
    with pytest.raises(ValueError, match=r"of train .*one category would be two numbers"):
        load_data(((other, [0, 1]), (scored, [0, 1])))


def test_labels_name_as_many_classes_as_the_model_has():
    three, rows = FormulaNetwork(lambda x: x @ np.ones((2, 3)), 2, n_outputs=3), np.eye(2)
    with (
        pytest.warns(UserWarning, match="alphabetically: 0 = ant, 1 = cat"),
        pytest.raises(ValueError, match=r"name 2 classes \(ant, cat\), and the model has 3"),
    ):
        load_data((rows, ["cat", "ant"]), model=three)
    one = FormulaNetwork(lambda x: x[:, 0], 2)
    with (
        pytest.warns(UserWarning, match="alphabetically"),
        pytest.raises(ValueError, match=r"name 1 classes \(yes\), and the model has 2"),
    ):
        load_data((rows, ["yes", "yes"]), model=one)
    named = load_data((rows, ["cat", "ant"]), class_names=["ant", "bee", "cat"], model=three)
    assert named.y.tolist() == [2, 0]
