"""Reasons for adverse decisions, against rows that just pass."""

from explainprune.analysis.reasons.changes import code_changes
from explainprune.analysis.reasons.verb import reason_codes

__all__ = ["code_changes", "reason_codes"]
