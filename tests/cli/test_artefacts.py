"""Files that only run forward on the command line: export, compare and attribute."""

import json
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def shipped(cli):
    done = cli("export", "dense.keras", "-o", "m.tflite", "--data", "d.npz", "--quantise", "int8")
    assert done.code == 0, done.err
    return done


def test_export_writes_the_file_and_its_certificate(shipped, cli):
    written = json.loads(Path("m.certificate.json").read_text())
    assert written["schema"] == "explainprune/certificate/1" and written["rows"] == 80
    assert 0 < written["max_difference"] < 0.1 and written["flips"] is not None
    assert "label flips" in shipped.out and "Wrote m.tflite and m.certificate.json" in shipped.out
    again = cli("export", "dense.keras", "-o", "m.tflite", "--data", "d.npz")
    assert again.code == 2
    assert again.error == "'m.tflite' exists already. Pass --force to replace it."
    plain = cli("export", "dense.keras", "-o", "m.tflite", "--data", "d.npz", "--force", "--json")
    assert plain.json["quantise"] == "none" and plain.json["certificate"]["max_difference"] < 1e-5
    assert cli("export", "dense.keras", "-o", "n.onnx", "--dry-run").code == 0
    assert not Path("n.onnx").exists()


def test_compare_takes_the_file_and_says_its_price(shipped, cli):
    done = cli("compare", "dense.keras", "m.tflite", "--data", "d.npz", "-o", "r",
               "--background", "20", "--backgrounds", "2")  # fmt: skip
    assert done.code == 0, done.err
    assert "Note: permutation runs each model on up to 19,200 rows (80 rows" in done.err
    results = json.loads(Path("r/results.json").read_text())
    assert results["provenance"]["methods"] == ["permutation"]
    assert "explained as probabilities" in results["verdict"]["sentence"]
    manifest = json.loads(Path("r/manifest.json").read_text())
    assert len(manifest["sha256"]["model other"]) == 64


def test_several_files_each_say_their_price(shipped, cli):
    done = cli("export", "dense.keras", "-o", "f.tflite")
    assert done.code == 0, done.err
    done = cli("compare", "dense.keras", "m.tflite", "f.tflite", "--data", "d.npz", "-o", "r",
               "--backgrounds", "2", "--quiet")  # fmt: skip
    assert done.code == 0 and done.err == ""
    done = cli("compare", "dense.keras", "m.tflite", "f.tflite", "--data", "d.npz", "-o", "r",
               "--backgrounds", "2", "--force")  # fmt: skip
    assert done.code == 0, done.err
    for name in ("m", "f"):
        assert f"Note: {name}: permutation runs each model on up to 19,200 rows" in done.err
    for name in ("m", "f"):
        results = json.loads((Path("r") / name / "results.json").read_text())
        assert results["provenance"]["methods"] == ["permutation"]


def test_explain_takes_the_file(shipped, cli):
    done = cli("explain", "m.tflite", "--data", "d.npz", "-o", "r", "--backgrounds", "2")
    assert done.code == 0, done.err
    assert Path("r/report.html").exists()


def test_attribute_takes_the_file_and_says_its_price(shipped, cli):
    done = cli("attribute", "m.tflite", "--data", "d.npz", "-o", "a.npz", "--method", "occlusion")
    assert done.code == 0, done.err
    assert "Note: occlusion runs m.tflite on up to 25,600 rows (80 rows, 80 background" in done.err
    with np.load("a.npz") as found:
        assert found["values"].shape == (80, 4)
    # All coalitions of four columns are fewer rows than sampling would take.
    cheap = cli("attribute", "m.tflite", "--data", "d.npz", "-o", "c.npz")
    assert "80 rows explained by exact" in cheap.out
    how = ("--method", "deep_shap", "-o", "b.npz")
    refused = cli("attribute", "m.tflite", "--data", "d.npz", *how)
    assert refused.code == 2
    assert refused.error.startswith("deep_shap needs gradients, and m.tflite only runs forward.")


def test_a_protocol_states_what_compare_will_do(shipped, cli):
    options = ("--data", "d.npz", "--backgrounds", "2")
    assert cli("protocol", "dense.keras", "m.tflite", *options, "-o", "p.toml").code == 0
    done = cli("compare", "dense.keras", "m.tflite", *options, "-o", "r", "--protocol", "p.toml")
    assert done.code == 0, done.err


@pytest.mark.parametrize("command", ["prune", "sensitivity"])
def test_commands_that_need_layers_say_so(shipped, cli, command):
    more = ("-o", "p.keras" if command == "prune" else "s.csv")
    refused = cli(command, "m.tflite", "--data", "d.npz", *more)
    assert refused.code == 2 and "Expected a keras.Model, whose layers can be read" in refused.error


def test_two_models_as_a_question_for_provers(cli):
    from vnnlib_cases import read_query

    ask = ("export", "dense.keras", "-o", "same.vnnlib", "--against", "other.keras")
    planned = cli(*ask, "--eps", "0.1", "--box", "0,1", "--dry-run")
    assert planned.code == 0 and "against other.keras as same.vnnlib and same.onnx" in planned.out
    done = cli(*ask, "--eps", "0.1", "--box", "0,1")
    assert done.code == 0, done.err
    assert "may any logit differ by 0.1 or more over the box given? " in done.out
    assert "Wrote same.vnnlib and same.onnx" in done.out and Path("same.onnx").exists()
    low, high, _, asked = read_query(Path("same.vnnlib").read_text())
    assert set(low.values()) == {0.0} and set(high.values()) == {1.0} and asked[0][2] == 0.1
    ranged = cli(*ask, "--eps", "0.1", "--data", "d.npz", "--force", "--json")
    assert ranged.json["answer"] in ("differ", "same", "open") and ranged.json["bound"] > 0
    for given, said in (
        (ask, "A .vnnlib file is a question about two models: pass --eps."),
        ((*ask, "--eps", "1", "--box", "0;1"), "--box is LOW,HIGH, two numbers. Received: '0;1'."),
        ((*ask, "--eps", "1", "--quantise", "int8"), "--quantise goes with -o FILE.tflite or F"),
        (("export", "dense.keras", "-o", "m.onnx", "--eps", "1"), "--eps goes with -o FILE.vnnl"),
        ((*ask, "--eps", "1", "--force"), "A bound needs rows, or a box. Received: neither."),
    ):
        refused = cli(*given)
        assert refused.code == 2 and refused.error.startswith(said)
