import gzip

import numpy as np
import pytest

from explainprune.data import DATASETS, load_data

SMALL = ("digits", "breast_cancer", "wine", "diabetes")


def parts(data):
    return (data.train, data.validation, data.scored)


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    """A Keras cache with tiny images in both sets."""
    folder = tmp_path / "datasets"
    (folder / "fashion-mnist").mkdir(parents=True)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (48, 28, 28), dtype=np.uint8),
        "y_train": (np.arange(48) % 4).astype(np.uint8),
        "x_test": rng.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        "y_test": (np.arange(10) % 4).astype(np.uint8),
    }
    arrays["x_test"][0, 3, 5] = 255
    np.savez(folder / "mnist.npz", **arrays)
    for prefix, split in (("train", "train"), ("t10k", "test")):
        for kind, array in (("images", arrays[f"x_{split}"]), ("labels", arrays[f"y_{split}"])):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            name = f"{prefix}-{kind}-idx{array.ndim}-ubyte.gz"
            with gzip.open(folder / "fashion-mnist" / name, "wb") as file:
                file.write(header + array.tobytes())
    return folder, arrays


@pytest.mark.parametrize("name", SMALL)
def test_splits_are_disjoint_whole_and_of_the_stated_shares(name):
    data = load_data(name)
    rows = np.concatenate([part.x for part in parts(data)])
    total = {"digits": 1797, "breast_cancer": 569, "wine": 178, "diabetes": 442}[name]
    assert len(rows) == total
    for part, share in zip(parts(data), (0.6, 0.15, 0.25), strict=True):
        assert abs(len(part) - share * total) <= 1
    # Every source row is in one part: the sorted labels are the source's.
    from sklearn import datasets

    source = getattr(datasets, f"load_{name}")()
    labels = np.concatenate([part.y for part in parts(data)])
    if data.task == "classification":
        assert (np.bincount(labels) == np.bincount(source.target)).all()


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "wine"])
def test_every_class_is_in_proportion(name):
    data = load_data(name, seed=3)
    counts = np.stack([np.bincount(part.y) for part in parts(data)])
    expected = np.outer((0.6, 0.15, 0.25), counts.sum(axis=0))
    assert np.abs(counts - expected).max() <= 1.5


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "diabetes"])
def test_tables_are_standardised_with_training_statistics_only(name):
    data = load_data(name)
    assert data.x.dtype == np.float32
    np.testing.assert_allclose(data.train.x.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(data.train.x.std(axis=0), 1, atol=1e-5)
    # Were the statistics those of all rows, the test rows would not be off like this.
    assert np.abs(data.x.mean(axis=0)).max() > 0.02


def test_standardising_can_be_undone_from_the_source():
    from sklearn.datasets import load_wine

    data = load_data("wine")
    source = load_wine().data
    everything = np.concatenate([part.x for part in parts(data)]).astype(np.float64)
    # An affine map keeps order: sorted columns of both are perfectly correlated.
    for column in range(source.shape[1]):
        r = np.corrcoef(np.sort(everything[:, column]), np.sort(source[:, column]))[0, 1]
        assert r > 1 - 1e-9


def test_the_regression_target_is_standardised_like_the_features():
    data = load_data("diabetes")
    assert data.task == "regression" and data.class_names is None
    assert data.train.y.mean() == pytest.approx(0, abs=1e-6)
    assert data.train.y.std() == pytest.approx(1, abs=1e-6)


def test_digits_are_images_in_zero_to_one_with_named_pixels():
    data = load_data("digits")
    assert data.image_shape == (8, 8) and data.x.shape == (449, 64)
    assert (data.train.x.min(), data.train.x.max()) == (0.0, 1.0)
    assert data.feature_names[3 * 8 + 5] == "r3c5"
    assert data.class_names == tuple("0123456789")


def test_class_names_follow_the_source():
    assert load_data("breast_cancer").class_names == ("malignant", "benign")
    assert load_data("breast_cancer").feature_names[0] == "mean radius"


@pytest.mark.parametrize("name", SMALL)
def test_a_seed_decides_the_split(name):
    first, again, other = (load_data(name, seed=seed) for seed in (5, 5, 6))
    assert (first.x == again.x).all() and (first.y == again.y).all()
    assert not np.array_equal(first.x, other.x)


def test_mnist_comes_from_the_cache_scaled_with_its_own_test_rows(keras_home):
    _, arrays = keras_home
    data = load_data("mnist")
    np.testing.assert_allclose(data.x, arrays["x_test"].reshape(10, 784) / 255, rtol=1e-6)
    assert (data.y == arrays["y_test"]).all() and data.y.dtype == np.int64
    assert (len(data.train), len(data.validation)) == (44, 4)
    assert sorted(data.validation.y) == [0, 1, 2, 3]
    assert data.x[0, data.feature_names.index("r3c5")] == 1.0
    assert data.image_shape == (28, 28)


def test_fashion_mnist_reads_the_files_keras_stores(keras_home):
    _, arrays = keras_home
    data = load_data("fashion_mnist")
    np.testing.assert_allclose(data.x, arrays["x_test"].reshape(10, 784) / 255, rtol=1e-6)
    assert (data.y == arrays["y_test"]).all()
    assert data.class_names[9] == "ankle boot"


def test_a_damaged_cache_is_named(keras_home):
    folder, _ = keras_home
    (folder / "mnist.npz").write_bytes(b"not a zip")
    with pytest.raises(ValueError, match=r"'mnist.npz' is not a readable .npz file"):
        load_data("mnist")
    (folder / "fashion-mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"not gzip")
    with pytest.raises(ValueError, match=r"'train-images-idx3-ubyte.gz' is not a readable .gz"):
        load_data("fashion_mnist")


@pytest.mark.parametrize(("name", "file"), [("mnist", "mnist.npz"), ("fashion_mnist", "t10k-lab")])
def test_offline_and_uncached_says_what_to_do(name, file, tmp_path, monkeypatch):
    from explainprune.network.files import downloads

    def offline(_):
        raise Exception("URL fetch failure: no route to host")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(downloads, "keras_dataset", offline)
    with pytest.raises(ValueError, match=r"not in the Keras cache and could not be") as caught:
        load_data(name)
    assert "no route to host" in str(caught.value) and file in str(caught.value)
    assert "into ~/.keras/datasets" in str(caught.value)


def test_what_keras_prints_while_downloading_stays_off_stdout(monkeypatch, capsys):
    import socket

    from explainprune.network.files import downloads

    class Fake:
        @staticmethod
        def load_data():
            print("Downloading data")
            return socket.getdefaulttimeout()

    monkeypatch.setattr(downloads.keras.datasets, "mnist", Fake)
    assert downloads.keras_dataset("mnist") == downloads.TIMEOUT
    assert socket.getdefaulttimeout() is None
    out, err = capsys.readouterr()
    assert out == "" and "Downloading data" in err


def test_every_set_has_a_line_that_says_what_it_is():
    assert all(function.__doc__ for function in DATASETS.values())
