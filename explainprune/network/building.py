"""Small untrained models for studies and examples."""

from __future__ import annotations

from collections.abc import Sequence

from explainprune.network.backend import keras
from explainprune.network.protocol import Model


def perceptron(
    n_inputs: int,
    n_outputs: int,
    *,
    hidden: Sequence[int] = (64, 64),
    activation: str = "relu",
    dropout: Sequence[float] = (0.0,),
    l1: float = 0.0,
    seed: int = 0,
    name: str = "perceptron",
) -> Model:
    """Return an untrained multilayer perceptron that ends in logits (or plain numbers).

    Parameters
    ----------
    n_inputs, n_outputs : int
        Features and outputs; outputs have no activation.
    hidden : sequence of int
        Units of each hidden layer.
    activation : str
        Of the hidden layers.
    dropout : sequence of float
        Rate after each hidden layer, in [0, 1); one rate serves all.
    l1 : float
        L1 penalty on every kernel.
    seed : int
        Of the initial weights and of dropout.

    Raises
    ------
    ValueError
        If there are neither one nor as many rates as hidden layers.
    """
    rates = list(dropout) * len(hidden) if len(dropout) == 1 else list(dropout)
    if len(rates) != len(hidden):
        raise ValueError(
            f"dropout needs one rate, or one for each of the {len(hidden)} hidden layers. "
            f"Received: {list(dropout)}."
        )
    layers = [keras.Input((n_inputs,), name="inputs")]
    for position, (units, rate) in enumerate(zip(hidden, rates, strict=True)):
        layers.append(_dense(units, activation, l1, seed + position, f"hidden_{position + 1}"))
        if rate:
            layers.append(
                keras.layers.Dropout(rate, seed=seed + position, name=f"dropout_{position + 1}")
            )
    layers.append(_dense(n_outputs, None, l1, seed + len(hidden), "outputs"))
    return keras.Sequential(layers, name=name)


def _dense(units: int, activation: str | None, l1: float, seed: int, name: str) -> Model:
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        kernel_regularizer=keras.regularizers.L1(l1) if l1 else None,
        name=name,
    )
