"""Multipliers of pairs, compiled once for a network, and the values that they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import ceil, isqrt
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.protocol import kept_by_network
from explainprune.network.tracing.dependence import layer_of
from explainprune.network.tracing.memory import bytes_per_row
from explainprune.network.walks.checked import CheckedGraph
from explainprune.network.walks.inlining import inlined
from explainprune.network.walks.pairs import Pairs, holds_boundless
from explainprune.network.walks.places import inner_places
from explainprune.network.walks.rescale.rules import CONSTANT, MAX_POOLS, RULES, Rescale
from explainprune.network.walks.walk import Rule, Walk
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
        self._network, self._fallback, self._rules = network, fallback, rules
        targets = tf.TensorSpec((None, None), tf.int32)
        self._graph = CheckedGraph(network, "deep_shap", self._traced, 2, targets)
        most = BYTES_AT_ONCE // self._row
        self.rows = int(max(1, min(network.rows_per_call, most)))

    def _traced(self, x: Any, background: Any, targets: Any) -> tuple[Any, Any]:
        """Add up multipliers times differences over background rows: (targets, n, inputs).

        What the graph outputs for samples and background rows comes with it.
        """
        rows = tf.concat([x, background], axis=0)
        outputs = self._network._forward(rows)
        walk = Walk([rows], [outputs], CONSTANT, inlined(rows.graph))
        rescale = Rescale(walk, self._rules)
        walk.plan(rescale)
        if self._fallback == "error":
            rescale.refuse()
        named = {f"{op.type} of {layer_of(op)}" for op in rescale.missing}
        self.approximated = tuple(sorted(named))
        self._row = bytes_per_row(rows.graph)
        n, b, t = tf.shape(x)[0], tf.shape(background)[0], tf.shape(targets)[0]
        pairs = Pairs(n, b, t, inner_places(walk.operations), holds_boundless(walk.order))
        seed = tf.one_hot(targets, outputs.shape[1], dtype=outputs.dtype)
        seed = tf.repeat(tf.reshape(seed, (-1, outputs.shape[1])), b, axis=0)
        arrived = walk.back([seed], pairs).get(rows.ref())
        arrived = tf.zeros(pairs.sizes(rows), rows.dtype) if arrived is None else arrived
        found = tf.reshape(arrived, tf.stack([t, n, b, rows.shape[1]]))
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
        """
        total = np.zeros((*targets.shape, x.shape[1]))
        for own, part, kept in tiles(len(x), len(background), targets.shape[1], self.rows):
            found = self._graph(x[own], background[part], targets=targets[own, kept].T)
            total[own, kept] += found.swapaxes(0, 1)
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


@kept_by_network
def multipliers_of(network: Any, fallback: str = "error", max_pool: str = "winner") -> Multipliers:
    """Return the multipliers of a network, compiled once."""
    return Multipliers(network, fallback=fallback, rules=RULES | MAX_POOLS[max_pool])
