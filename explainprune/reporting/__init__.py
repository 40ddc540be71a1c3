"""Results to HTML, CSV and figures; needs no TensorFlow."""
