"""Feature attributions: one method per file, formulas in plain numpy over a Network."""
