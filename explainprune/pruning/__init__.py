"""Importance to masks, to a pruned model, to a smaller one."""

# Imported here and now: a verb has the name of its file, and must win over it.
from explainprune.pruning.export import export
from explainprune.pruning.lottery import Ticket, lottery_ticket
from explainprune.pruning.prune import prune
from explainprune.pruning.pruned import Pruned
from explainprune.pruning.recipes import fit_recipe
from explainprune.pruning.sensitivity import sensitivity
from explainprune.pruning.shrink import Shrunk, shrink

__all__ = [
    "Pruned",
    "Shrunk",
    "Ticket",
    "export",
    "fit_recipe",
    "lottery_ticket",
    "prune",
    "sensitivity",
    "shrink",
]
