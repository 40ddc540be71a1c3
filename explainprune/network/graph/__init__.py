"""One reading of a Keras graph: its calls, shapes and weights; run whole or in part."""
