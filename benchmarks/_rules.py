"""Rules for sharing a change among what made it: those that `deep_shap` has, and others.

A block is a function of rows z; a rule is given z at sample and reference and the weights v of the
block's outputs, and returns multipliers of z. Each is written from its formula, in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
EPSILON = 1e-3


def along_the_line(block: Any, nodes: int = 64) -> Any:
    """Integrated gradients inside the block, gradients by central differences."""
    places, weights = np.polynomial.legendre.leggauss(nodes)

    def rule(x: Array, b: Array, v: Array) -> Array:
        return sum(
            w / 2 * slopes(block, b + (t + 1) / 2 * (x - b), v)
            for t, w in zip(places, weights, strict=True)
        )

    return rule


def at_the_ends(block: Any) -> Any:
    """The mean of both ends' gradients."""
    return lambda x, b, v: (slopes(block, x, v) + slopes(block, b, v)) / 2


def slopes(block: Any, z: Array, v: Array, step: float = 1e-6) -> Array:
    steps = step * np.eye(len(z))
    return (block(z + steps) - block(z - steps)) @ v / (2 * step)


# Normalisation: z minus its mean (or not), times 1 / sqrt of the mean square.


def centred(z: Array, groups: int) -> Array:
    parts = z.reshape(*z.shape[:-1], groups, -1)
    return (parts - parts.mean(axis=-1, keepdims=True)).reshape(z.shape)


def norm(groups: int, centre: bool) -> Any:
    def block(z: Array) -> Array:
        c = centred(z, groups) if centre else z
        return c / root(c, groups)

    return block


def root(c: Array, groups: int) -> Array:
    parts = c.reshape(*c.shape[:-1], groups, -1)
    size = np.sqrt((parts**2).mean(axis=-1, keepdims=True) + EPSILON)
    return np.broadcast_to(size, parts.shape).reshape(c.shape)


def normalised(groups: int, centre: bool, how: str) -> Any:
    """Multipliers through a normalisation; `how` says what is done with the root."""

    def rule(x: Array, b: Array, v: Array) -> Array:
        c_x, c_b = (centred(z, groups) if centre else z for z in (x, b))
        s_x, s_b = root(c_x, groups), root(c_b, groups)
        middle = (1 / s_x + 1 / s_b) / 2
        direct = {"along": 2 / (s_x + s_b), "middle": middle, "mean": middle,
                  "sample": 1 / s_x, "reference": 1 / s_b}[how]  # fmt: skip
        total = v * direct
        if how in ("along", "middle"):
            a_x, a_b = (each_sum(v * c, groups) for c in (c_x, c_b))
            left = (a_x / s_x - a_b / s_b - direct * (a_x - a_b)) / (s_x**2 - s_b**2)
            total = total + left * (c_x + c_b) * groups / len(x)
        return centred(total, groups) if centre else total

    return rule


def each_sum(values: Array, groups: int) -> Array:
    parts = values.reshape(groups, -1)
    return np.broadcast_to(parts.sum(axis=1, keepdims=True), parts.shape).ravel()


# A product of two halves, and a quotient by the sum of exponentials.


def product(z: Array) -> Array:
    a, b = np.split(z, 2, axis=-1)
    return a * b


def product_rule(share: float) -> Any:
    """The one half is paid at `share` of the other one's way, which gets what is left."""

    def rule(x: Array, b: Array, v: Array) -> Array:
        (p_x, q_x), (p_b, q_b) = np.split(x, 2), np.split(b, 2)
        return np.concatenate([v * (q_b + share * (q_x - q_b)), v * (p_x - share * (p_x - p_b))])

    return rule


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_by_quotient(along: bool) -> Any:
    """Exponentials rescaled, then their quotient by the sum: at both ends' mean, or along."""

    def rule(x: Array, b: Array, v: Array) -> Array:
        top = max(x.max(), b.max())
        e_x, e_b = np.exp(x - top), np.exp(b - top)
        s_x, s_b = e_x.sum(), e_b.sum()
        direct = np.log(s_x / s_b) / (s_x - s_b) if along else (1 / s_x + 1 / s_b) / 2
        left = (v @ e_x / s_x - v @ e_b / s_b - direct * (v @ (e_x - e_b))) / (s_x - s_b)
        return (e_x - e_b) / (x - b) * (v * direct + left)

    return rule


def softmax_by_logarithms(x: Array, b: Array, v: Array) -> Array:
    """Exponentials rescaled around log-probabilities: logarithmic means."""
    p, q = softmax(x), softmax(b)
    mean = (p - q) / (np.log(p) - np.log(q))
    return v * mean - mean / mean.sum() * (v @ mean)


def by_the_middle(rule: Any) -> Any:
    """Follow a rule on both halves of the way, and average."""

    def halved(x: Array, b: Array, v: Array) -> Array:
        middle = (x + b) / 2
        return (rule(x, middle, v) + rule(middle, b, v)) / 2

    return halved


# Attention: queries, keys and values of three tokens, two numbers each.


def attention(z: Array) -> Array:
    q, k, values = (part.reshape(*part.shape[:-1], 3, 2) for part in np.split(z, 3, axis=-1))
    weights = softmax(q @ np.swapaxes(k, -1, -2))
    return (weights @ values).reshape(*z.shape[:-1], 6)


def attention_rule(of_softmax: Any) -> Any:
    """Products as two players, and a rule for the softmax of each token's scores."""

    def rule(x: Array, b: Array, v: Array) -> Array:
        (q_x, k_x, v_x), (q_b, k_b, v_b) = (np.split(z.reshape(9, 2), 3) for z in (x, b))
        s_x, s_b = q_x @ k_x.T, q_b @ k_b.T
        grad, middle = v.reshape(3, 2), (softmax(s_x) + softmax(s_b)) / 2
        to_weights = grad @ (v_x + v_b).T / 2
        to_scores = np.stack([of_softmax(*ends) for ends in zip(s_x, s_b, to_weights, strict=True)])
        to_q, to_k = to_scores @ (k_x + k_b) / 2, to_scores.T @ (q_x + q_b) / 2
        return np.concatenate([part.ravel() for part in (to_q, to_k, middle.T @ grad)])

    return rule


# The maximum of all.


def maximum(z: Array) -> Array:
    return z.max(axis=-1, keepdims=True)


def winner(x: Array, b: Array, v: Array) -> Array:
    """The larger side's maximum is paid all: as shap does it."""
    found = np.zeros(len(x))
    at = x.argmax() if x.max() > b.max() else b.argmax()
    found[at] = v[0] * (x.max() - b.max()) / (x[at] - b[at])
    return found


def maximum_by_shapley(x: Array, b: Array, v: Array) -> Array:
    """Each place a player, all coalitions."""
    from _enumeration import enumerated

    return v[0] * enumerated(maximum, x[None], b[None])[0, :, 0] / (x - b)


def by_difference(x: Array, b: Array, v: Array) -> Array:
    """max(p, q) = (p + q + |p − q|) / 2, the absolute value rescaled; of two only."""
    bend = (abs(x[0] - x[1]) - abs(b[0] - b[1])) / ((x[0] - x[1]) - (b[0] - b[1]))
    return v[0] * np.array([1 + bend, 1 - bend]) / 2
