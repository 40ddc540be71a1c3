"""The one line of an error's text that says what went wrong."""

from __future__ import annotations

import re

_STYLED = re.compile(r"\x1b\[1m(.+?)\x1b\[0m", re.DOTALL)
_NODE = re.compile(r"^\{\{function_node \S+\}\} ")
_OPERATION = re.compile(r" for '\{\{node .*")
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
    lines = [line.strip() for line in (framed.group(1) if framed else text).splitlines()]
    lines = [line for line in lines if line]
    # TensorFlow says where in the graph it was in frames before, and the node after, the reason.
    lines = [_OPERATION.sub("", _NODE.sub("", line)) for line in lines]
    at_node = [number for number, line in enumerate(lines) if line.startswith("[[{{node")]
    if at_node and at_node[0] > 0:
        return lines[at_node[0] - 1][:300]
    return lines[0][:300] if lines else type(error).__name__
