"""Agreement of two attributions, quality of one, behaviour of two networks."""
