"""``explainprune shrink``: models pruned by any tool, by hand here."""

import re

import numpy as np
import pytest
from keras_cases import sequential

from explainprune import load_model
from explainprune.network.backend import keras
from explainprune.types import Certificate, Masks


@pytest.fixture
def pruned(files):
    """Zeros in the weights, as another tool leaves them; uncompiled, as `strip_pruning` does."""
    model = load_model(files / "dense.keras")
    hidden, classes = (model.get_layer(name) for name in ("hidden", "classes"))
    kernel = classes.kernel.numpy()
    kernel[[1, 4, 7]] = 0  # nothing reads these units
    classes.kernel.assign(kernel)
    kernel, bias = hidden.get_weights()
    kernel[:, [0, 2]], bias[[0, 2]] = 0, 0.25  # nothing feeds these
    hidden.set_weights([kernel, bias])
    weights = model.get_weights()
    model = keras.models.clone_model(model)
    model.set_weights(weights)
    model.save(files / "by_hand.keras")
    return files / "by_hand.keras"


def test_a_model_file_with_its_certificate_beside_it(cli, files, pruned):
    outcome = cli("shrink", "by_hand.keras", "--data", "d.npz", "-o", "small.keras")
    assert outcome.code == 0, outcome.err
    assert "5 units removed\n  hidden: 5" in outcome.out and "folded" in outcome.out
    assert "bound: over the range of 80 rows no logit can differ" in outcome.out
    small = load_model(files / "small.keras")
    assert small.get_layer("hidden").units == 7
    with np.load(files / "small.kept.npz") as kept:
        assert list(kept["hidden"]) == [3, 5, 6, 8, 9, 10, 11]
    certificate = Certificate.load(files / "small.certificate.json")
    assert (certificate.rows, certificate.flips, certificate.negative_flips) == (80, 0, 0)
    assert certificate.bound.largest < 1e-5 and certificate.before.latency_ms is None
    x = np.load(files / "d.npz")["x"]
    before, after = (m.predict(x, verbose=0) for m in (load_model(pruned), small))
    np.testing.assert_allclose(after, before, atol=1e-6)


def test_a_folder_in_the_same_bytes_each_time(cli, files, pruned):
    for out in ("a", "b"):
        outcome = cli("shrink", "by_hand.keras", "--data", "d.npz", "-o", out, "--json")
        assert outcome.code == 0, outcome.err
        assert outcome.json["files"]["model"] == f"{out}/shrunk.keras" and outcome.json["written"]
        assert {path.name for path in (files / out).iterdir()} == {
            "shrunk.keras", "kept.npz", "certificate.json",
        }  # fmt: skip
    first, second = ((files / out / "certificate.json").read_bytes() for out in ("a", "b"))
    assert first == second
    assert outcome.json["certificate"]["removed"] == {"hidden": 5}
    again = cli("shrink", "by_hand.keras", "--data", "d.npz", "-o", "a")
    assert again.code == 2 and "exists already" in again.error
    assert cli("shrink", "by_hand.keras", "-o", "a", "--force").code == 0
    assert Certificate.load(files / "a").rows == 0


def test_a_dry_run_says_what_would_go_and_writes_nothing(cli, files, pruned):
    before = sorted(path.name for path in files.iterdir())
    outcome = cli("shrink", "by_hand.keras", "--data", "d.npz", "-o", "new", "--dry-run")
    assert outcome.code == 0, outcome.err
    assert "5 units removed" in outcome.out and "would write model: new/shrunk.keras" in outcome.out
    assert sorted(path.name for path in files.iterdir()) == before


def test_what_is_left_whole_is_said_with_the_reason(cli, files):
    model = sequential(
        (4,),
        keras.layers.Dense(5, "relu", name="hidden"),
        keras.layers.LayerNormalization(name="norm"),
        keras.layers.Dense(3, name="classes"),
    )
    kernel = np.ones((4, 5))
    kernel[:, 2] = 0
    model.get_layer("hidden").kernel.assign(kernel)
    model.save(files / "norm.keras")
    outcome = cli("shrink", "norm.keras", "--data", "d.npz", "-o", "s.keras")
    assert outcome.code == 0, outcome.err
    assert "no unit could be removed" in outcome.out
    assert "since it normalises each row over its units" in outcome.out
    assert "no bound: layer 'norm' applies standardise" in outcome.out


def test_masks_say_what_counts_as_zero_and_times_are_measured_if_asked(cli, files):
    keep = np.ones((4, 12), bool)
    keep[:, :6] = False
    bias = np.arange(12) >= 6
    Masks({"hidden/kernel": keep, "hidden/bias": bias}).save(files / "m.npz")
    outcome = cli(
        *("shrink", "dense.keras", "--data", "d.npz", "-o", "s.keras", "--masks", "m.npz"),
        *("--measure", "latency", "--basis", "all inputs"),
    )
    assert outcome.code == 0, outcome.err
    found = Certificate.load(files / "s.certificate.json")
    assert found.removed == {"hidden": 6} and found.basis == "all inputs"
    assert found.before.latency_ms > 0 and found.after.latency_ms > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no.keras", "-o", "s.keras"], r"There is no model file 'no\.keras'"),
        (["dense.keras", "-o", "s.tflite"], r"name ends in \.keras"),
        (["dense.keras", "-o", "no/where/s"], r"There is no folder 'no/where' to make 's' in"),
        (["dense.keras", "-o", "no/s.keras"], r"There is no folder 'no'"),
        (["dense.keras", "-o", "s", "--masks", "m.npz"], r"no file of masks 'm\.npz'"),
        (["dense.keras", "-o", "s", "--measure", "speed"], r"Unknown measure 'speed'"),
        (["dense.keras", "-o", "s", "--basis", "hope"], r"Unknown basis 'hope'"),
        (["lambda.keras", "-o", "s"], r"Lambda"),
    ],
)
def test_refusals_are_one_sentence(cli, files, arguments, said):
    outcome = cli("shrink", *arguments)
    assert outcome.code == 2
    assert re.search(said, outcome.error)
    assert not (files / "s").exists() and not (files / "s.keras").exists()
