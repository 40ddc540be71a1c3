"""Importance to masks, to a pruned model, to a smaller one."""

# Imported here and now: a verb has the name of its file, and must win over it.
from explainprune.pruning.lottery import Ticket, lottery_ticket
from explainprune.pruning.prune import Pruned, prune
from explainprune.pruning.sensitivity import sensitivity
from explainprune.pruning.shrink import Shrunk, shrink

__all__ = ["Pruned", "Shrunk", "Ticket", "lottery_ticket", "prune", "sensitivity", "shrink"]
