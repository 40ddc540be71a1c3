"""Multipliers of pairs, compiled once for a network."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.embedding import EmbeddedNetwork
from explainprune.network.keras_network import KerasNetwork
from explainprune.network.rescale.pairs import Pairs
from explainprune.network.rescale.walk import Walk
from explainprune.types import Array


class Multipliers:
    r"""Rescale-rule multipliers m with ``Σ_i m_i (x_i − b_i) = f(x) − f(b)``.

    Samples and background rows go forward once, together; only pairs go backward.

    Parameters
    ----------
    network : KerasNetwork or EmbeddedNetwork

    Attributes
    ----------
    pairs_per_call : int
        How many pairs fit into one call within the memory bound.

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

    def __init__(self, network: Any) -> None:
        if not isinstance(network, (KerasNetwork, EmbeddedNetwork)):
            raise ValueError(
                "deep_shap carries multipliers through a Keras model's operations. Received: a "
                f"{type(network).__name__}. Use method='expected_gradients' or 'permutation'."
            )
        self._trace = network._forward
        self.pairs_per_call = max(1, network.rows_per_call // 8)
        rows = tf.TensorSpec((None, network.n_inputs), "float32")
        index = tf.TensorSpec((None,), tf.int32)
        self._compiled = tf.function(
            self._traced, input_signature=(rows, index, index, index), autograph=False
        )
        self._compiled.get_concrete_function()

    def _traced(self, rows: Any, sample: Any, reference: Any, target: Any) -> Any:
        outputs = self._trace(rows)
        seed = tf.one_hot(target, outputs.shape[1], dtype=outputs.dtype)
        return Walk(rows, outputs).back(seed, Pairs(sample, reference))

    def __call__(self, x: Array, background: Array, targets: Array) -> Array:
        """Return multipliers for every sample, its targets and every background row.

        Parameters
        ----------
        x : ndarray (n, inputs)
        background : ndarray (b, inputs)
        targets : ndarray of int (n, t)

        Returns
        -------
        ndarray (n, t, b, inputs)
        """
        n, t, b = len(x), targets.shape[1], len(background)
        sample = np.repeat(np.arange(n), t * b)
        reference = np.tile(np.arange(n, n + b), n * t)
        found = self._compiled(
            tf.constant(np.concatenate([x, background]), tf.float32),
            tf.constant(sample, tf.int32),
            tf.constant(reference, tf.int32),
            tf.constant(np.repeat(targets.ravel(), b), tf.int32),
        )
        values: Array = found.numpy().reshape(n, t, b, x.shape[1])
        return values


@lru_cache(maxsize=8)
def multipliers_of(network: Any) -> Multipliers:
    """Return the multipliers of a network, compiled once."""
    return Multipliers(network)
