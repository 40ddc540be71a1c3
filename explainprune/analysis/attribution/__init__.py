"""Feature attributions: one method per file, formulas in plain numpy over a Network.

What methods share lies in folders: `reading` (what a caller gives), `games` (Shapley values without
sampling), `sampling` (draws and their errors), `images`, and `streamed` (rows a part at a time).
"""

from explainprune.analysis.attribution.attribute import attribute
from explainprune.analysis.attribution.change import attribute_change
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.attribution.streaming import attribute_to

__all__ = ["METHODS", "Explained", "attribute", "attribute_change", "attribute_to", "exact_cost"]
