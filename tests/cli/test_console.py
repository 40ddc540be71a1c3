import io
import re
import sys
import time
import warnings

import pytest

from explainprune.cli import console as module
from explainprune.cli.console import Console


class Terminal(io.StringIO):
    def isatty(self):
        return True


def work(console):
    with console.working("Pruning") as progress:
        progress(1, 2, "step one")
        warnings.warn("no\nlabels", UserWarning, stacklevel=1)
        warnings.warn("no\nlabels", UserWarning, stacklevel=1)
        warnings.warn("old name", DeprecationWarning, stacklevel=1)
        progress(2, 2, {"seed": 1})


def test_off_a_terminal_there_is_a_line_and_no_bar(capsys):
    work(Console())
    out, err = capsys.readouterr()
    assert out == "" and err == "Pruning …\nNote: no labels\n"


def test_on_a_terminal_there_is_a_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    work(Console())
    assert "Pruning" in terminal.getvalue() and "2/2" in terminal.getvalue()


def test_quiet_says_nothing_but_results(capsys, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    console = Console(quiet=True)
    work(console)
    console.say("hello")
    console.show("result", {"a": 1})
    assert terminal.getvalue() == "" and capsys.readouterr().out == "result\n"


def test_json_replaces_the_text(capsys):
    Console(json=True).show("text", {"name": "ü"})
    assert capsys.readouterr().out == '{\n "name": "ü"\n}\n'


def test_warnings_are_as_before_afterwards():
    before = warnings.showwarning
    with pytest.raises(KeyError), Console().working("x"):
        raise KeyError
    assert warnings.showwarning is before


def test_off_a_terminal_there_is_a_line_every_while_also_within_a_step(capsys, monkeypatch):
    monkeypatch.setattr(module, "EVERY", 0.05)
    with Console().working("Comparing") as progress:
        progress(2, 8, "explained dense")
        time.sleep(0.13)  # a step that takes long
        warned = capsys.readouterr().err.splitlines()
        progress(3, 8, {"seed": 4})
        time.sleep(0.08)
    said = capsys.readouterr().err.splitlines()
    assert warned[0] == "Comparing …" and len(warned) in (2, 3, 4)
    assert warned[1].startswith("Comparing: 2 of 8 (explained dense), ") and " left" in warned[1]
    assert said[0].startswith("Comparing: 3 of 8 (seed 4), ")
    time.sleep(0.1)
    assert capsys.readouterr().err == ""  # nothing after the work


def test_a_bar_fits_the_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with Console().working(
        "Comparing a_very_long_name.keras with another_long_name.keras"
    ) as progress:
        progress(123, 4567, "explained copies with random weights and much else")
        time.sleep(0.2)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue())
    lines = [line for line in re.split(r"[\r\n]", shown) if line.strip()]
    assert lines and all(len(line) <= 80 for line in lines)
    assert any("…" in line and "123/4567" in line for line in lines)


def test_a_resumed_run_says_what_it_reuses(capsys):
    with Console().working("Studying demo") as progress:
        progress(2, 6, {"reused": [0, 3]})
    assert "Going on: of 6 seeds 2 were there already (0, 3).\n" in capsys.readouterr().err
    with Console().working("Studying demo") as progress:
        progress(0, 6, {"reused": []})
    assert "of another configuration, and is made anew" in capsys.readouterr().err
