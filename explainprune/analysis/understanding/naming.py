"""What features and outputs are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from explainprune.types.frames import named, named_inputs


def feature_names(samples: Any, n_inputs: int) -> tuple[str, ...]:
    """Return a name for each number of a flat row."""
    if isinstance(samples.x, dict):
        return named_inputs({key: math.prod(x.shape[1:]) for key, x in samples.x.items()})
    return named(samples.feature_names, n_inputs)


def output_names(network: Any, class_names: Sequence[str] | None) -> tuple[str, ...]:
    """Return a name for each output: its class, where there is one for each.

    One output for two classes speaks for the second.
    """
    count = network.n_outputs
    classes = tuple(class_names or ())
    if len(classes) == count or (count == 1 and len(classes) == 2):
        return classes[-count:]
    return ("output",) if count == 1 else tuple(f"output {k}" for k in range(count))
