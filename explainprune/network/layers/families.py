"""What is Keras' own: by exact class and module, never by name alone.

A user's class may be called ``Dense`` or ``ConvBlock``, or be made from one of Keras' own, and do
anything: it is of no family. What is known of those that are Keras' own: `registry.kind_of`.
"""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import keras, tf


def own_name(operation: Any) -> str:
    """Return the class name of one of Keras' own layers or operations; "" for anybody else's.

    >>> own_name(keras.layers.Dense(2)), own_name(type("Dense", (keras.layers.Dense,), {})(2))
    ('Dense', '')
    """
    kind = type(operation)
    return kind.__name__ if kind.__module__.split(".")[0] == "keras" else ""


def own_function(function: Any) -> str:
    """Return the name of one of Keras' own activation functions, or its twin in TensorFlow.

    "" for any other function, whatever its name.

    >>> own_function(keras.activations.relu), own_function(lambda x: x)
    ('relu', '')
    """
    name = getattr(function, "__name__", "")
    homes = (keras.activations, keras.ops, tf.nn) if hasattr(keras.activations, name) else ()
    return name if any(getattr(home, name, None) is function for home in homes) else ""
