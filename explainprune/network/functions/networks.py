"""The network of a model: the same one for the same model, so that nothing is traced twice."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.functions.artefacts.artefact import Artefact
from explainprune.network.functions.artefacts.forward_network import ForwardNetwork
from explainprune.network.functions.keras_network import KerasNetwork, Output
from explainprune.network.functions.signature import signature_of
from explainprune.network.protocol import Model, Network
from explainprune.network.soundness import check_weights

_CACHE: OrderedDict[Any, KerasNetwork] = OrderedDict()
_CACHE_SIZE = 16


def as_network(
    model: Any, output: Output = "logit", *, like: Any = None, task: str | None = None
) -> Any:
    """Return the `Network` of a Keras model, the same one for the same model and output.

    Parameters
    ----------
    model : keras.Model, Artefact or Network
        A `Network` is returned as it is.
    output : {"logit", "centred", "probability"} or callable
    like : ndarray or dict, optional
        A few rows, for models that leave sizes open. Without them such a model's network is a new
        one on each call, and takes its sizes from the first rows that it packs.
    task : str, optional
        As a `KerasNetwork` takes it.

    Raises
    ------
    TypeError
        If `model` is none of these.
    """
    if isinstance(model, Artefact):
        return ForwardNetwork(model, output=output, like=like, task=task)
    if not isinstance(model, keras.Model):
        if isinstance(model, Network):
            return model
        hint = " Pass its predict_proba." if hasattr(model, "predict_proba") else ""
        raise TypeError(
            f"Expected a keras.Model, a model file, a function of rows or a Network.{hint} "
            f"Received: {model!r} of type {type(model).__name__}."
        )
    signature = signature_of(model, like)
    if not signature.known:
        check_weights(model)
        return KerasNetwork(model, output=output, task=task)
    key = (id(model), output, task, signature.parts, _state(model))
    if key not in _CACHE:
        check_weights(model)  # those that change later are asked where outputs are no numbers
        _CACHE[key] = KerasNetwork(model, output=output, like=like, task=task)
    _CACHE.move_to_end(key)
    while len(_CACHE) > _CACHE_SIZE:
        _CACHE.popitem(last=False)
    return _CACHE[key]


def _state(model: Model) -> tuple[Any, ...]:
    """Return what may change in a model after it was traced: its layers, their activations, loss.

    The ids are of objects that the model holds, and the cached network holds the model.
    """
    layers = [(id(layer), id(getattr(layer, "activation", None))) for layer in model.layers]
    return (*layers, id(getattr(model, "loss", None)))
