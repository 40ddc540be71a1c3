"""What is handed back through a traced graph, operation by operation: nothing is patched."""

from explainprune.network.walks.relevance.handed_back import HandedBack, guided_of, relevance_of
from explainprune.network.walks.relevance.relevance import relevance_rules

__all__ = ["HandedBack", "guided_of", "relevance_of", "relevance_rules"]
