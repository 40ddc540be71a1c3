"""What a rebuilt model keeps of the one that it stands for, beside its layers and their graph."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import keras
from explainprune.network.copier import COMPILED, DROPPED, Copier
from explainprune.network.protocol import Model
from explainprune.network.variables import like_optimizer


def keep_class(new: Model, old: Model, copier: Copier) -> None:
    """Turn `new`, a plain model, into one of the class of `old`, with what `old` was given.

    Its own ``train_step``, ``compute_loss`` and the like are then those of `old`. Attributes that
    hold layers hold their counterparts, which `copier` knows of; optimizers begin anew, since they
    may have slots for weights that are gone.

    Raises
    ------
    ValueError
        If the class doesn't let itself be taken on.
    """
    if type(new) is type(old):
        return
    copier.made[id(old)] = (old, new)
    own = {
        name: value
        for name, value in vars(old).items()
        if name not in vars(new) and name not in (*DROPPED, *COMPILED)
    }
    try:
        new.__class__ = type(old)
    except TypeError as error:
        raise ValueError(
            f"Model {old.name!r} can't be rebuilt as a {type(old).__name__}: {error}."
        ) from error
    new._tracker.unlock()
    for name, value in own.items():
        optimizer = isinstance(value, keras.optimizers.Optimizer)
        setattr(new, name, like_optimizer(value) if optimizer else copier(value))
    new._tracker.lock()


def holds_more_than_its_config(op: Any) -> bool:
    """Whether a layer without weights is the user's own, or one around a function of the user's."""
    if not isinstance(op, keras.Layer) or op.weights:
        return False
    return type(op) is keras.layers.Lambda or not type(op).__module__.startswith("keras.")


def without_state(layer: Any) -> Any:
    """Copy a layer that has no weights, with the user's own functions; it isn't built yet.

    Raises
    ------
    ValueError
        If its functions hold another layer's weights: what becomes of these, it wouldn't notice.
    """
    copier = Copier()
    copy = copier(layer)
    for old, _ in copier.made.values():
        if isinstance(old, keras.Layer) and old.weights:
            raise ValueError(
                f"Layer {layer.name!r} reads the weights of {old.name!r} past the graph, so the "
                "model can't be rebuilt."
            )
    copy.built = False
    return copy
