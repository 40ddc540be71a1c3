"""The network of a model: the same one for the same model, so that nothing is traced twice.

Networks lie in the ``__dict__`` of their model, past all that watches its attributes: what was
traced of a model goes when it goes, whoever made it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.copier import NETWORKS
from explainprune.network.functions.artefacts.artefact import Artefact
from explainprune.network.functions.artefacts.forward_network import ForwardNetwork
from explainprune.network.functions.keras_network import KerasNetwork, Output
from explainprune.network.functions.signature import signature_of
from explainprune.network.protocol import Model, Network
from explainprune.network.soundness import check_weights

_MOST = 8
"""Networks kept of one model: of its outputs, for sizes that it leaves open."""


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
    key = (output, task, signature.parts, _state(model))
    kept: OrderedDict[Any, KerasNetwork] = vars(model).setdefault(NETWORKS, OrderedDict())
    if key not in kept:
        check_weights(model)  # those that change later are asked where outputs are no numbers
        kept[key] = KerasNetwork(model, output=output, like=like, task=task)
    kept.move_to_end(key)
    while len(kept) > _MOST:
        kept.popitem(last=False)
    return kept[key]


def _state(model: Model) -> tuple[Any, ...]:
    """Return what may change in a model after it was traced: layers, activations, weights, loss.

    The ids are of objects that the model holds, which holds the network.
    """
    layers = [(id(layer), id(getattr(layer, "activation", None))) for layer in model.layers]
    weights = map(id, getattr(model, "weights", ()))  # quantize, enable_lora: others, in place
    return (*layers, *weights, id(getattr(model, "loss", None)))
