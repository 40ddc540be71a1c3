"""What a model, Keras or TensorFlow raises, as one sentence of ours."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from traceback import extract_tb
from typing import ParamSpec, TypeVar

from explainprune.network.reasons import reason_of

P = ParamSpec("P")
R = TypeVar("R")

_OURS = Path(__file__).parents[1]
_THEIRS = ("keras", "tensorflow")
_LAYER = re.compile(r"when calling (\w+)\.call\(\)")


def in_words(verb: Callable[P, R]) -> Callable[P, R]:
    """Let no exception of Keras or TensorFlow leave a verb without a sentence of ours."""

    @wraps(verb)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
        check_fork()
        with failing("The model failed"):
            return verb(*args, **kwargs)

    return spoken


_FORKED: list[bool] = []


def _forked() -> None:
    """Note in a forked child that TensorFlow had run before: its threads aren't there."""
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    if context is not None and getattr(context, "_initialized", True):
        _FORKED.append(True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def check_fork() -> None:
    """Refuse to run TensorFlow in a process that was forked after it ran: it would wait for ever.

    Raises
    ------
    RuntimeError
    """
    if _FORKED:
        raise RuntimeError(
            "This process was forked after TensorFlow had run, whose threads aren't in it: it "
            "would wait for them for ever. Start processes anew, by "
            "multiprocessing.get_context('spawn')."
        )


@contextmanager
def failing(what: str) -> Iterator[None]:
    """Turn what Keras, TensorFlow or code that they call raises into a ValueError.

    What explainprune itself raises passes, and so does what they didn't call, and exceptions of
    the user's own kinds. The original is the cause.

    Parameters
    ----------
    what : str
        How the sentence begins.

    Examples
    --------
    >>> with failing("The model failed"):
    ...     raise KeyError("not theirs")
    Traceback (most recent call last):
    ...
    KeyError: 'not theirs'
    """
    try:
        yield
    except Exception as error:
        if not is_theirs(error):
            raise
        raise ValueError(f"{what}{_at(error)}: {_kind(error)}{reason_of(error)}") from error


def is_theirs(error: BaseException) -> bool:
    """Whether Keras or TensorFlow raised an error, or code that they called."""
    kind = type(error).__module__.partition(".")[0]
    if kind not in ("builtins", *_THEIRS):
        return False
    after_ours: list[Path] = []
    for frame in extract_tb(error.__traceback__):
        path = Path(frame.filename)
        after_ours = [] if path.is_relative_to(_OURS) else [*after_ours, path]
    return kind in _THEIRS or any(part in _THEIRS for path in after_ours for part in path.parts)


def _at(error: BaseException) -> str:
    """Name the layer that failed, where Keras says it."""
    found = _LAYER.search(str(error))
    return f" in a layer {found.group(1)}" if found else ""


def _kind(error: BaseException) -> str:
    """Name the kind of an error whose text alone says little."""
    plain = isinstance(error, (ValueError, TypeError)) or type(error).__module__ != "builtins"
    return "" if plain else f"{type(error).__name__}: "
