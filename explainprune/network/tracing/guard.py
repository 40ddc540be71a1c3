"""Keep TensorFlow's gradients as they are, whatever the code inside does to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import FrameSummary
from typing import Any

import explainprune.network.backend  # noqa: F401  # quiets TensorFlow before it is imported

Entry = dict[str, Any]


@contextmanager
def untouched_gradients() -> Iterator[None]:
    """Restore TensorFlow's gradient registry and gradient hooks on leaving, however that happens.

    Some packages (``shap.DeepExplainer`` among them) replace the gradients of TensorFlow's
    operations for the whole process while they work, and don't put all of them back when they
    fail. Later gradients of unrelated models are then wrong, or die with a ``LookupError``.

    What was registered by TensorFlow itself in the meantime stays: gradients of functions that
    were traced inside may still be needed.

    Examples
    --------
    >>> from tensorflow.python.framework import ops
    >>> with untouched_gradients():
    ...     del ops._gradient_registry._registry["Relu"]
    >>> "Relu" in ops._gradient_registry._registry
    True
    """
    registry = _registry()
    before = {name: dict(entry) for name, entry in registry.items()}
    hooks = [(module, name, getattr(module, name)) for module, name in _hooks()]
    try:
        yield
    finally:
        for module, name, hook in hooks:
            setattr(module, name, hook)
        _restore(registry, before)


@contextmanager
def forgotten_gradients() -> Iterator[None]:
    """Forget the gradients of traced custom functions on leaving.

    A function with a gradient of its own (softmax cross-entropy, swish and others have one) is
    registered anew each time it is traced, by a name that holds a number, and TensorFlow keeps the
    entry for good: with the graph, the variables it captured, and so all the weights and slots of
    every model that was ever trained. Where nothing more is derived of a graph once it is traced,
    nobody needs the entry.

    Examples
    --------
    >>> with forgotten_gradients():
    ...     _registry()["CustomGradient-ours"] = {}
    >>> "CustomGradient-ours" in _registry()
    False
    """
    registry = _registry()
    before = set(registry)
    try:
        yield
    finally:
        for name in set(registry) - before:
            if name.startswith("CustomGradient-"):
                del registry[name]


def _registry() -> dict[str, Entry]:
    from tensorflow.python.framework import ops

    registry: dict[str, Entry] = ops._gradient_registry._registry
    return registry


def _hooks() -> list[tuple[Any, str]]:
    """List the module attributes through which TensorFlow records gradients."""
    from tensorflow.python.eager import execute

    return [(execute, "record_gradient"), (execute, "must_record_gradient")]


def _restore(registry: dict[str, Entry], before: dict[str, Entry]) -> None:
    """Put every entry back; of the new ones keep those that TensorFlow registered."""
    places = {id(entry.get("location")) for entry in before.values()}
    for name in set(registry) - set(before):
        # A registration notes the code that made it: an entry without such a place, or with the
        # place of another entry, was slipped in.
        place = registry[name].get("location")
        if not isinstance(place, FrameSummary) or id(place) in places:
            del registry[name]
    for name, entry in before.items():
        # The entry itself is changed by those who patch: fill it again, in place.
        registry.setdefault(name, {}).clear()
        registry[name].update(entry)
