"""A model as functions of flat rows: outputs, gradients, activations, numpy in and out."""
