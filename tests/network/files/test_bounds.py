"""Model files that ask for more than they hold are refused before Keras reads them."""

import json
import time
import tracemalloc
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers as L
from keras_cases import sequential

from explainprune.network import load_model
from explainprune.types import archives


def model():
    return sequential((6,), L.Dense(5, "relu", name="hidden"), L.Dense(3, name="out"))


def rewritten(path, change=None, **members):
    """Write an archive anew, with its configuration changed and with other members."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    if change is not None:
        config = json.loads(held["config.json"])
        change(config)
        held["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (held | members).items():
            archive.writestr(name, content)


def layer(config, name):
    return next(each for each in config["config"]["layers"] if each["config"]["name"] == name)


def wide(config):
    layer(config, "hidden")["config"]["units"] = 10**9


def long(config):
    layer(config, "out")["config"]["units"] = 30_000
    layer(config, "out")["build_config"]["input_shape"] = [None, 30_000]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            wide,
            r"has a layer 'hidden' with units = 1,000,000,000 numbers at least, but only [\d,]+",
        ),
        (long, r"has a layer 'out' with units × 30,000 = 900,000,000 numbers at least"),
    ],
)
def test_layers_wider_than_the_file(tmp_path, change, said):
    model().save(tmp_path / "m.keras")
    rewritten(tmp_path / "m.keras", change)
    start = time.monotonic()
    tracemalloc.start()
    with pytest.raises(ValueError, match=said) as caught:
        load_model(tmp_path / "m.keras")
    assert tracemalloc.get_traced_memory()[1] < 20e6 and time.monotonic() - start < 5
    tracemalloc.stop()
    assert "\n" not in str(caught.value)


def test_layers_of_a_legacy_file_wider_than_it(tmp_path):
    model().save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        wide(config)
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(ValueError, match="units = 1,000,000,000"):
        load_model(tmp_path / "m.h5")


FAIR = {
    "dense": lambda: [keras.Input((6,)), L.Dense(500), L.Dense(1)],
    "narrow": lambda: [keras.Input((1,)), L.Dense(1, use_bias=False)],
    "embedding": lambda: [keras.Input((4,)), L.Embedding(1000, 3), L.LSTM(7), L.Dense(2)],
    "images": lambda: [keras.Input((8, 8, 1)), L.Conv2D(64, 3), L.SeparableConv2D(32, 3)],
    "bins": lambda: [keras.Input((4,)), L.RepeatVector(10**6), L.UpSampling1D(100)],
}


@pytest.mark.parametrize("name", FAIR)
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_fair_models_pass(tmp_path, name, ending):
    fair = keras.Sequential(FAIR[name]())
    fair.save(tmp_path / f"m.{ending}")
    found = load_model(tmp_path / f"m.{ending}")
    for a, b in zip(found.get_weights(), fair.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_member_that_unpacks_to_too_much(tmp_path, monkeypatch):
    model().save(tmp_path / "m.keras")
    rewritten(tmp_path / "m.keras", **{"assets/zeros": bytes(20_000_000)})
    load_model(tmp_path / "m.keras")
    monkeypatch.setattr(archives, "LARGE", 16e6)
    with pytest.raises(ValueError, match=r"'m.keras' unpacks to 0.0 GB, [\d,]+ times its size"):
        load_model(tmp_path / "m.keras")


def linked(path, kind, depth):
    """Put something that leads to another file into an HDF5 file, so many groups deep."""
    with h5py.File(path, "r+") as file:
        group = file
        for number in range(depth):
            group = group.require_group(f"deeper_{number}")
        group["around"] = file  # groups may hold each other
        if kind == "link":
            group["x"] = h5py.ExternalLink("/etc/other.h5", "x")
        elif kind == "external":
            group.create_dataset("x", (4,), "f8", external=[("/etc/hostname", 0, 32)])
        else:
            layout = h5py.VirtualLayout((4,), "f8")
            layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
            group.create_virtual_dataset("x", layout)


@pytest.mark.parametrize("kind", ["link", "external", "virtual"])
@pytest.mark.parametrize("depth", [0, 3])
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_what_leads_to_other_files_is_refused_at_any_depth(tmp_path, kind, depth, ending):
    path = tmp_path / f"m.{ending}"
    model().save(path)
    if ending == "h5":
        linked(path, kind, depth)
    else:
        with zipfile.ZipFile(path) as archive:
            archive.extract("model.weights.h5", tmp_path)
        linked(tmp_path / "model.weights.h5", kind, depth)
        rewritten(path, **{"model.weights.h5": (tmp_path / "model.weights.h5").read_bytes()})
    with pytest.raises(ValueError, match=r"'x' in 'm\.\w+' .*another file, which is refused"):
        load_model(path)
