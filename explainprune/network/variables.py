"""A model's variables by stable path, and independent copies of a model."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.backend import keras
from explainprune.network.protocol import Model
from explainprune.types import Array


def located_layers(model: Model) -> Iterator[tuple[str, Any]]:
    """Yield every layer below `model` once, sublayers after their parent, each with its path.

    A layer of a Sequential or Functional model is called by its name, which travels with the
    model. Inside anything else names are counted up anew in each copy, so the attribute that
    holds the sublayer names it: ``"bidirectional/forward_layer/cell"``.
    """
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
    names = _attribute_names(parent)
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


def variables(model: Model) -> dict[str, Any]:
    """Return the model's weights by path: ``"block/conv/kernel"``.

    Paths join the names of the layers on the way with ``/``. They are unique, and the same for a
    clone, for a model saved and loaded, and for a Sequential model built late. A variable that
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
        for variable in own_variables(layer):
            if id(variable) in seen:
                continue
            seen.add(id(variable))
            found[_unused(f"{path}/{variable.name}".lstrip("/"), found)] = variable
    return found


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

    The optimizer keeps its configuration and starts without slots. Neither `model` nor the
    process's random numbers are touched: the copy is the same however often it is made.

    Raises
    ------
    ValueError
        If the model cannot be described by its config (some subclassed models).
    """
    copy = uncompiled_clone(model)
    if getattr(model, "compiled", False):
        _compile_like(copy, model)
    return copy


def uncompiled_clone(model: Model) -> Model:
    """Return an independent copy with the same weights and seed states, not compiled."""
    copy = _rebuilt(model)
    _assign(copy, variables(model))
    for mine, original in zip(seed_states(copy), seed_states(model), strict=True):
        mine.assign(original)
    return copy


def _assign(model: Model, values: Mapping[str, Any]) -> None:
    """Set some variables, and what preprocessing layers derive from theirs."""
    held = variables(model)
    for path, value in values.items():
        held[path].assign(value)
    for _, layer in located_layers(model):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _rebuilt(model: Model, seed: int = 0) -> Model:
    """Make the model anew from its config, with the weights that its initialisers draw.

    Custom classes are taken from the model itself, so nothing needs to be registered. Keras seeds
    its initialisers from Python's own generator: it is seeded here and given back as it was.
    """
    kinds = {type(layer) for _, layer in [("", model), *located_layers(model)]}
    custom = {kind.__name__: kind for kind in kinds if not kind.__module__.startswith("keras.")}
    state = random.getstate()
    try:
        config = _quietly(keras.saving.serialize_keras_object, model)
        config.pop("compile_config", None)
        random.seed(seed)
        copy = keras.saving.deserialize_keras_object(
            _without_seeds(config), custom_objects=custom, safe_mode=False
        )
        _name_alike(copy, model)
        same = variables(copy).keys() == variables(model).keys()
    except (TypeError, ValueError, NotImplementedError, AttributeError) as error:
        reason = next(iter(str(error).strip().splitlines()), repr(error))
        raise ValueError(
            f"Model {model.name!r} of type {type(model).__name__} cannot be copied from its "
            f"config: {reason}"
        ) from error
    finally:
        random.setstate(state)
    if not same:
        raise ValueError(f"A copy of model {model.name!r} from its config has other variables.")
    return copy


def _quietly(function: Callable[..., Any], *args: Any) -> Any:
    """Call without Keras' warning that a lambda is unsafe to save: nothing is saved here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`")
        return function(*args)


def _name_alike(copy: Model, model: Model) -> None:
    """Give the layers of `copy` the names in `model`: some custom layers' configs omit theirs."""
    copy.name = model.name
    ours, originals = list(located_layers(copy)), list(located_layers(model))
    if len(ours) != len(originals):
        raise ValueError("a layer is used at two levels of nested models, which a config loses.")
    if {path for path, _ in ours} == {path for path, _ in originals}:
        return
    for (_, layer), (_, original) in zip(ours, originals, strict=True):
        layer.name = original.name


def _without_seeds(config: Any) -> Any:
    """Copy a config; its initialisers lose their own seeds, so that the process's seed rules."""
    if isinstance(config, list):
        return [_without_seeds(part) for part in config]
    if not isinstance(config, dict):
        return config
    if config.get("module") == "keras.initializers" and "seed" in (config.get("config") or {}):
        return {**config, "config": {**config["config"], "seed": None}}
    return {key: _without_seeds(part) for key, part in config.items()}


def _compile_like(copy: Model, model: Model) -> None:
    """Compile `copy` as `model` is; losses and metrics that have no config are shared."""
    try:
        copy.compile_from_config(_quietly(model.get_compile_config))
    except (TypeError, ValueError, NotImplementedError, AttributeError):
        given = dict(model._compile_config.config)
        given["optimizer"] = type(model.optimizer).from_config(model.optimizer.get_config())
        copy.compile(**given)
        copy.optimizer.build(copy.trainable_variables)


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
    _assign(copy, {path: np.asarray(values) for path, values in weights.items()})
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


def randomised(model: Model, seed: int) -> Model:
    """Return a clone whose layers drew their weights anew from their own initialisers.

    What an initialiser sets to a constant (biases, normalisation statistics) is that constant;
    preprocessing layers keep what they were adapted to. The same seed gives the same weights, and
    another seed others, whatever seeds the initialisers hold.
    """
    copy = _rebuilt(model, seed)
    _assign(copy, _adapted(model))
    if getattr(model, "compiled", False):
        _compile_like(copy, model)
    return copy


def _adapted(model: Model) -> dict[str, Any]:
    """Return the variables of preprocessing layers, which are adapted to data, not trained."""
    held = {
        id(weight)
        for _, layer in located_layers(model)
        if hasattr(layer, "adapt")
        for weight in layer.weights
    }
    return {path: v for path, v in variables(model).items() if id(v) in held}
