"""Which rule is nearest to the Shapley values? Several for each kind of block, by enumeration.

Tiny nets, drawn anew: a random linear layer, the block, a random sum of its outputs. Linear layers
are exact for every rule, so that the error is the block's. The table goes into docs/deep_shap.md.

    python benchmarks/deep_shap_rules.py            about 2 minutes
    python benchmarks/deep_shap_rules.py --quick    3 draws each, only printed
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import _rules as r
import numpy as np
from _enumeration import as_function, enumerated, flat
from _page import DOCS, figure, per_cent, put, table

from explainprune.network import MAX_POOLS, as_network, multipliers_of
from explainprune.network.backend import keras

Array = Any
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "cases"))

from tiny_draws import inputs_of, redrawn  # noqa: E402
from tiny_models import TINY  # noqa: E402

DRAWS, INPUTS, POOLED = 200, 8, 30
HEADING = "Why these rules"
L, ops = keras.layers, keras.ops


@dataclass(frozen=True)
class Block:
    """A block of `width` inputs and `outputs` outputs; the first rule is the library's."""

    name: str
    width: int
    outputs: int
    function: Any
    layers: Any
    rules: dict[str, Any]
    mixed: bool = True


def both(function: Any) -> dict[str, Any]:
    """The two rules that any block has."""
    return {
        "integrated gradients inside": r.along_the_line(function),
        "mean of both ends' gradients": r.at_the_ends(function),
    }


def normalisation(name: str, groups: int, centre: bool, layer: Any) -> Block:
    names = {
        "both along the way": "along", "two players: mean of both ends": "middle",
        "root fixed at the reference's": "reference", "root fixed at the sample's": "sample",
        "root fixed at the mean": "mean",
    }  # fmt: skip
    function = r.norm(groups, centre)
    rules = {name: r.normalised(groups, centre, how) for name, how in names.items()}
    return Block(name, 8, 8, function, layer, rules | both(function))


MAXIMA = {
    "Shapley values of the places": r.maximum_by_shapley,
    "all to the larger side's place": r.winner,
    **both(r.maximum),
}
SOFTMAX = {
    "logarithmic means, by the middle": r.by_the_middle(r.softmax_by_logarithms),
    "logarithmic means": r.softmax_by_logarithms,
    "quotient of exponentials, along the way": r.softmax_by_quotient(along=True),
    "quotient of exponentials, mean of both ends": r.softmax_by_quotient(along=False),
    **both(r.softmax),
}


def attention(z: Any) -> Any:
    """Attention of three tokens from queries, keys and values side by side."""
    q, k, values = (ops.reshape(part, (-1, 3, 2)) for part in ops.split(z, 3, axis=1))
    weights = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))))
    return ops.reshape(ops.matmul(weights, values), (-1, 6))


BLOCKS = (
    normalisation("LayerNormalization", 1, True, lambda z: L.LayerNormalization()(z)),
    normalisation("RMSNormalization", 1, False, lambda z: L.RMSNormalization(epsilon=1e-3)(z)),
    normalisation("GroupNormalization, 2 groups", 2, True, lambda z: L.GroupNormalization(2)(z)),
    Block("Product of two", 8, 4, r.product, lambda z: z[:, :4] * z[:, 4:], {
        "two players: mean of both ends": r.product_rule(0.5),
        "first at the reference, second at the sample": r.product_rule(0.0),
        "first at the sample, second at the reference": r.product_rule(1.0),
        **both(r.product),
    }),
    Block("Softmax, scores of size 1", 6, 6, r.softmax, lambda z: ops.softmax(z), SOFTMAX),
    Block("Softmax, scores of size 4", 6, 6, lambda z: r.softmax(4 * z),
          lambda z: ops.softmax(4.0 * z), {
              name: lambda x, b, v, rule=rule: 4 * rule(4 * x, 4 * b, v)
              for name, rule in SOFTMAX.items()
          }),
    Block("Attention of three tokens", 18, 6, r.attention, lambda z: attention(z), {
        f"softmax: {name}": r.attention_rule(SOFTMAX[name]) for name in SOFTMAX
        if "gradients" not in name
    } | both(r.attention)),
    Block("Maximum of two", 2, 1, r.maximum, lambda z: ops.maximum(z[:, :1], z[:, 1:]),
          MAXIMA | {"absolute difference, rescaled": r.by_difference}),
    Block("Maximum of 4", 4, 1, r.maximum, lambda z: ops.max(z, 1, keepdims=True), MAXIMA),
    Block("Maximum of 9", 9, 1, r.maximum, lambda z: ops.max(z, 1, keepdims=True), MAXIMA),
)  # fmt: skip


def network(block: Block) -> Any:
    """The library's view of linear, block, linear; and the model, whose weights are set."""
    x = keras.Input((INPUTS,))
    hidden = L.Dense(block.width)(x)
    model = keras.Model(x, L.Dense(1, use_bias=False)(block.layers(hidden)))
    return model, multipliers_of(as_network(model))


def graded(block: Block, draws: int) -> list[list[Any]]:
    """Explain the block by each of its rules in many tiny nets: lines of the table."""
    model, library = network(block)
    dense = [layer for layer in model.layers if isinstance(layer, L.Dense)]
    errors: dict[str, list[float]] = {name: [] for name in block.rules}
    residuals: dict[str, list[float]] = {name: [] for name in block.rules}
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        first = 1.4 * rng.normal(size=(INPUTS, block.width)) / np.sqrt(INPUTS)
        bias, last = 0.3 * rng.normal(size=block.width), rng.normal(size=block.outputs)
        x, b = rng.normal(size=(2, 1, INPUTS))
        dense[0].set_weights([first, bias])
        dense[1].set_weights([last[:, None]])
        exact = enumerated(lambda t: block.function(t @ first + bias) @ last, x, b)[0, :, 0]  # noqa: B023
        ends = [(row @ first + bias)[0] for row in (x, b)]
        for number, (name, rule) in enumerate(block.rules.items()):
            values = (first @ rule(*ends, last)) * (x - b)[0]
            if number == 0:
                ours = library.values(x, b, np.zeros((1, 1), int))[0, 0]
                np.testing.assert_allclose(ours, values, atol=1e-4 * np.abs(values).max() + 1e-5)
                values = ours
            errors[name].append(float(np.linalg.norm(values - exact) / np.linalg.norm(exact)))
            gap = abs(values.sum() - exact.sum()) / np.abs(exact).sum()
            residuals[name].append(float(gap))
    chosen = np.array(next(iter(errors.values())))
    lines = []
    for name in block.rules:
        compared = per_cent(np.array(errors[name]) - chosen) if lines else ""
        label = f"**{name}**" if not lines else name
        lines.append([label, per_cent(errors[name]), figure(max(residuals[name])), compared])
    return lines


def pooled(draws: int) -> list[list[Any]]:
    """Both ways to share pooled maxima, in the tiny models of the table above."""
    lines = []
    for name in (name for name in TINY["pooling"] if name.startswith("MaxPooling")):
        model = redrawn(TINY["pooling"][name](), 0)
        ways = {way: multipliers_of(as_network(model), max_pool=way) for way in MAX_POOLS}
        errors: dict[str, list[float]] = {way: [] for way in ways}
        for draw in range(draws):
            redrawn(model, draw)
            rows = flat(inputs_of(model, np.random.default_rng(draw), 4))
            function = as_function(model, inputs_of(model, np.random.default_rng(0), 1))
            exact = enumerated(function, rows[:1], rows[1:])[0]
            for way, library in ways.items():
                values = library.values(rows[:1], rows[1:], np.array([[0, 1]]))[0].T
                share = np.linalg.norm(values - exact) / np.linalg.norm(exact)
                errors[way].append(float(share))
        more = np.array(errors["winner"]) - np.array(errors["shapley"])
        lines.append([name, *(per_cent(errors[way]) for way in ("winner", "shapley")),
                      per_cent(list(more))])  # fmt: skip
    return lines


PAGE = f"""
Each kind of block between two random linear layers, {INPUTS} inputs, {DRAWS} draws of weights,
sample and reference; error against Shapley values by full enumeration, relative, mean ± standard
error; the largest residual; and how much more the error is than that of the library's rule (bold),
in points, over the same draws. Made by `python benchmarks/deep_shap_rules.py`, which also checks
that the library does what the bold formula says. A rule that doesn't add up can't be chosen,
whatever its error.

"""
REASONS = """
What follows from it:

- Normalisation: the numerator and the mean square move together along the way from reference to
  sample, and each is paid for its part (Aumann and Shapley 1974, in two quantities). Integrated
  gradients through the layer's inputs instead shrink them halfway, where the root is small.
- Softmax: shifts that all scores share must not matter; with logarithmic means they don't, and no
  exponential of a difference of scores is left to blow up. One stop at the middle brings them as
  near as integrated gradients inside, which add up only in the limit of many points.
- Attention as a whole is nearer by integrated gradients through all of it, by some points; the
  library goes operation by operation, and adds up exactly.
- Maxima: Shapley values of the places themselves, in closed form after sorting. `MaxPooling` layers
  by default pay the larger side's place instead, so that values equal shap's; with
  `max_pool="shapley"` they are shared as other maxima are, which is nearer.
"""


def main() -> None:
    quick = "--quick" in sys.argv
    parts = []
    for block in BLOCKS:
        lines = graded(block, 3 if quick else DRAWS)
        columns = ["rule", "error, %", "residual", "more than the library's"]
        parts.append(f"### {block.name}\n\n{table(columns, lines)}\n")
        print(parts[-1], flush=True)
    columns = ["layer", '`max_pool="winner"`, error, %', '`"shapley"`, error, %', "difference"]
    lines = pooled(3 if quick else POOLED)
    parts.append(f"### Pooled maxima, both ways ({POOLED} draws)\n\n{table(columns, lines)}\n")
    print(parts[-1])
    if not quick:
        put(DOCS / "deep_shap.md", HEADING, PAGE + "\n".join(parts) + REASONS)


if __name__ == "__main__":
    main()
