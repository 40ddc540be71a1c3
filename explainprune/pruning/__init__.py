"""Importance to masks, to a pruned model, to a smaller one."""
