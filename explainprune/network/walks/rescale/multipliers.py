"""Multipliers of pairs, compiled once for a network, and the values that they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from math import ceil, isqrt
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.functions.embedding import EmbeddedNetwork
from explainprune.network.functions.keras_network import KerasNetwork
from explainprune.network.functions.text import refuse_text
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.tracing.memory import bytes_per_row
from explainprune.network.tracing.same import check_same, precision_of
from explainprune.network.tracing.traced import traced
from explainprune.network.walks.rescale.pairs import Pairs
from explainprune.network.walks.rescale.rules import MAX_POOLS, RULES, Rule
from explainprune.network.walks.rescale.unrolling import unrolled
from explainprune.network.walks.rescale.walk import Walk
from explainprune.types import Array

BYTES_AT_ONCE = 2**27


class Multipliers:
    r"""Rescale-rule multipliers m with ``Σ_i m_i (x_i − b_i) = f(x) − f(b)``.

    Samples and background rows go forward once, together; only pairs go backward.

    Parameters
    ----------
    network : KerasNetwork or EmbeddedNetwork
    fallback : {"error", "gradient"}
        What becomes of an operation without a rule: an error, or it goes by the mean of its
        gradients at sample and reference, which needn't add up.
    rules : mapping of str to rule
        By type of operation.

    Attributes
    ----------
    approximated : tuple of str
        Operations that went by their gradients.
    reach : Reach
        Which inputs multipliers don't reach, though outputs hang on them.
    rows : int
        How many triples of target, sample and background row go backward in one call: within the
        network's bound, and few enough to take little memory. More are hardly faster.

    Raises
    ------
    ValueError
        If the network isn't a Keras model's, or one of its operations has no rule: it and its
        layer are named.

    References
    ----------
    Shrikumar, Greenside and Kundaje (2017), arXiv:1704.02685; Lundberg and Lee (2017),
    arXiv:1705.07874.
    """

    def __init__(
        self, network: Any, *, fallback: str = "error", rules: Mapping[str, Rule] = RULES
    ) -> None:
        keras_network = isinstance(network, KerasNetwork)
        if not keras_network and not isinstance(network, EmbeddedNetwork):
            raise ValueError(
                "deep_shap carries multipliers through a Keras model's operations. Received: a "
                f"{type(network).__name__}. Use method='expected_gradients' or 'permutation'."
            )
        self._network, self._trace = network, network._forward
        self._fallback, self._rules = fallback, rules
        self._dtype = network.signature.dtype
        rows = tf.TensorSpec((None, network.n_inputs), self._dtype)
        targets = tf.TensorSpec((None, None), tf.int32)
        layers = layers_inside(network.model if keras_network else network.source)
        self._precision = precision_of(layers)
        with unrolled(layers):
            self._compiled = traced(self._traced, rows, rows, targets)
        self.rows = int(max(1, min(network.rows_per_call, BYTES_AT_ONCE // self._row)))

    def _traced(self, x: Any, background: Any, targets: Any) -> tuple[Any, Any]:
        """Add up multipliers times differences over background rows: (targets, n, inputs).

        What the graph puts out for samples and background rows comes with it.
        """
        rows = tf.concat([x, background], axis=0)
        outputs = self._trace(rows)
        walk = Walk(rows, outputs, rules=self._rules, fallback=self._fallback)
        self.approximated = walk.approximated
        self._row = bytes_per_row(rows.graph)
        n, b, t = tf.shape(x)[0], tf.shape(background)[0], tf.shape(targets)[0]
        pairs = Pairs(n, b, t, walk.inner, walk.boundless)
        seed = tf.one_hot(targets, outputs.shape[1], dtype=outputs.dtype)
        seed = tf.repeat(tf.reshape(seed, (-1, outputs.shape[1])), b, axis=0)
        found = tf.reshape(walk.back(seed, pairs), tf.stack([t, n, b, rows.shape[1]]))
        self.reach = walk.reach()
        moved = x[:, None] - background
        return tf.reduce_sum(tf.cast(found * moved, tf.float64), axis=2), outputs

    def values(self, x: Array, background: Array, targets: Array) -> Array:
        """Return values of each sample's targets, averaged over background rows.

        Parameters
        ----------
        x : ndarray (n, inputs)
        background : ndarray (b, inputs)
        targets : ndarray of int (n, t)

        Returns
        -------
        ndarray (n, t, inputs), float64

        Raises
        ------
        ValueError
            If the graph, whose loops are written out, computes something else than the network.
        """
        total = np.zeros((*targets.shape, x.shape[1]))
        held = False
        for own, part, kept in tiles(len(x), len(background), targets.shape[1], self.rows):
            found, outputs = self._compiled(
                tf.constant(x[own], self._dtype),
                tf.constant(background[part], self._dtype),
                tf.constant(targets[own, kept].T, tf.int32),
            )
            if not held:
                rows = np.concatenate([x[own], background[part]])
                own_outputs = self._network.outputs(rows)
                check_same(outputs.numpy(), own_outputs, "deep_shap: its graph", self._precision)
                held = True
            total[own, kept] += found.numpy().swapaxes(0, 1)
        total /= len(background)
        return total


def tiles(n: int, b: int, t: int, rows: int) -> Iterator[tuple[slice, slice, slice]]:
    """Cut samples × background rows × targets into blocks of at most `rows` triples.

    Blocks are as square as they can be in samples and background rows: that is where the forward
    pass is shared most.

    >>> list(tiles(4, 2, 1, 4))
    [(slice(0, 2, None), slice(0, 2, None), slice(0, 1, None)), \
(slice(2, 4, None), slice(0, 2, None), slice(0, 1, None))]
    """
    targets = min(t, rows)
    pairs = max(1, rows // targets)
    samples = min(n, isqrt(pairs))
    references = min(b, pairs // samples)
    samples = min(n, pairs // references)
    for first in _slices(n, samples):
        for second in _slices(b, references):
            for third in _slices(t, targets):
                yield first, second, third


def _slices(count: int, size: int) -> list[slice]:
    """Cut `count` into even slices of at most `size`."""
    edges = np.linspace(0, count, ceil(count / size) + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


@lru_cache(maxsize=8)
def multipliers_of(network: Any, fallback: str = "error", max_pool: str = "winner") -> Multipliers:
    """Return the multipliers of a network, compiled once."""
    refuse_text(network)
    return Multipliers(network, fallback=fallback, rules=RULES | MAX_POOLS[max_pool])
