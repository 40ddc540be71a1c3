"""A way of pruning, over arms, seeds and levels."""
