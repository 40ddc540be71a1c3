"""DeepLIFT's rescale rule for TensorFlow's operations: tables of functions."""
