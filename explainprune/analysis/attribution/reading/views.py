"""The network that a method sees: flat rows, cut open at its embeddings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from explainprune.analysis.attribution.reading.batches import InBatches
from explainprune.network import Model, Network
from explainprune.types import OUTPUTS, Array


@dataclass(frozen=True)
class MethodInput:
    """What a method is given.

    Attributes
    ----------
    network : Network
        Over flat features; over the vectors of tokens where inputs feed an Embedding.
    players : ndarray of int (network.n_inputs,)
    enter : callable
        From the model's flat rows to the network's.
    """

    network: Network
    players: Array
    enter: Callable[[Array], Array]


def network_for(
    model: Model | Network,
    target: Any,
    output: str,
    like: Any,
    batch_size: int | None,
    task: str | None = None,
) -> Network:
    """Return `model` as a Network that outputs what is explained.

    With a `task`, an output of one unit for two classes is both: 0 is no, 1 is yes.

    Raises
    ------
    ValueError
        If a Network is asked for an `output`, or a function of raw tensors, that it can't give.
    TypeError
        If `model` is neither.
    """
    if not isinstance(model, Network):
        from explainprune.network import as_network  # imports TensorFlow

        kind = target if callable(target) else output
        network = as_network(model, output=kind, like=like, task=task)
    else:
        network = model
        own = getattr(network, "output_kind", "logit")
        if callable(target):
            raise ValueError(
                "A callable target reads a model's raw output tensors: pass the Keras model. "
                f"Received: {type(model).__name__}."
            )
        if output not in ("logit", own):
            raise ValueError(
                f"A Network explains what it outputs ({own!r} here). Received: output={output!r}; "
                f"pass the Keras model for one of {', '.join(OUTPUTS)}."
            )
    return network if batch_size is None else InBatches(network, batch_size)


def method_input(network: Network, players: Array) -> MethodInput:
    """Cut `network` open at its embeddings, if it has any: a token's vector is one player.

    Parameters
    ----------
    network : Network
    players : ndarray of int (network.n_inputs,)
    """
    embedded = network.embedding() if hasattr(network, "embedding") else None
    if embedded is None:
        return MethodInput(network, players, lambda x: x)
    inner = embedded
    if isinstance(network, InBatches):
        inner = InBatches(embedded, network.rows_per_call)
    return MethodInput(inner, players[embedded.owners], embedded.embed)
