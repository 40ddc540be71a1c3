"""Output that can't be written: the exit code says so, and nothing else goes wrong."""

import os
import subprocess
import sys

import pytest

from explainprune.reporting import report


def shell(command, folder, **environment):
    """Run a shell command line in which EP stands for the program."""
    program = f"{sys.executable} -m explainprune"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command.replace('EP', program)}"],
        cwd=folder, capture_output=True, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A report, by whose checks one line is printed and the exit code is 1."""
    import importlib.util
    from pathlib import Path

    path = Path(__file__).parents[1] / "reporting" / "conftest.py"
    spec = importlib.util.spec_from_file_location("reporting_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = tmp_path_factory.mktemp("streams")
    report(module._load("factory").small_comparison(), found / "out")
    return found


FULL = "explainprune: No space left on device.\n"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("EP list criteria > /dev/full", 2, FULL),
        ("EP list criteria --json > /dev/full", 2, FULL),
        ("EP --help > /dev/full", 2, FULL),
        ("EP --version > /dev/full", 2, FULL),
        ("EP check out > /dev/full", 2, FULL),
        ("EP list criteria >&-", 0, ""),
        ("EP check out >&-", 1, ""),
        ("EP list nothing 2> /dev/full", 2, ""),
        ("EP list nothing 2>&-", 2, ""),
        (
            "EP report out -o again --quiet > /dev/full; code=$?; ls again >&2; exit $code",
            2,
            "html",
        ),
        ("EP report out -o more 2> /dev/full", 0, ""),
        ("EP report out -o still 2>&-", 0, ""),
        ("EP list criteria | true", 0, ""),
        ("EP list criteria | head -1", 0, ""),
        ("EP --help | head -1", 0, ""),
    ],
)
def test_exit_codes_of_streams_that_take_nothing(folder, command, code, said):
    done = shell(command, folder)
    errors = done.stderr.decode()
    assert done.returncode == code, errors
    assert said in errors and "Traceback" not in errors and "Exception ignored" not in errors
    assert errors.count("explainprune: ") == (said == FULL) + (said == "html")


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
@pytest.mark.parametrize("command", ["EP --help", "EP list metrics --json", "EP check out"])
def test_other_encodings_take_all_text(folder, encoding, command):
    done = shell(command, folder, PYTHONIOENCODING=encoding, PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == ("check" in command), done.stderr
    text = done.stdout.decode(encoding)
    if "--json" in command:
        import json

        plain = shell(command, folder, PYTHONIOENCODING="utf-8").stdout.decode("utf-8")
        assert json.loads(text) == json.loads(plain)
    assert not done.stderr
