"""A model's weights drawn anew, by the initialisers of its own layers, or moved by noise."""

from __future__ import annotations

import random
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.copier import Copier
from explainprune.network.protocol import Model
from explainprune.network.variables import assign, clone, located_layers, own_variables, variables
from explainprune.types import Array


def randomised(model: Model, seed: int) -> Model:
    """Return a clone whose layers drew their weights anew from their own initialisers.

    What an initialiser sets to a constant (biases, normalisation statistics) is that constant;
    preprocessing layers keep what they were adapted to. The same seed gives the same weights, and
    another seed others, whatever seeds the initialisers hold.

    Raises
    ------
    ValueError
        If a layer makes its weights in a way that can't be repeated.
    """
    copy = clone(model)
    with seeded(seed):
        drawn = _drawn(model, seed)
    assign(copy, {path: values for layer in drawn for path, values in layer.items()})
    return copy


def with_noise(model: Model, seed: int) -> Callable[[float], Model]:
    """Return a function of a size that gives one clone the weights w + size · sd(w) · noise.

    Noise is normal, the same for every size; sd is that of the tensor's own entries. Trainable
    weights alone are moved, so that statistics stay what they can be. The clone is one and the
    same model, whatever its size: what was made of it reads the weights that it has now.
    """
    copy, rng = clone(model), np.random.default_rng([seed, *b"noise"])
    start = {path: v.numpy() for path, v in variables(copy).items() if v.trainable}
    moves = {path: rng.normal(0, w.std(), w.shape).astype(w.dtype) for path, w in start.items()}

    def sized(size: float) -> Model:
        assign(copy, {path: weights + size * moves[path] for path, weights in start.items()})
        return copy

    return sized


_GENERATOR = threading.RLock()
"""Python's own generator is one for all threads: who has seeded it holds this until it is back."""


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Python's own generator, of which Keras seeds initialisers, and give it back after."""
    with _GENERATOR:
        state = random.getstate()
        try:
            random.seed(seed)
            yield
        finally:
            random.setstate(state)


def redrawn_by_layer(model: Model, seed: int) -> list[tuple[str, dict[str, Array]]]:
    """Return new weights of each layer that has any, by variable path, from the output down.

    As `randomised` draws them; a layer is called by its path. Nothing is changed.

    Raises
    ------
    ValueError
        If a layer makes its weights in a way that can't be repeated.
    """
    with seeded(seed):
        drawn = _drawn(model, seed)
    return [(next(iter(each)).rpartition("/")[0], each) for each in reversed(drawn)]


def _drawn(model: Model, seed: int) -> list[dict[str, Array]]:
    """Return new weights of each layer, by path, those of layers that data adapt aside."""
    copier = Copier()
    scratch = copier(model)
    rng = random.Random(seed)
    for _, new in list(copier.made.values()):
        if isinstance(new, keras.initializers.Initializer) and hasattr(new, "seed"):
            new.seed = rng.randrange(2**31)
    untrained = _untrained(scratch)
    whole = [path for path, v in untrained.items() if "int" in v.dtype]
    if whole:
        raise ValueError(f"Weight {whole[0]!r} is quantised: no initialiser draws such weights.")
    paths = {id(variable): path for path, variable in untrained.items()}
    drawn = []
    for layer in _outermost(scratch):
        places = [paths[id(variable)] for variable in _untrained(layer).values()]
        drawn.append(dict(zip(places, _redrawn(layer), strict=True)))
    return [each for each in drawn if each]


def _outermost(model: Model) -> list[Any]:
    """Return the layers that no layer but models hold, and models with weights of their own."""
    if not isinstance(model, keras.Model) or own_variables(model):
        return [model]
    below = [layer for each in model.layers for layer in _outermost(each)]
    return list({id(layer): layer for layer in below}.values())


def _untrained(layer: Any) -> dict[str, Any]:
    """Return a layer's variables that its initialisers draw: not those that data decide."""
    adapted = {
        id(variable)
        for each in [layer, *(below for _, below in located_layers(layer))]
        if hasattr(each, "adapt")
        for variable in each.weights
    }
    return {path: v for path, v in variables(layer).items() if id(v) not in adapted}


def _redrawn(layer: Any) -> list[Array]:
    """Return new weights of a layer, in the order of its variables."""
    shapes = [tuple(variable.shape) for variable in _untrained(layer).values()]
    ways = (_made_again, _built_again)  # a user's own configuration may say less than the layer
    for make in ways if type(layer).__module__.startswith("keras.") else reversed(ways):
        try:
            found = [variable.numpy() for variable in _untrained(make(layer)).values()]
        except (TypeError, ValueError, NotImplementedError, AttributeError):
            continue
        if [values.shape for values in found] == shapes:
            return found
    raise ValueError(
        f"The weights of layer {layer.name!r} of type {type(layer).__name__} can't be drawn anew: "
        "it makes them neither when it is built nor from its configuration."
    )


def _built_again(layer: Any) -> Any:
    """Let a layer make its variables, and those of the layers within, a second time."""
    family = [layer, *(each for _, each in located_layers(layer))]
    family = [each for each in family if each.weights and not hasattr(each, "adapt")]
    shapes = {id(each): each._build_shapes_dict for each in family}
    for each in family:
        each._tracker.unlock()
        for name in ("trainable_variables", "non_trainable_variables"):
            each._tracker.stored_ids[name].clear()
            each._tracker.config[name][1].clear()
        each.built = False
    for each in family:
        if not each.built and shapes[id(each)] is not None:
            each.build(**shapes[id(each)])
    return layer


def _made_again(layer: Any) -> Any:
    """Make a layer from its configuration, seeds aside, for one that makes weights at once."""
    with warnings.catch_warnings():  # a lambda is not written to a file here
        warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`")
        made = type(layer).from_config(_without_seeds(layer.get_config()))
    if layer._build_shapes_dict is not None and not made.built:
        made.build(**layer._build_shapes_dict)
    return made


def _without_seeds(config: Any) -> Any:
    """Copy a config; its initialisers lose their own seeds, so that the process's seed rules."""
    if isinstance(config, list):
        return [_without_seeds(part) for part in config]
    if not isinstance(config, dict):
        return config
    if config.get("module") == "keras.initializers" and "seed" in (config.get("config") or {}):
        return {**config, "config": {**config["config"], "seed": None}}
    return {key: _without_seeds(part) for key, part in config.items()}
