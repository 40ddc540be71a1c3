"""Functions of tensors that are traced once, and not again for another number of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.tracing.guard import forgotten_gradients


def traced(function: Callable[..., Any], *signature: Any) -> Any:
    """Trace a function of tensors once, and forget its gradients.

    What is traced can't be differentiated from outside.
    """
    with forgotten_gradients():
        compiled = tf.function(function, input_signature=signature, autograph=False)
        return compiled.get_concrete_function()


class Traced:
    """A function of (nested) tensors, traced once for each kind of arguments it is called with.

    Arguments are of one kind if they are nested alike, None in the same places, and alike in dtype
    and shape, the first axis apart. TensorFlow's own cache would trace again for another number of
    rows, and warns where many models are run once each.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._concrete: dict[Any, Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Call the function, tracing it first if its arguments are of a new kind."""
        leaves = tf.nest.flatten(args)
        tensors = [tf.convert_to_tensor(leaf) for leaf in leaves if leaf is not None]
        specs = [tf.TensorSpec((None, *t.shape[1:])[: len(t.shape)], t.dtype) for t in tensors]
        nesting = tf.nest.map_structure(lambda leaf: leaf is not None, args)
        key = (str(nesting), *specs)
        if key not in self._concrete:
            self._concrete[key] = self._trace(nesting, specs)
        return self._concrete[key](*tensors)

    def _trace(self, nesting: Any, specs: list[Any]) -> Any:
        def flat(*tensors: Any) -> Any:
            given = iter(tensors)
            filled = [next(given) if there else None for there in tf.nest.flatten(nesting)]
            return self._function(*tf.nest.pack_sequence_as(nesting, filled))

        return traced(flat, *specs)
