"""What methods and metrics need of models and data, checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

import numpy as np

from explainprune.analysis.attribution.automatic import AUTO, exact_is_cheaper, unlimited
from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.attribution.price import check_forward
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.attribution.reading.players import check_players
from explainprune.analysis.attribution.reading.views import method_input, network_for
from explainprune.analysis.comparison.playing import with_players
from explainprune.analysis.comparison.settings import Settings
from explainprune.data import load_data
from explainprune.lookup import name_of
from explainprune.network import Network
from explainprune.types import Array, Data
from explainprune.types.arrays import rows as take


def methods_for(
    asked: Sequence[Any] | None, models: Sequence[Any], data: Any, players: Any = None
) -> Sequence[Any]:
    """Return the methods asked for; else the usual one that all models can be explained by.

    ``"auto"`` stands for exact values where they are cheap for every model and for copies of them
    with random weights, and for the usual method else: all are explained by one.

    Raises
    ------
    ValueError
        If one goes by gradients, which a model that only runs forward hasn't.
    """
    forward = any(getattr(model, "forward_only", False) for model in models)
    usual = "permutation" if forward else "expected_gradients"
    if asked is None:
        return (usual,)
    if isinstance(asked, str):
        return asked  # refused where settings are settled
    if AUTO in asked:
        if not models:
            raise ValueError("'auto' hangs on the models: state them, or name a method.")
        rows = load_data(data, model=models[0])
        rows = rows if players is None else with_players(rows, players, ())[0]
        cheap = all(_exact_is_cheap(model, rows) for model in models)
        asked = [(unlimited if cheap else usual) if m == AUTO else m for m in asked]
    for method in asked:
        function: Any = METHODS.get(method, method) if isinstance(method, str) else method
        for model in models:
            check_forward(function, name_of(method), model)
    return asked


def _exact_is_cheap(model: Any, data: Data) -> bool:
    """Price a model with all of its weights alive, as copies with random weights have them."""
    from explainprune.network import randomised  # imports TensorFlow

    kind = getattr(model, "output_kind", "logit") if isinstance(model, Network) else "centred"
    if not isinstance(model, Network):
        try:
            model = randomised(model, 0)
        except ValueError:  # some layer makes its weights in a way of its own
            return False
    network = network_for(model, None, kind, data.x, None, data.task)
    given = method_input(network, check_players(data.players, network.n_inputs))
    rows = pack(network, take(data.x, np.arange(min(16, len(data)))), "Data")
    return exact_is_cheaper(given.network, given.players, given.enter(rows))


def check_needs(settings: Settings, data: Data) -> None:
    """Raise for a metric of images without their shape, or of the truth without a mask.

    Raises
    ------
    ValueError
    """
    for name, metric in {**settings.agreement, **settings.quality}.items():
        asked = signature(metric).parameters
        if "image_shape" in asked and (data.image_shape is None or data.players is not None):
            raise ValueError(
                f"{name!r} needs the shape of images: data with image_shape=(height, width) or "
                "(height, width, channels), every value a player of its own. "
                f"Received: {data!r}."
            )
        if "truth" in asked and data.truth is None:
            raise ValueError(
                f"{name!r} needs the truth, a mask of the features that each row's answer rests "
                f"on: load_data(…, truth=mask). Received: {data!r}."
            )


def truth_of(data: Data) -> Array | None:
    """Return the truth of each row and player, laid flat: a player's is that of any feature."""
    if data.truth is None:
        return None
    flat = data.truth.reshape(len(data), -1)
    if data.players is None:
        return flat
    owners = np.asarray(data.players)
    return np.stack([flat[:, owners == each].any(axis=1) for each in range(owners.max() + 1)], 1)
