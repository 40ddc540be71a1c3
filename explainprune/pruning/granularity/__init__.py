"""What is removed: single weights, whole units, input features, or patterns of weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from explainprune.lookup import unknown
from explainprune.network.layers import LayerInfo
from explainprune.network.protocol import Model
from explainprune.pruning.granularity.unit import unit
from explainprune.pruning.granularity.view import Entries, Sharing, View, implied_sparsity
from explainprune.pruning.granularity.weight import weight

__all__ = ["GRANULARITIES", "Entries", "Sharing", "View", "implied_sparsity", "view"]

GRANULARITIES: dict[str, Callable[..., View]] = {
    "weight": weight,
    "unit": unit,
}


def view(granularity: str, model: Model, infos: Sequence[LayerInfo]) -> View:
    """See `model` at a granularity.

    Parameters
    ----------
    granularity : str
        A name in ``GRANULARITIES``.
    model : keras.Model
    infos : sequence of LayerInfo
        The layers that may lose something.

    Raises
    ------
    ValueError
        If there is no such granularity, or nothing to prune at it.
    """
    if granularity not in GRANULARITIES:
        raise unknown("granularity", granularity, GRANULARITIES)
    return GRANULARITIES[granularity](model, infos)
