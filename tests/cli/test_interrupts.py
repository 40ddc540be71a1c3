"""What an interrupt turns into on its way out."""

import os
import signal
import sys
import time
from importlib import import_module

import pytest

from explainprune.cli.failures import failed
from explainprune.cli.interrupts import forget, insistent, keeping

program = import_module("explainprune.cli.main")  # the package offers the function of that name


def test_an_error_that_an_interrupt_came_out_as_counts_as_the_interrupt(monkeypatch, capsys):
    class Command:
        def main(self, *_, **__):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                signal.pause()
            except KeyboardInterrupt:
                raise SystemError("bad argument to internal function") from None

    monkeypatch.setattr(program.typer.main, "get_command", lambda app: Command())
    with insistent() as received:
        code = program.run([], received)
    assert (code, received) == (130, [signal.SIGINT])
    assert "Interrupted: nothing was written" in capsys.readouterr().err


def test_the_same_error_without_an_interrupt_is_internal(monkeypatch):
    class Command:
        def main(self, *_, **__):
            raise SystemError("bad argument to internal function")

    monkeypatch.setattr(program.typer.main, "get_command", lambda app: Command())
    with insistent() as received:
        assert program.run([], received) == 3


def test_handlers_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), insistent():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


def test_an_interrupt_that_got_lost_says_nothing_and_comes_again(monkeypatch, capfd):
    monkeypatch.setattr("explainprune.cli.interrupts.AGAIN", 0.2)
    monkeypatch.setattr("sys.unraisablehook", sys.__unraisablehook__)  # not pytest's own

    class Swallows:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    class Fails:
        def __del__(self):
            raise OSError("told as ever")

    with pytest.raises(KeyboardInterrupt), insistent() as received:
        Swallows()
        Fails()
        assert received == [signal.SIGINT]
        time.sleep(5)
    told = capfd.readouterr().err
    assert "told as ever" in told and "KeyboardInterrupt" not in told


def test_an_interrupt_says_what_is_kept_and_how_to_go_on(capsys):
    forget()
    with pytest.raises(KeyboardInterrupt), keeping(lambda: "out.cells holds 2 of 6 seeds."):
        raise KeyboardInterrupt
    assert failed(KeyboardInterrupt()) == 130
    said = "Interrupted: nothing was written under the final name."
    assert f"{said} out.cells holds 2 of 6 seeds." in capsys.readouterr().err
    forget()
    failed(KeyboardInterrupt())
    assert f"{said} Nothing is kept." in capsys.readouterr().err


def test_what_was_kept_is_forgotten_when_work_is_done(capsys):
    with keeping(lambda: "never said"):
        pass
    failed(KeyboardInterrupt())
    assert "Nothing is kept." in capsys.readouterr().err


def test_a_study_and_attributions_say_how_to_go_on(tmp_path):
    study, attribute = (
        import_module(f"explainprune.cli.{name}") for name in ("study", "attribute")
    )
    out = tmp_path / "report"
    assert study._kept(out, 6) == ""
    (tmp_path / "report.cells").mkdir()
    for seed in (0, 1):
        (tmp_path / "report.cells" / f"seed-{seed}.json").write_text("{}")
    assert study._kept(out, 6).endswith(
        "report.cells holds 2 of 6 seeds: the same command with --resume goes on."
    )
    assert attribute._kept(tmp_path / "a.npz", [0]) == ""
    assert "a.npz.partial holds 3,000 rows" in attribute._kept(tmp_path / "a.npz", [3000])
