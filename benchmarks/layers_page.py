"""Print what is known of each of Keras' layers into docs/layers.md.

python benchmarks/layers_page.py
"""

from __future__ import annotations

from typing import Any

import keras
from _page import DOCS, table

from explainprune.network.layers.kind import Kind
from explainprune.network.layers.registry import KINDS, OPERATIONS

PAGE = DOCS / "layers.md"
ABOUT = """# Layers

What is known of each layer that Keras ships, from the one list in
`explainprune/network/layers/registry.py`; printed by `python benchmarks/layers_page.py`.

- **shrink**: units pass through it, so that it is cut with them; otherwise why it is left whole.
- **unit by unit**: `prune` removes its units, or the heads and cells it holds, one by one.
- **liveness**: live inputs, units and connections follow its weights; otherwise each of its
  outputs is taken to read all of its inputs.
- **FLOPs**: it costs multiply-adds; all other layers count as free.
- **exact**: read as scalar elements, for `exact`, `leverage` on units and budgets of exact cost.

Methods and criteria that need gradients (`deep_shap`, `lrp`, `integrated_gradients`, …) read the
traced operations below layers, and know no layer by name. A layer may be refused for how it is
called or configured; the message says why. A class of your own is of no kind, whatever it is
called: units stop there, every output is taken to read every input, and `exact` refuses it.
"""


def public(module: Any, base: type) -> list[type]:
    """Return the classes that a module exports, each once, in order of their names."""
    found = {c for c in vars(module).values() if isinstance(c, type) and issubclass(c, base)}
    return sorted(found, key=lambda each: each.__name__)


def row(name: str, kind: Kind) -> list[str]:
    """Return a line of the table."""
    if kind.chosen is not None:
        return [f"`{name}`", "by its configuration: see its family", *[""] * 4]
    left = (kind.passing or "nothing is known of it") if isinstance(kind.passing, str) else ""
    units = kind.has_units or kind.holds is not None or kind.gates > 0
    known = (units, kind.links is not None, kind.multiply_adds is not None)
    marks = ["yes" if each else "" for each in (*known, kind.scalars is not None)]
    return [f"`{name}`", left and f"no: {left}" if left else "yes", *marks]


def page() -> str:
    """Return the whole page."""
    head = ["", "shrink", "unit by unit", "liveness", "FLOPs", "exact"]
    exported = public(keras.layers, keras.layers.Layer)
    others = sorted(KINDS.keys() - set(exported), key=lambda each: each.__name__)
    parts = [
        ABOUT,
        "## Layers of `keras.layers`\n",
        table(head, [row(each.__name__, KINDS[each]) for each in exported]),
        "\n## Layers of `keras.applications`\n",
        table(head, [row(each.__name__, KINDS[each]) for each in others]),
        "\n## Operations of `keras.ops`, by class\n",
        table(head, [row(name, OPERATIONS[name]) for name in sorted(OPERATIONS)]),
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
