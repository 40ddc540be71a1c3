"""The program: its commands, and what its exit codes mean."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from explainprune._version import __version__
from explainprune.cli.attribute import attribute
from explainprune.cli.check import check
from explainprune.cli.compare import compare
from explainprune.cli.demo import demo
from explainprune.cli.doctor import doctor
from explainprune.cli.explain import explain
from explainprune.cli.export import export
from explainprune.cli.failures import INTERRUPTED, failed, flushed
from explainprune.cli.init import init
from explainprune.cli.interrupts import forget, insistent
from explainprune.cli.listing import list_names
from explainprune.cli.protocol import protocol
from explainprune.cli.prune import prune
from explainprune.cli.report import report
from explainprune.cli.sensitivity import sensitivity
from explainprune.cli.shrink import shrink
from explainprune.cli.streams import written
from explainprune.cli.study import run as run_command

app = typer.Typer(
    name="explainprune",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 a check failed, 2 usage or input, 3 internal, 130 interrupted.",
)


def _version(asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        print(f"explainprune {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Ask whether a pruned network still decides for the same reasons, and is clearer."""


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "run": run_command,
    "prune": prune,
    "sensitivity": sensitivity,
    "shrink": shrink,
    "attribute": attribute,
    "export": export,
    "compare": compare,
    "explain": explain,
    "protocol": protocol,
    "report": report,
    "check": check,
    "list": list_names,
    "init": init,
    "doctor": doctor,
}
for name, function in COMMANDS.items():
    app.command(name)(function)


def run(arguments: Sequence[str] | None = None, received: Sequence[int] = ()) -> int:
    """Run the command line and return its exit code; nothing it does raises.

    An error after an interrupt was `received` is taken for its effect: native code that a
    KeyboardInterrupt comes through may turn it into another.
    """
    forget()
    try:
        command = typer.main.get_command(app)
        code = command.main(
            list(sys.argv[1:] if arguments is None else arguments),
            prog_name="explainprune",
            standalone_mode=False,
        )
    except BaseException as error:
        return failed(KeyboardInterrupt() if received else error)
    if code == INTERRUPTED:  # newer typers turn Ctrl-C into an exit of their own
        return failed(KeyboardInterrupt())
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command line and exit."""
    with insistent() as received, written():
        code = flushed(run(received=received))
    sys.exit(code)
