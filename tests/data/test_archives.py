import io
import pickle
import zipfile

import h5py
import numpy as np
import pytest

from explainprune.data import load_data

X = np.arange(8.0).reshape(4, 2)
Y = np.array([0, 1, 1, 0])


def write(folder, suffix, **arrays):
    """Write the same arrays as .npz or .h5."""
    path = folder / f"mine{suffix}"
    if suffix == ".npz":
        np.savez(path, **arrays)
        return path
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            array = np.asarray(array)
            text = array.dtype.kind == "U"
            file.create_dataset(
                name,
                data=array.astype(object) if text else array,
                dtype=h5py.string_dtype() if text else array.dtype,
            )
    return path


both = pytest.mark.parametrize("suffix", [".npz", ".h5"])


@both
def test_everything_a_file_may_hold(tmp_path, suffix):
    path = write(
        tmp_path,
        suffix,
        x=X,
        y=Y,
        group=np.array(["f", "m", "f", "m"]),
        weight=np.array([0.5, 1, 2, 4]),
        background=X[:1] + 0.5,
        feature_names=np.array(["a", "b"]),
        class_names=np.array(["no", "yes"]),
        image_shape=np.array([1, 2]),
    )
    data = load_data(path)
    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.y, Y)
    assert data.group.tolist() == ["f", "m", "f", "m"]
    assert data.weight.tolist() == [0.5, 1, 2, 4]
    np.testing.assert_array_equal(data.background, X[:1] + 0.5)
    assert (data.feature_names, data.class_names) == (("a", "b"), ("no", "yes"))
    assert (data.image_shape, data.name, data.task) == ((1, 2), "mine", "classification")


@both
def test_splits_by_name(tmp_path, suffix):
    path = write(
        tmp_path, suffix, x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2], x_validation=X[2:]
    )
    data = load_data(str(path))
    assert (len(data.train), len(data.validation), len(data)) == (4, 2, 2)
    np.testing.assert_array_equal(data.train.y, Y)
    assert data.validation.y is None


@both
def test_several_inputs(tmp_path, suffix):
    data = load_data(write(tmp_path, suffix, **{"x/left": X, "x/right": X + 1, "y": Y}))
    np.testing.assert_array_equal(data.x["right"], X + 1)
    assert list(data.x) == ["left", "right"]


@both
def test_labels_under_another_name(tmp_path, suffix):
    path = write(tmp_path, suffix, x=X, outcome=Y)
    np.testing.assert_array_equal(load_data(path, target="outcome").y, Y)
    with pytest.raises(ValueError, match=r"has no labels 'outcom'. Did you mean 'outcome'"):
        load_data(path, target="outcom")
    with pytest.raises(
        ValueError, match=r"has an array 'outcome'. It holds: outcome, x. Expected: x"
    ):
        load_data(path)


def test_npy_holds_inputs(tmp_path):
    np.save(tmp_path / "rows.npy", X)
    data = load_data(tmp_path / "rows.npy")
    np.testing.assert_array_equal(data.x, X)
    assert data.y is None and data.name == "rows"
    with pytest.raises(ValueError, match=r"target='y' names labels; 'rows.npy' holds a single"):
        load_data(tmp_path / "rows.npy", target="y")


@both
def test_names_that_say_nothing(tmp_path, suffix):
    with pytest.raises(ValueError, match=r"has no array 'x' \(or 'x_test'\). It holds: y"):
        load_data(write(tmp_path, suffix, y=Y))
    with pytest.raises(ValueError, match=r"has both 'x' and 'x_test'"):
        load_data(write(tmp_path, suffix, x=X, x_test=X))


class Bomb:
    """Leaves a file behind if it is ever unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("kind", ["npy", "npz", "bare pickle"])
def test_pickle_is_never_read(tmp_path, kind):
    ran = tmp_path / "ran"
    objects = np.array([Bomb(ran)] * 2, dtype=object)
    if kind == "npz":
        path = tmp_path / "x.npz"
        np.savez(path, x=objects)
        message = "'x' in 'x.npz' holds Python objects, which only pickle can read"
    elif kind == "npy":
        path = tmp_path / "x.npy"
        np.save(path, objects, allow_pickle=True)
        message = "'x.npy' holds Python objects"
    else:
        path = tmp_path / "x.npy"
        path.write_bytes(pickle.dumps(Bomb(ran)))
        message = "'x.npy' is not a readable array"
    with pytest.raises(ValueError, match=message):
        load_data(path)
    assert not ran.exists()


def header(shape):
    """Return the bytes of an .npy file that declares `shape` and holds 16 bytes."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    return file.getvalue() + bytes(16)


@pytest.mark.parametrize("shape", [(10**12, 10**3), (3, 1), (-4, 1)])
def test_a_header_that_lies_is_not_believed(tmp_path, shape):
    (tmp_path / "x.npy").write_bytes(header(shape))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", header(shape))
    for name in ("x.npy", "x.npz"):
        with pytest.raises(ValueError, match=r"declares shape .* the file is too short"):
            load_data(tmp_path / name)


def test_more_than_memory_is_refused_before_it_is_allocated(tmp_path, monkeypatch):
    from explainprune.types import archives

    sizes = {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr(archives.os, "sysconf", sizes.get)
    np.savez_compressed(tmp_path / "big.npz", x=np.zeros((1000, 10)))
    np.save(tmp_path / "big.npy", np.zeros((1000, 10)))
    with h5py.File(tmp_path / "big.h5", "w") as file:
        file.create_dataset("x", shape=(10**9, 10**3), chunks=(1000, 10), dtype="f8")
    for name in ("big.npz", "big.npy", "big.h5"):
        with pytest.raises(ValueError, match=r"of memory; this machine has 0.0 GB"):
            load_data(tmp_path / name)


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".h5", ".csv", ".parquet"])
@pytest.mark.parametrize("content", [b"\xff\xfe nonsense \x00\x01", b"PK\x03\x04 torn"])
def test_damaged_files_get_one_sentence(tmp_path, suffix, content):
    path = tmp_path / f"torn{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"'torn\.\w+' is not a readable|has no rows") as caught:
        load_data(path)
    assert "\n" not in str(caught.value) and str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
@both
def test_truncated_files_get_one_sentence(tmp_path, suffix, keep):
    path = write(tmp_path, suffix, x=np.random.default_rng(0).normal(size=(50, 4)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(ValueError, match=r"is not a readable"):
        load_data(path)


def test_values_in_other_files_are_refused(tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(64))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = X
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["x"] = h5py.ExternalLink("other.h5", "x")
    with h5py.File(tmp_path / "external.h5", "w") as file:
        file.create_dataset("x", (4, 2), "f8", external=[("secret.bin", 0, 64)])
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        layout = h5py.VirtualLayout((4, 2), "f8")
        layout[:] = h5py.VirtualSource("other.h5", "x", (4, 2))
        file.create_virtual_dataset("x", layout)
    for name in ("link", "external", "virtual"):
        with pytest.raises(ValueError, match=r"another file, which is refused"):
            load_data(tmp_path / f"{name}.h5")


def test_a_model_is_not_data(tmp_path):
    (tmp_path / "m.keras").write_bytes(b"PK")
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.create_group("model_weights")
    with pytest.raises(ValueError, match=r"'m.keras' is a model, not data"):
        load_data(tmp_path / "m.keras")
    with pytest.raises(ValueError, match=r"'m.h5' is a Keras model, not data"):
        load_data(tmp_path / "m.h5")


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_links_to_other_files_are_refused_at_any_depth(tmp_path, depth):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = X
        group = file
        for number in range(depth):
            group = group.create_group(f"g{number}")
        group["y"] = h5py.ExternalLink("/etc/other.h5", "x")
    with pytest.raises(ValueError, match=r"'y' in 'a.h5' links to another file, which is refused"):
        load_data(tmp_path / "a.h5")


def test_a_packed_data_set_that_unpacks_to_too_much(tmp_path, monkeypatch):
    from explainprune.types import archives

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=np.zeros((20_000, 100)), compression="gzip")
    monkeypatch.setattr(archives, "LARGE", 10e6)
    with pytest.raises(ValueError, match=r"'a.h5' unpacks to 0.0 GB, [\d,]+ times its size"):
        load_data(tmp_path / "a.h5")
