"""A model's variables by stable path, and independent copies of a model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.backend import keras
from explainprune.network.copier import Copier
from explainprune.network.protocol import Model
from explainprune.types import Array

_COUNTED = re.compile(r"variable(_\d+)?")
"""Names that Keras makes up for variables."""


def check_layers(model: Any) -> None:
    """Raise for what has no layers to be read, such as a file that only runs forward.

    Raises
    ------
    TypeError
    """
    if not isinstance(model, keras.layers.Layer):
        raise TypeError(
            "Expected a keras.Model, whose layers can be read. "
            f"Received: {model!r} of type {type(model).__name__}."
        )


def located_layers(model: Model) -> Iterator[tuple[str, Any]]:
    """Yield every layer below `model` once, sublayers after their parent, each with its path.

    A layer of a Sequential or Functional model is called by its name, which travels with the
    model. Inside anything else names are counted up anew in each copy, so the attribute that
    holds the sublayer names it: ``"bidirectional/forward_layer/cell"``.

    Raises
    ------
    TypeError
        As `check_layers`.
    """
    check_layers(model)
    yield from _below(model, "", {id(model)})


def _below(parent: Any, prefix: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    for name, layer in _children(parent):
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        path = f"{prefix}{name}"
        yield path, layer
        yield from _below(layer, f"{path}/", seen)


def _children(parent: Any) -> list[tuple[str, Any]]:
    if isinstance(parent, keras.Model):
        children = parent.layers
    else:
        children = parent._flatten_layers(include_self=False, recursive=False)
    if isinstance(parent, keras.Sequential) or hasattr(parent, "_nodes"):
        return [(child.name, child) for child in children]
    names = _attribute_names(parent) if children else {}
    return [(names.get(id(child), child.name), child) for child in children]


def _attribute_names(parent: Any) -> dict[int, str]:
    """Map the id of each layer that `parent` holds in an attribute to that attribute's name."""
    names: dict[int, str] = {}
    held = {k: v for k, v in vars(parent).items() if not k.startswith("_self_") and k != "_layers"}
    for key, value in held.items():
        if isinstance(value, keras.Layer):
            names.setdefault(id(value), key.lstrip("_"))
    for key, value in held.items():
        parts: Any = ()
        if isinstance(value, (list, tuple)):
            parts = enumerate(value)
        elif isinstance(value, Mapping):
            parts = value.items()
        for part_key, part in parts:
            if isinstance(part, keras.Layer):
                names.setdefault(id(part), f"{key.lstrip('_')}_{part_key}")
    return names


def own_variables(layer: Any) -> list[Any]:
    """Return the variables of `layer` that none of its sublayers holds."""
    below = {id(v) for _, child in _children(layer) for v in child.weights}
    return [v for v in layer.weights if id(v) not in below]


def layer_variables(op: Any) -> dict[str, Any]:
    """Return a layer's weights by their name within the layer.

    Names are as short as they can be: ``"kernel"``, or ``"query_dense/kernel"`` where a layer is
    made of others.
    """
    found = list(getattr(op, "weights", ()))
    if len({v.name for v in found}) == len(found):
        return {v.name: v for v in found}
    named = {v.name: v for v in own_variables(op)}
    for path, layer in located_layers(op):
        named |= {f"{path}/{v.name}": v for v in own_variables(layer)}
    return named


def variables(model: Model) -> dict[str, Any]:
    """Return the model's weights by path: ``"block/conv/kernel"``.

    Paths join the names of the layers on the way with ``/``; a variable without a name of its own
    is called as its layer calls it, ``"scale/gamma"``. They are unique, and the same for a clone,
    for a model saved and loaded, and for a Sequential model built late. A variable that
    several layers share has one path: the first.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    dict of str to keras.Variable
        The model's own variables, not copies. Seeds and metrics are left out.

    Raises
    ------
    ValueError
        If the model was never built, so that it has no variables yet.
    """
    if not getattr(model, "built", True):
        raise ValueError(
            f"Model {model.name!r} is not built: call it on data, or give it an Input, first."
        )
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for path, layer in [("", model), *located_layers(model)]:
        names = _variable_names(layer)
        for variable in own_variables(layer):
            if id(variable) in seen:
                continue
            seen.add(id(variable))
            found[_unused(f"{path}/{names[id(variable)]}".lstrip("/"), found)] = variable
    return found


def _variable_names(layer: Any) -> dict[int, str]:
    """Name the variables of a layer, by id.

    Those that were given no name, which Keras then numbers through the whole process
    (``"variable_17"``), are called by the attribute that holds them, or else by their place.
    """
    held = {
        id(value): key.lstrip("_")
        for key, value in reversed(vars(layer).items())
        if isinstance(value, keras.Variable)
    }
    return {
        id(variable): variable.name
        if not _COUNTED.fullmatch(variable.name)
        else held.get(id(variable), f"variable_{place}")
        for place, variable in enumerate(own_variables(layer))
    }


def _unused(path: str, taken: Mapping[str, Any]) -> str:
    """Append a count to a path that is taken."""
    candidate, count = path, 1
    while candidate in taken:
        candidate, count = f"{path}_{count}", count + 1
    return candidate


def weights_of(model: Model) -> dict[str, Array]:
    """Return a copy of every weight of `model`, by path."""
    return {path: np.array(variable.numpy()) for path, variable in variables(model).items()}


def clone(model: Model) -> Model:
    """Return an independent copy: same weights, same compile state, same states of its seeds.

    The copy has the classes and functions of the original, registered or not: see `copier`. The
    optimizer keeps its configuration and starts without slots. Neither `model` nor the process's
    random numbers are touched.

    Raises
    ------
    ValueError
        If the optimizer can't be made from its own configuration.
    """
    copier, copy = _copied(model)
    for old, new in list(copier.made.values()):
        if isinstance(old, keras.Model) and getattr(old, "compiled", False):
            compile_like(new, old, copier)
    return copy


def uncompiled_clone(model: Model) -> Model:
    """Return an independent copy with the same weights and seed states, not compiled."""
    return _copied(model)[1]


def _copied(model: Model) -> tuple[Copier, Model]:
    copier = Copier()
    copy = copier(model)
    theirs = {id(variable) for variable in model.variables}
    if any(id(variable) in theirs for variable in copy.variables):
        raise ValueError(
            f"Model {model.name!r} of type {type(model).__name__} can't be copied: a copy would "
            "share variables with it."
        )
    return copier, copy


def assign(model: Model, values: Mapping[str, Any]) -> None:
    """Set some variables, and what preprocessing layers derive from theirs."""
    held = variables(model)
    for path, value in values.items():
        held[path].assign(value)
    for _, layer in located_layers(model):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def compile_like(copy: Model, model: Model, copier: Copier | None = None) -> None:
    """Compile `copy` as `model` is, with copies of its losses, metrics and optimizer."""
    copier = copier or Copier()
    given = {
        name: copier(value)
        for name, value in model._compile_config.config.items()
        if name != "optimizer"
    }
    for each in keras.tree.flatten([given.get("metrics"), given.get("weighted_metrics")]):
        if isinstance(each, keras.metrics.Metric):
            each.reset_state()  # Keras doesn't before the first batch
    # Not by an own compile(), which may take something else: what that sets is copied already.
    optimizer = None if model.optimizer is None else like_optimizer(model.optimizer)
    keras.Model.compile(copy, optimizer=optimizer, **given)
    if optimizer is not None:
        copy.optimizer.build(copy.trainable_variables)


def like_optimizer(optimizer: Any) -> Any:
    """Make an optimizer of the same configuration; a schedule is taken as the object it is."""
    twin, live = optimizer, {}
    rate = getattr(optimizer, "_learning_rate", None)
    if callable(rate) and not isinstance(rate, keras.Variable):
        twin, live = object.__new__(type(optimizer)), {"learning_rate": rate}
        twin.__dict__.update(optimizer.__dict__, _learning_rate=0.0)  # it may have no form
    try:
        return type(optimizer).from_config({**twin.get_config(), **live})
    except (TypeError, ValueError, NotImplementedError, AttributeError) as error:
        raise ValueError(
            f"The optimizer of type {type(optimizer).__name__} can't be copied from its own "
            f"configuration: {next(iter(str(error).strip().splitlines()), repr(error))}"
        ) from error


def seed_states(model: Model) -> list[Any]:
    """Return the states of the model's seed generators (dropout, noise), in a stable order."""
    weights = {id(weight) for weight in model.weights}
    return [v for v in model.variables if id(v) not in weights]


def with_weights(model: Model, weights: Mapping[str, Array]) -> Model:
    """Return a clone of `model` with the weights in `weights` replaced.

    Raises
    ------
    ValueError
        If a path is unknown, or an array's shape is not its variable's.
    """
    check_paths(model, weights, "weight")
    copy = clone(model)
    assign(copy, {path: np.asarray(values) for path, values in weights.items()})
    return copy


def check_paths(model: Model, arrays: Mapping[str, Array], what: str) -> None:
    """Raise unless every key of `arrays` is a variable's path and every shape is its shape."""
    known = variables(model)
    for path, values in arrays.items():
        if path not in known:
            raise unknown(f"variable path of a {what}", path, known)
        if np.shape(values) != tuple(known[path].shape):
            raise ValueError(
                f"The {what} of {path!r} needs shape {tuple(known[path].shape)}. "
                f"Received: shape={np.shape(values)}."
            )
