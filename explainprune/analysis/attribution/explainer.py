"""All that is settled before rows are explained: model, output, background, method, options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained, chosen
from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.attribution.reading.background import background_for
from explainprune.analysis.attribution.reading.options import arguments
from explainprune.analysis.attribution.reading.packing import by_name, pack, unpack
from explainprune.analysis.attribution.reading.players import check_players
from explainprune.analysis.attribution.reading.samples import Samples
from explainprune.analysis.attribution.reading.targets import targets_for
from explainprune.analysis.attribution.reading.views import View, network_for, view_of
from explainprune.analysis.attribution.results import feature_names, per_player
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.attribution.streamed.parts import Part
from explainprune.lookup import look_up, name_of
from explainprune.network import Model, Network
from explainprune.network.functions.as_read import read_by
from explainprune.types import Array, Attribution, Inputs

Method = Callable[..., Explained]


@dataclass(frozen=True, eq=False)
class Explainer:
    """A method ready to explain rows of one model, as many times as there are rows to come.

    Attributes
    ----------
    network : Network
        Puts out what is explained.
    view : View
        What the method sees of it.
    background : ndarray (b, n_inputs)
        Flat.
    method : callable
    name : str
        Of the method.
    target : Any
        As `attribute` takes it.
    players : Any
        As the caller gave them; None: those of the rows' `Data`, or one for each feature.
    joined : bool
        Whether values are one per player.
    seed : int
    options : mapping
        The method's own.
    """

    network: Network
    view: View
    background: Array
    method: Method
    name: str
    target: Any
    players: Any
    joined: bool
    seed: int
    options: Mapping[str, Any]

    def explain(self, part: Part) -> Attribution:
        """Explain rows; each part has draws of its own."""
        network, samples = self.network, part.samples
        rows = pack(network, samples.x, "x")
        outputs = network.outputs(rows)
        free = callable(self.target)
        target = 0 if free else _of_rows(self.target, part, len(rows))
        targets = targets_for(target, network, outputs, samples.y, samples.class_names)
        explained, settled = self._explained(rows, targets, part.number)

        def shaped(values: Array) -> Inputs:
            """Give values the shape of x; those of players keep theirs."""
            return values if self.joined else unpack(network, values, samples.x)

        return Attribution(
            values=shaped(explained.values),
            base=explained.base,
            output=chosen(outputs, targets),
            method=self.name,
            targets=None if free else targets,
            output_kind=getattr(network, "output_kind", "logit"),
            std_error=None if explained.std_error is None else shaped(explained.std_error),
            gap_error=explained.gap_error,
            complete=explained.complete,
            interactions=explained.interactions,
            x=by_name(network, samples.x),
            feature_names=feature_names(samples, self.players),
            notes=(*getattr(network, "notes", ()), *explained.notes),
            options=settled | {"background_rows": len(self.background), "seed": int(self.seed)},
        )

    def _explained(
        self, rows: Array, targets: Array | None, number: int
    ) -> tuple[Explained, dict[str, Any]]:
        """Run the method on the network's view; return one value per player, and the options."""
        view = self.view
        named = "explainer" if number == 0 else f"explainer {number}"
        supplied = {"rng": stream(self.seed, named), "players": view.players}
        keywords, settled = arguments(self.method, self.name, self.options, supplied)
        x, background = view.enter(rows), view.enter(self.background)
        found = self.method(view.network, x, background, targets, **keywords)
        explained = per_player(found, self.name, view, "players" in keywords, len(x), targets)
        kept = {key: value for key, value in settled.items() if value is not None}
        return explained, kept | dict(explained.settled)


def _of_rows(target: Any, part: Part, rows: int) -> Any:
    """Return the targets of a part's rows, where each row has its own."""
    if part.of_many and isinstance(target, (list, np.ndarray)):
        return target[part.start : part.start + rows]
    return target


def explainer_for(
    model: Model | Network,
    samples: Samples,
    *,
    background: Any,
    method: str | Method,
    target: Any,
    output: str,
    players: Any,
    batch_size: int | None,
    seed: int,
    options: Mapping[str, Any],
) -> Explainer:
    """Settle everything for rows like `samples`, whose values are not looked at."""
    function = look_up(method, METHODS, "method")
    network = network_for(model, target, output, samples.x, batch_size, samples.task)
    given = samples.data.players if players is None and samples.data is not None else players
    return Explainer(
        network=network,
        view=view_of(network, check_players(given, network.n_inputs)),
        background=np.asarray(
            pack(network, background_for(background, samples, seed, read_by(network)), "background")
        ),
        method=function,
        name=name_of(method),
        target=target,
        players=players,
        joined=given is not None,
        seed=seed,
        options=options,
    )
