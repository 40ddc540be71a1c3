"""The only place that imports TensorFlow or Keras: a model seen as functions of arrays."""
