"""DeepLIFT's rescale rule over TensorFlow's own graph: nothing is patched, nothing registered."""

from explainprune.network.walks.rescale.multipliers import Multipliers, multipliers_of
from explainprune.network.walks.rescale.rules import MAX_POOLS

__all__ = ["MAX_POOLS", "Multipliers", "multipliers_of"]
