"""Walks back through functions of TensorFlow, one grid of samples and background rows each."""

import numpy as np
from exact_reference import shapley_by_definition

from explainprune.network.backend import tf
from explainprune.network.walks.inlining import inlined
from explainprune.network.walks.pairs import Pairs, holds_boundless
from explainprune.network.walks.places import inner_places
from explainprune.network.walks.rescale.rules import CONSTANT, RULES, Rescale
from explainprune.network.walks.walk import Walk


def grid(function, x, background, rules=RULES):
    """Multipliers of a function (rows, d) → (rows, k): (k, n, b, d); each operation has a rule."""

    @tf.function(input_signature=[tf.TensorSpec((None, x.shape[1]), tf.float32)], autograph=False)
    def traced(rows):
        out = function(rows)
        walk = Walk([rows], [out], CONSTANT, inlined(rows.graph))
        rescale = Rescale(walk, rules)
        walk.plan(rescale)
        rescale.refuse()
        sizes = inner_places(walk.operations), holds_boundless(walk.order)
        pairs = Pairs(*(tf.constant(each) for each in (n, b, out.shape[1])), *sizes)
        seed = tf.repeat(tf.eye(out.shape[1]), n * b, axis=0)
        return walk.back([seed], pairs)[rows.ref()]

    n, b = len(x), len(background)
    rows = np.concatenate([x, background]).astype("float32")
    return traced(rows).numpy().reshape(-1, n, b, x.shape[1])


def payments(function, x, background, rules=RULES):
    """What each input of each pair is paid for each output: (n, b, d, k)."""
    found = grid(function, x, background, rules).transpose(1, 2, 3, 0)
    return found * (x[:, None] - background)[..., None]


def by_enumeration(function, x, background):
    """Shapley values of the inputs, by all coalitions: (n, b, d, k)."""
    players = np.arange(x.shape[1])
    worth = lambda rows: function(tf.constant(rows, tf.float32)).numpy().astype(float)  # noqa: E731
    each = [[shapley_by_definition(worth, s, r, players) for r in background] for s in x]
    return np.array(each)
