"""Carry out a plan: a new Keras model with smaller layers of the same names."""

from __future__ import annotations

import copy
import tempfile
import warnings
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.copier import Copier
from explainprune.network.graph.nodes import functional_class, nodes_between
from explainprune.network.layers.passing import Change
from explainprune.network.protocol import Model
from explainprune.network.redrawing import seeded
from explainprune.network.shrinking.likeness import (
    holds_more_than_its_config,
    keep_class,
    without_state,
)
from explainprune.network.shrinking.plan import Plan
from explainprune.network.variables import layer_variables, seed_states, uncompiled_clone


def rebuild(model: Model, plan: Plan) -> tuple[Model, bool]:
    """Return the smaller, uncompiled model, and whether constants were folded into biases.

    Parameters
    ----------
    model : keras.Model
        The model whose graph `plan` was made of; it is left untouched.
    plan : Plan
    """
    rebuilder = _Rebuilder(plan)
    with seeded(0):  # not from the caller's random numbers
        smaller = rebuilder.model(model)
        rebuilder.fill()
        for mine, state in zip(seed_states(smaller), seed_states(model), strict=False):
            mine.assign(state)
    smaller.trainable = model.trainable
    rebuilder.restore_trainable()
    return smaller, any(change.folds for change in rebuilder.changes.values())


class _Rebuilder:
    """Makes each layer once, and remembers which new one stands for which old one."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.copier = plan, Copier()
        self.made: dict[int, tuple[Any, Any]] = {}
        self.changes: dict[int, Change] = {
            id(placed.call.operation): kind.change(placed, cut)
            for placed, kind, cut in zip(plan.placed, plan.kinds, plan.cuts, strict=True)
        }

    def model(self, model: Model) -> Model:
        """Make the counterpart of a model whose layers are in the graph, of the same class."""
        new = self._plain(model)
        self.copier.made.update(self.made)
        keep_class(new, model, self.copier)
        return new

    def _plain(self, model: Model) -> Model:
        if isinstance(model, keras.Sequential):
            inputs = [self._input(tensor) for tensor in model.inputs]
            return keras.Sequential([*inputs, *map(self.layer, model.layers)], name=model.name)
        tensors = {id(tensor): self._input(tensor) for tensor in model.inputs}

        def new(tensor: Any) -> Any:
            return tensors[id(tensor)]

        inputs = keras.tree.map_structure(new, model._inputs_struct)
        for node in nodes_between(model.outputs, set(tensors)):
            args, kwargs = node.arguments.fill_in(tensors)
            results = keras.tree.flatten(self.layer(node.operation)(*args, **kwargs))
            tensors.update({id(t): r for t, r in zip(node.outputs, results, strict=True)})
        outputs = keras.tree.map_structure(new, model._outputs_struct)
        return functional_class()(inputs, outputs, name=model.name)

    def _input(self, tensor: Any) -> Any:
        number = self.plan.graph.number[id(tensor)]
        shape = list(tensor.shape)
        if self.plan.axes[number] > 0:
            shape[self.plan.axes[number]] = len(self.plan.keep[number])
        layer = tensor._keras_history.operation
        return keras.Input(
            batch_shape=shape,
            dtype=tensor.dtype,
            sparse=getattr(layer, "sparse", None) or None,
            name=layer.name,
            optional=getattr(layer, "optional", False),
        )

    def layer(self, op: Any) -> Any:
        """Make the counterpart of a layer, once."""
        if id(op) not in self.made:
            if id(op) in self.plan.graph.nested:
                new = self.model(op)
            else:
                new = _made_like(op, self.changes.get(id(op), Change()).config)
            self.made[id(op)] = (op, new)
        return self.made[id(op)][1]

    def fill(self) -> None:
        """Give all new layers their weights, and what else they hold."""
        weights = {id(placed.call.operation): placed.call.weights for placed in self.plan.placed}
        for op, new in self.made.values():
            if id(op) not in weights or not isinstance(op, keras.Layer):
                continue
            old, ours = weights[id(op)], layer_variables(new)
            changed = self.changes[id(op)].weights
            if ours.keys() == old.keys() | changed.keys():
                for name, variable in ours.items():
                    variable.assign(changed[name] if name in changed else old[name])
            else:  # names that Keras made up differ from copy to copy
                for variable, (name, values) in zip(ours.values(), old.items(), strict=True):
                    variable.assign(changed.get(name, values))
            _copy_state(op, new)

    def restore_trainable(self) -> None:
        """Freeze what was frozen: a nested model first, since it hands the flag to its layers."""
        for op, new in reversed(self.made.values()):
            if isinstance(op, keras.Layer) and new.trainable != op.trainable:
                new.trainable = op.trainable


def _copy_state(op: Any, new: Any) -> None:
    """Copy what layers hold beside weights: adapted statistics, vocabularies."""
    if hasattr(new, "finalize_state") and op.weights:
        new.finalize_state()  # Normalization computes with copies of its weights
    if hasattr(op, "load_assets") and not isinstance(op, keras.Model):
        with tempfile.TemporaryDirectory() as folder:
            op.save_assets(folder)
            new.load_assets(folder)


def _made_like(op: Any, config: dict[str, Any]) -> Any:
    """Make a layer or operation from a configuration with some entries replaced."""
    if isinstance(op, keras.Model):
        return uncompiled_clone(op)
    if not config and holds_more_than_its_config(op):
        return without_state(op)
    try:
        new = type(op).from_config({**_config(op), **config})
        if new.name != op.name:  # some custom layers leave it out of their config
            new.name = op.name
        return new
    except (TypeError, ValueError, NotImplementedError) as error:
        if not isinstance(op, keras.Layer):
            twin = copy.copy(op)
            twin._inbound_nodes, twin._outbound_nodes = [], []
            return twin
        raise ValueError(
            f"Layer {op.name!r} ({type(op).__name__}) cannot be copied from its config, so the "
            f"model cannot be rebuilt: {error}"
        ) from error


def _config(op: Any) -> dict[str, Any]:
    """Return a layer's configuration; its activation is the function itself, not its name."""
    with warnings.catch_warnings():  # a lambda is not written to a file here
        warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`")
        config: dict[str, Any] = op.get_config()
    if callable(getattr(op, "activation", None)) and "activation" in config:
        config["activation"] = op.activation
    return config
