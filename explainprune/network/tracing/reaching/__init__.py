"""Which inputs an output hangs on, and which of them a way back through the graph reaches."""

from explainprune.network.tracing.reaching.reach import Reach, reach_of
from explainprune.network.tracing.reaching.stops import NOWHERE, Stops, of_gradients, of_walk

__all__ = ["NOWHERE", "Reach", "Stops", "of_gradients", "of_walk", "reach_of"]
