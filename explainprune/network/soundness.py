"""What no verb works with: weights that are no numbers, layers that remember other rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.protocol import Model


def check_weights(model: Model) -> None:
    """Raise if a weight of `model` is NaN or infinite.

    Raises
    ------
    ValueError
        Naming the variable, and how many of its values are no numbers.
    """
    if all(_finite(variable) for variable in getattr(model, "weights", ())):
        return
    from explainprune.network.variables import variables

    for path, variable in variables(model).items():
        if not _finite(variable):
            bad = ~np.isfinite(np.asarray(variable, dtype=np.float64))
            raise ValueError(
                f"The weight {path!r} of model {model.name!r} has {int(bad.sum())} values that are "
                f"NaN or infinite, of {bad.size}. Expected finite numbers."
            )


def _finite(variable: Any) -> bool:
    values = tf.convert_to_tensor(variable)
    return not values.dtype.is_floating or bool(tf.reduce_all(tf.math.is_finite(values)))


def check_stateless(model: Model) -> None:
    """Raise if a layer of `model` carries a state from batch to batch.

    Raises
    ------
    ValueError
        Naming the layer.
    """
    kept = [layer for layer in layers_inside(model) if getattr(layer, "stateful", False) is True]
    if kept:
        raise ValueError(
            f"Layer {kept[0].name!r} ({type(kept[0]).__name__}) of model {model.name!r} is "
            "stateful: what it outputs depends on rows that came before, so that no single row "
            "can be explained. Build the model with stateful=False and an Input without a batch "
            "size; set_weights(model.get_weights()) gives it these weights."
        )


def check_adapters(model: Model) -> None:
    """Raise if a layer of `model` adds a low-rank adapter to its kernel.

    Raises
    ------
    ValueError
        Naming the layer.
    """
    adapted = [layer for layer in layers_inside(model) if getattr(layer, "lora_enabled", False)]
    if adapted:
        raise ValueError(
            f"Layer {adapted[0].name!r} of model {model.name!r} holds a low-rank adapter: what "
            "goes from its kernel would come back by it. Merge it: build the layer without "
            "lora_rank, and set its kernel to layer.kernel, which has both."
        )
