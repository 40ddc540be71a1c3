"""A Keras network unrolled into scalar elements, in float64: what exact values are made from."""
