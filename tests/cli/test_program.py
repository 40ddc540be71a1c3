"""What holds for the whole program: help, version, exit codes, environment, streams."""

import re
import subprocess
import sys

import pytest

import explainprune
from explainprune.cli.main import COMMANDS


def python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **options
    )


def test_the_version(cli):
    outcome = cli("--version")
    assert (outcome.code, outcome.out) == (0, f"explainprune {explainprune.__version__}\n")


def test_it_runs_as_a_module_too():
    done = python("-m", "explainprune", "--version")
    assert (done.returncode, done.stdout) == (0, f"explainprune {explainprune.__version__}\n")


def test_help_lists_every_command_and_the_exit_codes(cli):
    outcome = cli("--help")
    assert outcome.code == 0 and outcome.err == ""
    for name in COMMANDS:
        assert re.search(rf"\b{name}\b", outcome.out), name
    assert "130" in outcome.out
    assert cli("-h").out == outcome.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(cli, command):
    outcome = cli(command, "--help")
    assert outcome.code == 0 and "Usage: explainprune" in outcome.out


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from explainprune.cli import run; run(['--help']);"
        "heavy = {'tensorflow', 'keras', 'pandas', 'numpy', 'matplotlib', 'jinja2'};"
        "print(*sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    assert python("-c", code).stderr.strip() == ""


def test_without_arguments_there_is_help(cli):
    outcome = cli()
    assert outcome.code == 2 and outcome.err == ""
    assert "Commands" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prun"], "No such command 'prun'"),
        (["prune", "m.keras"], r"Missing option '--out' / '-o'|Missing option '-o' / '--out'"),
        (["prune", "m.keras", "-o", "x.keras", "--sparsty", "0.5"], r"--sparsty.*--sparsity"),
        (
            ["prune", "m.keras", "-o", "x.keras", "--sparsity", "lots"],
            r"Invalid value for '--sparsity'",
        ),
        (["compare", "a.keras"], "Missing argument"),
        (["list", "criterions"], "Unknown kind of name 'criterions'. Did you mean 'criteria'"),
    ],
)
def test_usage_errors_are_one_sentence_and_exit_2(cli, arguments, message):
    outcome = cli(*arguments)
    assert outcome.code == 2
    assert re.search(message, outcome.error)


def test_accidents_exit_3_and_say_how_to_see_more(cli, monkeypatch):
    from explainprune import reporting

    def broken(_):
        raise KeyError("verdict")

    monkeypatch.setattr(reporting, "load_results", broken)
    outcome = cli("check", "results.json")
    assert outcome.code == 3
    assert outcome.error.startswith("Unexpected KeyError: 'verdict'")
    assert "EXPLAINPRUNE_TRACE=1" in outcome.error

    monkeypatch.setenv("EXPLAINPRUNE_TRACE", "1")
    outcome = cli("check", "results.json")
    assert outcome.code == 3 and "in broken" in outcome.err


def test_a_value_error_that_nobody_meant_is_an_accident():
    import numpy as np

    from explainprune.cli.failures import on_purpose
    from explainprune.data import load_data

    for call, meant in (
        (lambda: load_data("digts"), True),
        (lambda: load_data(3), True),
        (lambda: np.zeros(2) + np.zeros(3), False),
        (lambda: int("x"), False),
    ):
        with pytest.raises((ValueError, TypeError)) as caught:
            call()
        assert on_purpose(caught.value) is meant


def test_errors_of_children_are_told_apart_too(tmp_path, monkeypatch):
    from explainprune.cli.failures import on_purpose
    from explainprune.engine import run_cells

    (tmp_path / "cli_cells.py").write_text(
        "def refused(cell):\n    import explainprune as xp\n    xp.load_data('digts')\n"
        "def accident(cell):\n    int('x')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name, meant in (("refused", True), ("accident", False)):
        with pytest.raises(ValueError, match=r"digts|invalid literal") as caught:
            run_cells(f"cli_cells:{name}", [{}], workers=1)
        assert on_purpose(caught.value) is meant


def test_interrupts_exit_130(cli, monkeypatch):
    from explainprune import reporting

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(reporting, "load_results", interrupted)
    outcome = cli("check", "results.json")
    assert outcome.code == 130 and "nothing was written" in outcome.error


def test_a_reader_that_stops_early_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m explainprune list data | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0" and "Traceback" not in done.stderr


def test_names_are_listed_in_text_and_json(cli):
    outcome = cli("list", "data")
    assert outcome.code == 0 and outcome.out.startswith("digits ")
    listed = cli("list", "criteria", "--json").json
    assert set(listed) == set(explainprune.CRITERIA) and all(listed.values())
    everything = cli("list", "--json").json
    assert set(everything["methods"]) == set(explainprune.METHODS)
    assert set(everything["metrics"]) == set(explainprune.METRICS)


def test_listing_data_needs_no_tensorflow():
    code = (
        "import sys; from explainprune.cli import run; run(['list', 'data']);"
        "print(*sorted({'tensorflow', 'keras', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    assert python("-c", code).stderr.strip() == ""


def test_doctor_says_what_is_here(cli):
    outcome = cli("doctor", "--json")
    assert outcome.code == 0
    found = {entry["name"]: entry for entry in outcome.json}
    assert found["tensorflow"]["fine"] and "Keras" in found["tensorflow"]["says"]


def test_doctor_fails_where_nothing_can_run(cli, monkeypatch):
    from explainprune.cli import doctor

    def missing():
        raise ImportError("No module named 'tensorflow'")

    monkeypatch.setattr(
        doctor, "CHECKS", (("tensorflow", missing, True), ("parquet", missing, False))
    )
    outcome = cli("doctor")
    assert outcome.code == 1
    assert "MISSING  tensorflow   ImportError: No module" in outcome.out
    assert "absent   parquet" in outcome.out


def test_errors_cannot_steer_the_terminal(cli):
    outcome = cli("attribute", "m.keras", "--data", "\x1b[31mx.npz", "-o", "a.npz")
    assert outcome.code == 2 and "\x1b" not in outcome.err


def test_no_color(cli, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "")
    assert "\x1b" not in cli("--help").out
