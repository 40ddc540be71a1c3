import hashlib
import json
import zipfile

import h5py
import numpy as np
import pytest

from explainprune.network import as_network, load_model, model_sha256, save_model
from explainprune.network.backend import keras


class Plus(keras.layers.Layer):
    def call(self, x):
        return x + 1


def shifted(x):
    return x + 1


@pytest.fixture
def model():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])


@pytest.fixture
def path(model, tmp_path):
    model.compile("adam", "categorical_crossentropy")
    save_model(model, tmp_path / "model.keras")
    return tmp_path / "model.keras"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_saved_model_comes_back_with_the_same_weights_and_nothing_else(model, path):
    loaded = load_model(str(path))
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [entry.name for entry in path.parent.iterdir()] == ["model.keras"]


X, Y = np.random.default_rng(0).normal(size=(12, 3)), np.eye(2)[np.arange(12) % 2]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # Keras' own, when it writes HDF5
def test_a_model_saved_compiled_stays_compiled_and_trains_on(model, tmp_path, suffix, trained):
    model.compile(keras.optimizers.SGD(0.25), "categorical_crossentropy", metrics=["accuracy"])
    if trained:
        model.fit(X, Y, verbose=0)
    model.save(tmp_path / f"m{suffix}")
    loaded = load_model(tmp_path / f"m{suffix}")
    assert loaded.compiled and float(loaded.optimizer.learning_rate) == 0.25
    assert loaded.evaluate(X, Y, verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0))
    loaded.fit(X, Y, verbose=0)
    bare = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    bare.save(tmp_path / f"bare{suffix}")
    assert not load_model(tmp_path / f"bare{suffix}").compiled


def mean_square(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_a_loss_that_is_not_known_leaves_the_model_uncompiled_and_says_so(model, tmp_path, suffix):
    model.compile("adam", mean_square)
    model.save(tmp_path / f"m{suffix}")
    with pytest.warns(UserWarning, match=f"'m{suffix}' was saved compiled with a loss, metric or "):
        assert not load_model(tmp_path / f"m{suffix}").compiled
    known = load_model(tmp_path / f"m{suffix}", custom_objects={"mean_square": mean_square})
    assert known.loss is mean_square


def test_a_checksum_is_of_what_a_model_computes(model):
    before = model_sha256(model)
    model.compile("sgd", "mse")
    assert model_sha256(model) == before
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="sigmoid")])
    other.set_weights(model.get_weights())
    assert model_sha256(other) != before


def test_a_failed_save_leaves_the_old_file_and_nothing_else(model, path, monkeypatch):
    before = digest(path)

    def fail(self, target):
        target.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(type(model), "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save_model(model, path)
    assert digest(path) == before
    assert [entry.name for entry in path.parent.iterdir()] == ["model.keras"]


def test_saving_elsewhere_than_in_a_keras_file_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match=r"saved as \.keras files. Received: '.*model\.h5'"):
        save_model(model, tmp_path / "model.h5")
    with pytest.raises(ValueError, match=r"no folder '.*nowhere' to save 'model.keras' in"):
        save_model(model, tmp_path / "nowhere" / "model.keras")


def test_a_missing_file_names_its_nearest_neighbour(path):
    with pytest.raises(FileNotFoundError, match=r"modle\.keras'\. Did you mean 'model\.keras'\?"):
        load_model(path.with_name("modle.keras"))
    with pytest.raises(FileNotFoundError, match=r"There is no folder '.*nowhere' either"):
        load_model(path.parent / "nowhere" / "model.keras")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "m.keras", r"m\.keras' is empty\. Expected a \.keras file"),
        (b"hello" * 50, "m.keras", r"is corrupt, or no model file"),
        (b"hello" * 50, "m.h5", r"is corrupt, or no model file"),
    ],
)
def test_what_is_no_model_file_is_refused(content, name, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        load_model(tmp_path / name)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__ is False


def test_cut_and_damaged_files_are_refused_in_one_sentence(path):
    whole = path.read_bytes()
    cut = path.with_name("cut.keras")
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.keras' is corrupt, or no model file"):
        load_model(cut)
    damaged = path.with_name("damaged.keras")
    middle = len(whole) // 2
    damaged.write_bytes(whole[:middle] + b"x" * 200 + whole[middle + 200 :])
    with pytest.raises(ValueError, match=r"damaged\.keras' is corrupt: Bad CRC") as caught:
        load_model(damaged)
    assert "\n" not in str(caught.value) and caught.value.__suppress_context__


def test_a_cut_legacy_file_is_refused(model, tmp_path):
    model.save(tmp_path / "whole.h5")
    cut = tmp_path / "cut.h5"
    cut.write_bytes((tmp_path / "whole.h5").read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"cut\.h5' is corrupt: .*truncated"):
        load_model(cut)


def test_weights_alone_and_foreign_archives_are_refused(model, tmp_path):
    model.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match=r"holds no model \(weights only\?\)"):
        load_model(tmp_path / "m.weights.h5")
    with zipfile.ZipFile(tmp_path / "photos.keras", "w") as archive:
        archive.writestr("a.txt", "hi")
    with pytest.raises(ValueError, match=r"photos\.keras' holds no model"):
        load_model(tmp_path / "photos.keras")


def test_a_model_under_another_suffix_is_told_to_be_renamed(path):
    moved = path.rename(path.with_name("model.zip"))
    with pytest.raises(ValueError, match=r"is a zip archive but its name doesn't end in \.keras"):
        load_model(moved)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"is a folder without a SavedModel"):
        load_model(tmp_path)


def edit_config(path, change):
    """Rewrite the config inside of a .keras file."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["config.json"] = json.dumps(change(json.loads(parts["config.json"]))).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_file_that_holds_a_layer_is_refused(tmp_path):
    path = tmp_path / "layer.keras"
    save_model(keras.Sequential([keras.Input((3,)), keras.layers.Flatten()]), path)
    edit_config(path, lambda config: config["config"]["layers"][1])
    with pytest.raises(ValueError, match=r"holds a Flatten, not a model"):
        load_model(path)


def test_weights_that_do_not_fit_the_layers_are_refused(path):
    def wider(config):
        config["config"]["layers"][1]["config"]["units"] = 7
        return config

    edit_config(path, wider)
    with pytest.raises(ValueError, match=r"is corrupt: its weights don't fit its layers\.$"):
        load_model(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_code_in_a_file_runs_only_when_trusted(suffix, tmp_path):
    x = keras.Input((3,))
    path = tmp_path / f"lambda{suffix}"
    keras.Model(x, keras.layers.Lambda(lambda v: v * 2)(x)).save(path)
    with pytest.raises(ValueError, match=r"wants to run code of its own \(a Lambda\).*--trust"):
        load_model(path)
    loaded = load_model(path, trust=True)
    np.testing.assert_array_equal(as_network(loaded).outputs(np.ones((1, 3))), [[2, 2, 2]])


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize(
    ("part", "name"),
    [(Plus, "Plus"), (lambda: keras.layers.Dense(2, activation=shifted), "shifted")],
    ids=["class", "function"],
)
def test_unknown_names_ask_for_custom_objects(suffix, part, name, tmp_path):
    path = tmp_path / f"custom{suffix}"
    keras.Sequential([keras.Input((2,)), part()]).save(path)
    with pytest.raises(ValueError, match=rf"{name}', which Keras doesn't know: pass custom_obj"):
        load_model(path)
    loaded = load_model(path, custom_objects={"Plus": Plus, "shifted": shifted})
    assert as_network(loaded).n_inputs == 2


def add_to_h5_config(path, **settings):
    """Write `settings` into the config of every layer that has units: as Keras 2 did."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            if "return_sequences" in layer["config"] or "depth_multiplier" in layer["config"]:
                layer["config"].update(settings)
        file.attrs["model_config"] = json.dumps(config)


@pytest.mark.parametrize(
    ("layer", "shape", "settings"),
    [
        (lambda: keras.layers.LSTM(3), (4, 2), {"time_major": False}),
        (lambda: keras.layers.GRU(3), (4, 2), {"time_major": False}),
        (lambda: keras.layers.DepthwiseConv2D(2), (3, 3, 2), {"groups": 1}),
    ],
    ids=["lstm", "gru", "depthwise"],
)
def test_keras_2_settings_are_dropped_from_a_copy(layer, shape, settings, tmp_path):
    model = keras.Sequential([keras.Input(shape), layer()])
    path = tmp_path / "old.h5"
    model.save(path)
    add_to_h5_config(path, **settings)
    with pytest.raises(
        (TypeError, ValueError), match="Unrecognized keyword"
    ):  # what Keras 3 says by itself
        keras.saving.load_model(path, compile=False)
    before = digest(path)
    loaded = load_model(path)
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
    np.testing.assert_array_equal(loaded(x), model(x))
    assert digest(path) == before


def test_a_time_major_network_is_not_mistaken_for_another(tmp_path):
    path = tmp_path / "old.h5"
    keras.Sequential([keras.Input((4, 2)), keras.layers.LSTM(3)]).save(path)
    add_to_h5_config(path, time_major=True)
    with pytest.raises(ValueError, match=r"could not be read as a Keras model: Unrecognized"):
        load_model(path)


def test_legacy_functional_models_explain_like_new_ones(tmp_path):
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(2, activation="softmax")(x))
    model.save(tmp_path / "old.hdf5")
    loaded = load_model(tmp_path / "old.hdf5")
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    network, expected = as_network(loaded), as_network(model)
    np.testing.assert_array_equal(network.outputs(rows), expected.outputs(rows))
    # A legacy model inside another one returns a one-item list when it is called.
    outer = keras.Model(x, keras.tree.flatten(loaded(x)))
    np.testing.assert_array_equal(as_network(outer).outputs(rows), expected.outputs(rows))


def test_a_saved_model_is_explained_when_trusted(model, tmp_path):
    model.export(tmp_path / "served", verbose=False)
    with pytest.raises(ValueError, match=r"is a SavedModel: it can run code of its own.*--trust"):
        load_model(tmp_path / "served")
    network = as_network(load_model(tmp_path / "served", trust=True))
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    expected = as_network(model, "probability")
    np.testing.assert_allclose(network.outputs(rows), expected.outputs(rows), atol=1e-6)
    np.testing.assert_allclose(network.jacobian(rows), expected.jacobian(rows), atol=1e-6)
