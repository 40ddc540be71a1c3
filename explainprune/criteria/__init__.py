"""Who matters: scores of weights and units."""
