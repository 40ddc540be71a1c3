"""Text as numbers that stand for it: what methods mix between rows must lie in arrays of floats."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.types import Array

_BITS = 52
"""A code is a whole number below 2^52: float64 holds it exactly."""


class Words:
    """Texts that a model was given, each with its code.

    A code is a digest of the text: it doesn't depend on what else was read, or when. It names the
    text and measures nothing, so that only methods which call the model forward, on rows mixed of
    others, can use it.

    Examples
    --------
    >>> words = Words()
    >>> codes = words.encode(np.array([["oslo", "rome"]]))
    >>> words.decode(tf.constant(codes)).numpy().tolist()
    [[b'oslo', b'rome']]
    """

    def __init__(self) -> None:
        self._known: dict[float, str] = {}
        with tf.device("CPU"):
            self._codes = tf.Variable([], dtype="float64", shape=(None,), trainable=False)
            self._texts = tf.Variable([], dtype="string", shape=(None,), trainable=False)
        self.encode(np.array([""]))  # so that there is a text to look up

    def encode(self, values: Array) -> Array:
        """Return the code of each text, and remember which text it stands for.

        Raises
        ------
        ValueError
            If two texts have one code.
        """
        texts, places = np.unique(values, return_inverse=True)
        codes = np.array([_code(str(text)) for text in texts], dtype=np.float64)
        before = len(self._known)
        for number, text in zip(codes.tolist(), texts.tolist(), strict=True):
            if self._known.setdefault(number, text) != text:
                raise ValueError(f"The texts {self._known[number]!r} and {text!r} share a code.")
        if len(self._known) > before:
            self._remember()
        coded: Array = codes[places].reshape(np.shape(values))
        return coded

    def _remember(self) -> None:
        codes = np.array(sorted(self._known))
        self._codes.assign(codes)
        self._texts.assign([self._known[number] for number in codes.tolist()])

    def decode(self, codes: Any) -> Any:
        """Return the texts that codes stand for, as tensors.

        A number that stands for none ends in an error of TensorFlow: codes were computed with.
        """
        flat = tf.reshape(codes, (-1,))
        known = tf.convert_to_tensor(self._codes)
        at = tf.minimum(tf.searchsorted(known, flat), tf.shape(known)[0] - 1)
        met = tf.reduce_all(tf.equal(tf.gather(known, at), flat))
        sure = tf.debugging.Assert(met, ["text was computed with as if it were numbers"])
        with tf.control_dependencies([] if sure is None else [sure]):
            return tf.reshape(tf.gather(self._texts, at), tf.shape(codes))


@cache
def shared_words() -> Words:
    """Return the texts that all networks share: rows that one packed, another can read."""
    return Words()


def _code(text: str) -> int:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _BITS)
