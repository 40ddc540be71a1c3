"""Streams that don't take all that is written: closed ones, full disks, other encodings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def written() -> Iterator[None]:
    """Make both streams take any text: what they can't encode is ``?``, a closed one swallows."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    yield


def tell(text: str) -> None:
    """Print a line to stderr; work doesn't fail where nobody can be told of it."""
    stream = sys.stderr
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(f"{text}\n".encode(encoding, "replace").decode(encoding))
        stream.flush()
    except OSError:
        dropped(stream)


def dropped(stream: Any) -> None:
    """Let what a stream still holds go nowhere, so that Python can end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
