"""DeepLIFT's rescale rule over TensorFlow's own graph: nothing is patched, nothing registered."""

from explainprune.network.rescale.multipliers import Multipliers, multipliers_of

__all__ = ["Multipliers", "multipliers_of"]
