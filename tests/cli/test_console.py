import io
import sys
import warnings

import pytest

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
