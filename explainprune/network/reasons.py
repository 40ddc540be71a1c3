"""The one line of an error's text that says what went wrong."""

from __future__ import annotations

import re

_STYLED = re.compile(r"\x1b\[1m(.+?)\x1b\[0m", re.DOTALL)
_INNER = re.compile(r"Exception encountered: (.+)")


def reason_of(error: BaseException) -> str:
    r"""Return what an error of Keras or TensorFlow says, without its frame, in one line.

    >>> reason_of(ValueError("When calling Dense.call():\n\n\x1b[1mwrong shape\x1b[0m\n\nx=…"))
    'wrong shape'
    >>> reason_of(TypeError("When deserializing Dense:\n\nException encountered: bad key"))
    'bad key'
    >>> reason_of(KeyError())
    'KeyError'
    """
    text = str(error)
    framed = _STYLED.search(text) or _INNER.search(text)
    lines = (framed.group(1) if framed else text).splitlines()
    return next((line.strip()[:300] for line in lines if line.strip()), type(error).__name__)
