"""Feature attributions: one method per file, formulas in plain numpy over a Network.

What methods share lies in folders: `reading` (what a caller gives), `games` (Shapley values without
sampling), `sampling` (draws and their errors), and `in_parts` (rows a part at a time, into a file).
"""

from explainprune.analysis.attribution.attribute import attribute
from explainprune.analysis.attribution.change import attribute_change
from explainprune.analysis.attribution.exact_cost import exact_cost
from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.in_parts.attribute_to import attribute_to
from explainprune.analysis.attribution.methods import METHODS

__all__ = ["METHODS", "Explained", "attribute", "attribute_change", "attribute_to", "exact_cost"]
