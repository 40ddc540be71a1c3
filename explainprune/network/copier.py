"""Independent copies of Keras objects: their own variables, the user's own functions and classes.

A copy by way of a configuration loses what a configuration doesn't hold: a Lambda's globals, a
closure, an argument of a layer that isn't text or a number, a name that Keras counts up anew.
Here objects are copied as Python has them. What holds state of its own (layers, variables, metrics,
the graph between layers, and whatever holds one of these) is made anew; all else is shared.
"""

from __future__ import annotations

import copy
import functools
import types
from collections import defaultdict, deque
from enum import Enum
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf

COMPILED = {
    **dict.fromkeys(("train_function", "test_function", "predict_function")),
    **dict.fromkeys(("loss", "_compile_loss", "_compile_metrics", "_loss_tracker")),
    "compiled": False,
}
"""What a model's compilation leaves in it, and what stands there before."""
CALLS = ("_inbound_nodes", "_outbound_nodes")
NETWORKS = "_explainprune_networks"
"""Under which a model keeps what was traced of it, as long as it lives."""
DROPPED = ("optimizer", "_compile_config", "_compiled_trainable_state", NETWORKS)
_CONTAINERS = (list, dict, set, deque)
_PLAIN = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    type(None),
    type,
    types.ModuleType,
    Enum,
    tf.Tensor,
)


class Copier:
    """Copies values; what was copied once is the same object wherever it is met again.

    Models are copied uncompiled, and so are models within. Of the calls that a layer remembers,
    only those of graphs that are copied are: a layer that two models share drags neither along.
    """

    def __init__(self) -> None:
        self.made: dict[int, tuple[Any, Any]] = {}
        self._waiting: list[tuple[Any, Any]] = []
        self._sharing: dict[int, tuple[Any, bool]] = {}

    def __call__(self, value: Any) -> Any:
        """Return the copy of `value`."""
        found = self._of(value)
        filled = []
        while self._waiting:  # not by recursion: graphs are deep
            old, new = self._waiting.pop()
            self._fill(old, new)
            filled.append((old, new))
        for step in (self._connect, self._place, self._rekey):
            for old, new in filled:
                step(old, new)
        return found

    def _of(self, value: Any) -> Any:
        if isinstance(value, _PLAIN):
            return value
        if id(value) in self.made:
            return self.made[id(value)][1]
        if type(value).__module__.startswith("tensorflow") and isinstance(
            value, (list, dict, tuple)
        ):
            plain = next(kind for kind in (list, dict, tuple) if isinstance(value, kind))
            return self._keep(value, self._of(plain(value)))  # TensorFlow's own wrappers
        if isinstance(value, tuple):
            parts = [self._of(part) for part in value]
            return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
        if isinstance(value, np.ndarray):
            return self._keep(value, value.copy())
        if isinstance(value, tf.Variable):
            return self._keep(value, copy.deepcopy(value))
        if isinstance(value, _CONTAINERS):
            return self._container(value)
        return self._object(value) if self._has_state(value) else value

    def _keep(self, value: Any, new: Any) -> Any:
        self.made[id(value)] = (value, new)
        return new

    def _container(self, value: Any) -> Any:
        """Copy a collection; the methods of the plain class fill it, which track nothing."""
        kind: Any = type(value)
        new = self._keep(value, kind.__new__(kind))
        if isinstance(value, defaultdict):
            new.default_factory = value.default_factory
        if isinstance(value, dict):
            dict.update(new, {self._of(key): self._of(part) for key, part in value.items()})
        elif isinstance(value, set):
            set.update(new, {self._of(part) for part in value})
        else:
            plain = list if isinstance(value, list) else deque
            plain.extend(new, [self._of(part) for part in value])
        for name, held in getattr(value, "__dict__", {}).items():
            new.__dict__[name] = self._of(held)
        return new

    def _object(self, value: Any) -> Any:
        """Begin the copy of an object that has state."""
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.MethodType):
            return types.MethodType(value.__func__, self._of(value.__self__))
        if isinstance(value, functools.partial):
            args, kwargs = self._of(value.args), self._of(value.keywords)
            return self._keep(value, functools.partial(self._of(value.func), *args, **kwargs))
        if _is_traced(value):
            python = self._of(value.python_function)
            return self._keep(value, tf.function(python, input_signature=value.input_signature))
        new = self._keep(value, object.__new__(type(value)))
        self._waiting.append((value, new))
        return new

    def _function(self, value: types.FunctionType) -> Any:
        """Copy a function whose closure holds state: its cells hold the copies."""
        cells = tuple(types.CellType() for _ in value.__closure__ or ())
        new = types.FunctionType(
            value.__code__, value.__globals__, value.__name__, value.__defaults__, cells
        )
        self._keep(value, new)
        for cell, old in zip(cells, value.__closure__ or (), strict=True):
            if _content(old) is not _EMPTY:
                cell.cell_contents = self._of(old.cell_contents)
        new.__kwdefaults__, new.__qualname__ = value.__kwdefaults__, value.__qualname__
        new.__doc__, new.__module__ = value.__doc__, value.__module__
        new.__dict__.update({name: self._of(held) for name, held in value.__dict__.items()})
        return new

    def _fill(self, old: Any, new: Any) -> None:
        """Give a copy the attributes of the original."""
        state = dict(_attributes(old))
        if isinstance(old, keras.Model):
            state = {k: v for k, v in state.items() if k not in DROPPED}
            state |= {name: value for name, value in COMPILED.items() if name in state}
        state = {k: v for k, v in state.items() if k not in CALLS}
        own = getattr(new, "__dict__", {})
        for name, value in state.items():
            if name in getattr(old, "__dict__", {}):
                own[name] = self._of(value)  # past all that watches attributes being set
            else:
                object.__setattr__(new, name, self._of(value))

    def _connect(self, old: Any, new: Any) -> None:
        """Let an operation remember those of its calls that were copied."""
        for name in CALLS:
            if name in getattr(old, "__dict__", {}):
                calls = [id(node) for node in getattr(old, name)]
                new.__dict__[name] = [self.made[node][1] for node in calls if node in self.made]

    def _place(self, old: Any, new: Any) -> None:
        """Say which of the calls that were copied a tensor comes from."""
        history = getattr(old, "__dict__", {}).get("_keras_history")
        if history is None or history.operation is None:
            return
        calls = history.operation._inbound_nodes
        node = id(calls[history.node_index]) if history.node_index < len(calls) else None
        if node in self.made:
            kept = [id(each) for each in calls if id(each) in self.made]
            new._keras_history = new._keras_history._replace(node_index=kept.index(node))

    def _rekey(self, old: Any, new: Any) -> None:
        """Replace what Keras keys by the identity of objects."""
        if isinstance(getattr(new, "stored_ids", None), dict):
            for name, ids in new.stored_ids.items():
                new.stored_ids[name] = {self._id(each) for each in ids}
        if isinstance(getattr(new, "_trainable_variables_indices", None), dict):
            places = enumerate(new._trainable_variables)
            new._trainable_variables_indices = {new._var_key(each): i for i, each in places}
        if hasattr(old, "_nodes_by_depth"):
            # A graph that a Sequential model had before a layer was added lost its calls.
            new._nodes = {
                f"{id(node.operation)}_ib-{node.operation._inbound_nodes.index(node)}"
                for nodes in new._nodes_by_depth.values()
                for node in nodes
                if any(each is node for each in node.operation._inbound_nodes)
            }

    def _id(self, key: Any) -> Any:
        return id(self.made[key][1]) if key in self.made else key

    def _has_state(self, value: Any) -> bool:
        """Whether `value` is, or leads to, something that Keras or TensorFlow keeps state in."""
        if id(value) not in self._sharing:
            self._sharing[id(value)] = (value, _leads_to_state(value))
        return self._sharing[id(value)][1]


_EMPTY = object()


def _content(cell: Any) -> Any:
    """Return what a cell of a closure holds; it may be empty still."""
    try:
        return cell.cell_contents
    except ValueError:
        return _EMPTY


def _attributes(value: Any) -> dict[str, Any]:
    """Return an object's attributes, slots included."""
    named = [kind.__dict__.get("__slots__", ()) for kind in type(value).__mro__]
    slots = [name for names in named for name in ((names,) if isinstance(names, str) else names)]
    held = {n: getattr(value, n) for n in slots if not n.startswith("__") and hasattr(value, n)}
    return held | getattr(value, "__dict__", {})


def _is_kerass(value: Any) -> bool:
    """Whether an object's class, or one that it extends, comes with Keras."""
    return any(kind.__module__.split(".")[0] == "keras" for kind in type(value).__mro__)


def _is_traced(value: Any) -> bool:
    """Whether `value` is a ``tf.function``."""
    return hasattr(value, "python_function") and hasattr(value, "input_signature")


def _leads_to_state(value: Any) -> bool:
    """Search what a value holds for something of Keras, or a TensorFlow variable."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, _PLAIN) or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, tf.Variable) or _is_kerass(each):
            return True
        waiting += _parts(each)
    return False


def _parts(value: Any) -> list[Any]:
    """Return what a value holds directly."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, (list, tuple, set, deque)):
        return list(value)
    if isinstance(value, types.FunctionType):
        return [_content(cell) for cell in value.__closure__ or ()]
    if isinstance(value, types.MethodType):
        return [value.__self__]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if _is_traced(value):
        return [value.python_function]
    if type(value).__module__.split(".")[0] in ("tensorflow", "numpy", "builtins"):
        return []
    return list(getattr(value, "__dict__", {}).values())
