"""Errors → one sentence on stderr and an exit code."""

from __future__ import annotations

import os
import re
import sys
import traceback
from pathlib import Path

from explainprune.cli.interrupts import kept_words
from explainprune.cli.streams import dropped, tell

CHECK_FAILED = 1
USAGE = 2
INTERNAL = 3
INTERRUPTED = 130

TRACE = "EXPLAINPRUNE_TRACE"
_FRAME = re.compile(r'  File "([^"]*)", line \d+, in ')


def failed(error: BaseException) -> int:
    """Say what went wrong, and return the exit code.

    Usage errors and what the verbs refuse (a ValueError, TypeError or OSError that our own code
    raised on purpose) are the user's to mend: 2. Everything else is ours: 3.
    """
    if isinstance(error, SystemExit):  # code of the user's that stops the program
        if isinstance(error.__context__, BrokenPipeError):  # … or `--help | head`
            return 0
        return INTERNAL if error.code else 0
    if os.environ.get(TRACE) and not hasattr(error, "format_message"):
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        kept = kept_words() or "Nothing is kept."
        _say(f"Interrupted: nothing was written under the final name. {kept}")
        return INTERRUPTED
    if hasattr(error, "format_message"):  # a usage error of typer's
        if sentence := one_line(error.format_message()):  # empty where help was shown instead
            _say(sentence)
        return USAGE
    if isinstance(error, OSError) and not _says_itself(error):
        where = f": {str(error.filename)!r}" if error.filename is not None else ""
        _say(f"{error.strerror or type(error).__name__}{where}.")
        return USAGE
    refused = ValueError | TypeError | OSError | ImportError  # the last: a backend that is missing
    if isinstance(error, refused) and on_purpose(error):
        _say(one_line(str(error)))
        return USAGE
    _say(
        f"Unexpected {type(error).__name__}: {one_line(str(error))[:300]} "
        f"This is a fault of explainprune's (or of code you gave it); {TRACE}=1 shows where."
    )
    return INTERNAL


def _says_itself(error: OSError) -> bool:
    """Whether an OSError carries a sentence of ours rather than an error number."""
    return error.errno is None


def on_purpose(error: BaseException) -> bool:
    """Whether the innermost frame is a ``raise`` of this package: a refusal, not an accident."""
    notes = getattr(error, "__notes__", None)  # the trace of a child process, if it was one
    text = notes[0] if notes else "".join(traceback.format_tb(error.__traceback__))
    lines = text.splitlines()
    last = max((i for i, line in enumerate(lines) if _FRAME.match(line)), default=None)
    if last is None or last + 1 == len(lines):
        return False
    frame = _FRAME.match(lines[last])
    assert frame is not None
    return "explainprune" in Path(frame[1]).parts and lines[last + 1].strip().startswith("raise")


def one_line(text: str) -> str:
    """Join lines, and drop what could steer a terminal."""
    joined = " ".join(text.split())
    return "".join(character if character.isprintable() else "?" for character in joined)


def _say(sentence: str) -> None:
    """Print to stderr who it is that says something."""
    tell(f"explainprune: {sentence}")


def flushed(code: int) -> int:
    """Flush both streams, and return the exit code: a result that can't be written is a failure.

    A reader that has what it wanted (``explainprune list | head``) is none.
    """
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except BrokenPipeError:
            dropped(stream)
        except OSError as error:
            dropped(stream)
            if stream is sys.stdout and code == 0:
                code = failed(error)
    return code
