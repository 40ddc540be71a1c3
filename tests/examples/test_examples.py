"""Every example runs, at reduced size, on data that packages ship."""

import json
import re
import runpy
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from explainprune.cli import run as command

FOLDER = Path(__file__).parents[2] / "examples"

SCRIPTS = {
    "atlas.py": r"placebo +NaN 0\.\d+ 0\.\d+",
    "additive_by_pruning.py": r"their sum is the network, to \de-0[5-9]",
    "article_mnist.py": r"pruned at random, 75% of neurons +\d+ +0\.\d+",
    "criteria_side_by_side.py": r"magnitude +0?\.\d+",
    "exact_by_pruning.py": r"fan-in 4 +0\.\d+ ",
    "keep_the_reasons.py": r"reasons held +accuracy 0\.\d+, \d+\.\d% of the reasons",
    "mortgage_reasons.py": r"Of \d+ rows with a chance of deny of 25 % or more in both models, \d",
    "neurons_removed_at_once.py": r"magnitude +25% 0?\.\d+",
    "ship_int8.py": r"Same reasons\? For this pair, on 20 rows, \d",
    "three_papers.py": r"at random 32× \| 0\.\d+ \| 0\.\d+",
    "walk_mortgages.py": r"\n0 +0 +[a-zA-Z%, ]+ +(yes|no|never late|[\d.]+) +-?\d",
    "walk_motions.py": r"Wrote half\.tflite and half\.certificate\.json",
    "twelve_times_smaller.py": r"4\.0 +[\d,]+ +0?\.\d+",
    "winning_tickets.py": r"25\.0% 0?\.\d+",
}
"""A line that each must print."""

CONFIGS = ("article_mnist.toml",)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run a script as `python script --quick` does, in a folder of its own."""

    def run(name, *more):
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(str(FOLDER))
        monkeypatch.setattr(sys, "argv", [name, "--quick", *more])
        runpy.run_path(str(FOLDER / name), run_name="__main__")
        assert not list(tmp_path.iterdir()), "--quick leaves no files"
        return capsys.readouterr().out

    return run


def test_none_is_forgotten():
    found = {path.name for path in FOLDER.iterdir() if path.suffix in (".py", ".toml")}
    assert found == {*SCRIPTS, *CONFIGS, "own_recipe.py", "own_recipe.toml"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n.startswith("walk_") else []) for n in SCRIPTS],
)
def test_script(name, run):
    printed = run(name)
    assert re.search(SCRIPTS[name], printed), printed
    if name == "exact_by_pruning.py":
        lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        assert [line["network"] for line in lines] == ["dense", "dense, trained on", "fan-in 4"]
        assert min(line["accuracy"] for line in lines) > 0.5  # ten digits: chance is 0.1
        assert 32 < lines[2]["coalitions"] <= 32 * 2**4
        assert lines[2]["gap"] < 1e-5


def test_exact_values_of_a_convolutional_network(run):
    printed = run("exact_by_pruning.py", "--net", "cnn")
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    assert [line["network"] for line in lines] == ["dense", "dense, trained on", "fan-in 3,8"]
    assert lines[2]["accuracy"] > 0.5
    # Nine places, 16 channels; each reads eight channels of four that share three pixels.
    assert 9 * 16 < lines[2]["coalitions"] <= 9 * 16 * 2**6
    assert lines[2]["gap"] < 1e-4


def test_groups_are_scored_together():
    worth = runpy.run_path(str(FOLDER / "exact_by_pruning.py"))["worth"]
    kernel, norm = np.array([[1.0, -3.0, 0.0, 2.0], [4.0, 0.0, 1.0, 1.0]]), np.array([[4.0], [1.0]])
    single = [[2.0, 6.0, 0.0, 4.0], [4.0, 0.0, 1.0, 1.0]]
    np.testing.assert_array_equal(worth(1, 2)(kernel, norm), single)
    first = [[4.0, 4.0, 2.0, 2.0], [2.0, 2.0, 1.0, 1.0]]  # reads the two inputs: units in pairs
    np.testing.assert_array_equal(worth(2, 2)(kernel, norm), first)
    second = [[3.0, 3.0, 0.5, 2.5]] * 2  # reads a pair of units of the first
    np.testing.assert_array_equal(worth(2, 64)(kernel, norm), second)
    images = worth(2, 64)(kernel.reshape(1, 2, 1, 4), norm.reshape(1, 2, 1, 1))
    np.testing.assert_array_equal(images.reshape(2, 4), first)  # one channel: images themselves


@pytest.mark.parametrize("name", CONFIGS)
def test_configuration(name, monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    assert command(["run", str(FOLDER / name), "--data", "digits", "--dry-run"]) == 0
    assert "pruned to [0.1, 0.5, 0.75, 0.9, 0.95]" in capfd.readouterr().out


@pytest.mark.slow
def test_a_study_with_a_recipe_of_ones_own(monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(FOLDER)
    protocol, out = str(tmp_path / "P.toml"), str(tmp_path / "r")
    few = ["--seeds", "2", "--arm", "placebo", "--set", "study.levels=0.5"]
    study = ["own_recipe.toml", *few]
    assert command(["run", *study, "--dry-run"]) == 0
    assert command(["protocol", *study, "-o", protocol]) == 0
    assert command(["run", *study, "--protocol", protocol, "-o", out, "-q"]) == 0
    assert command(["check", out]) == 1  # two seeds can't decide
    printed = capfd.readouterr().out
    assert "noisy, 80 % pruned" in printed and "Two seeds can't decide" in printed


def test_recordings_that_aeon_ships_are_read_as_the_drawn_ones(monkeypatch):
    x = np.arange(4 * 6 * 100.0).reshape(4, 6, 100)  # aeon has channels first, and names of classes
    names = np.array(["Badminton", "Running", "Standing", "Walking"])
    aeon = types.SimpleNamespace(load_basic_motions=lambda split: (x + (split == "test"), names))
    monkeypatch.setitem(sys.modules, "aeon.datasets", aeon)
    walk = runpy.run_path(str(FOLDER / "walk_motions.py"))
    train, test = walk["basic_motions"]()
    assert [walk["CLASSES"][label] for label in train["y"]] == [name.lower() for name in names]
    np.testing.assert_array_equal(train["x"][1, :, 2], x[1, 2])
    np.testing.assert_array_equal(test["x"], train["x"] + 1)
    (drawn, _) = walk["drawn"](1)
    assert drawn["x"].shape[1:] == train["x"].shape[1:] and drawn["x"].dtype == train["x"].dtype
