"""A child process: reads cells from its stdin, computes them one by one, answers on its stdout.

Started as ``python -m explainprune.engine.worker``: not by ``multiprocessing``, which would run the
caller's script a second time in every child.
"""

from __future__ import annotations

import builtins
import os
import pickle
import queue
import random
import signal
import struct
import sys
import threading
import traceback
import warnings
from typing import IO, Any

import numpy as np

from explainprune.lookup import imported

LENGTH = struct.Struct("<Q")


def pickled(message: Any) -> bytes:
    """Return a message as it is written."""
    return pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)


def write(file: IO[bytes], body: bytes) -> None:
    """Write one pickled message after its length."""
    file.write(LENGTH.pack(len(body)))
    file.write(body)
    file.flush()


def receive(file: IO[bytes]) -> Any:
    """Read one message; EOFError where the other side is gone."""
    head = file.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    body = file.read(length)
    if len(body) < length:
        raise EOFError
    return pickle.loads(body)


def compute(function: str, cell: dict[str, Any]) -> dict[str, Any]:
    """Run one cell from a clean state; what it warns of and what it raises become data."""
    _forget()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer: dict[str, Any] = {"result": imported(function, "cell function")(cell)}
        except Exception as error:
            answer = {
                "error": _builtin_name(error),
                "message": str(error.args[0]) if len(error.args) == 1 else str(error),
                "kind": _kind(error),
                "trace": traceback.format_exc(),
            }
    shown = [w for w in caught if issubclass(w.category, UserWarning)]
    answer["warnings"] = list(dict.fromkeys(str(w.message) for w in shown))
    return answer


def _forget() -> None:
    """Reset what one cell could leave to the next: names that Keras counts, global randomness."""
    keras = sys.modules.get("keras")  # Looked at, never imported: cells may do without.
    if keras is not None and hasattr(keras, "utils"):
        keras.utils.clear_session()
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


def _builtin_name(error: Exception) -> str | None:
    """Return the nearest built-in type of an exception, None for a bare Exception."""
    for kind in type(error).__mro__:
        if kind is not Exception and getattr(builtins, kind.__name__, None) is kind:
            return kind.__name__ if issubclass(kind, Exception) else None
    return None


def _kind(error: Exception) -> str:
    """Name an exception's type; ours are what they are made of."""
    ours = type(error).__module__.startswith("explainprune.")
    return (_builtin_name(error) if ours else None) or type(error).__name__


def _listen(file: IO[bytes], inbox: queue.Queue[Any]) -> None:
    """Pass messages on; when the parent is gone, so is this process, with all that it started."""
    try:
        while True:
            inbox.put(receive(file))
    except EOFError:
        if hasattr(os, "killpg"):  # This process leads a session of its own.
            os.killpg(0, signal.SIGKILL)
        os._exit(1)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes to the parent apart: what code prints goes to stderr."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    return incoming, outgoing


def main() -> None:
    """Serve cells until the parent closes the pipe."""
    incoming, outgoing = _private_pipes()
    start = receive(incoming)
    sys.path[:] = start["path"]
    inbox: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(incoming, inbox), daemon=True).start()
    while True:
        answer = compute(start["function"], inbox.get())
        try:
            body = pickled(answer)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            kind = type(answer.get("result")).__name__
            message = f"a cell returns plain data, which {kind} isn't: {error}"
            body = pickled({"error": "TypeError", "message": message, "trace": "", "warnings": []})
        write(outgoing, body)


if __name__ == "__main__":
    main()
