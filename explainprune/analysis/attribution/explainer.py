"""All that is settled before rows are explained: model, output, background, method, options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np

from explainprune.analysis.attribution.automatic import AUTO, USUAL, automatic
from explainprune.analysis.attribution.explained import Explained, chosen
from explainprune.analysis.attribution.kernel import kernel
from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.attribution.occlusion import occlusion
from explainprune.analysis.attribution.permutation import permutation
from explainprune.analysis.attribution.price import check_forward
from explainprune.analysis.attribution.reached import (
    NOTABLE,
    blind_maps,
    listed,
    missed,
    moves,
    operations,
    sums_features,
    ways_back,
)
from explainprune.analysis.attribution.reading.background import background_for
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.analysis.attribution.reading.options import arguments
from explainprune.analysis.attribution.reading.packing import by_name, pack, unpack
from explainprune.analysis.attribution.reading.players import check_players, n_players, players_for
from explainprune.analysis.attribution.reading.targets import targets_for
from explainprune.analysis.attribution.reading.views import MethodInput, method_input, network_for
from explainprune.analysis.attribution.results import per_player, raw_of, sums_note
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.data.reading import Samples
from explainprune.lookup import look_up, name_of
from explainprune.network import Model, Network
from explainprune.types import Array, Attribution, Inputs
from explainprune.types.arrays import checksum
from explainprune.types.arrays import rows as rows_of

Method = Callable[..., Explained]


@dataclass(frozen=True, eq=False)
class Explainer:
    """A method ready to explain rows of one model, as many times as there are rows to come.

    Attributes
    ----------
    network : Network
        Puts out what is explained.
    given : MethodInput
        What the method sees of it.
    background : ndarray (b, n_inputs)
        Flat.
    method : callable
    name : str
        Of the method.
    target : Any
        As `attribute` takes it.
    joined : bool
        Whether values are one per player.
    player_names : tuple of str, optional
    seed : int
    options : mapping
        The method's own.
    notes : tuple of str
        Why it was chosen, where none was named.
    """

    network: Network
    given: MethodInput
    background: Array
    method: Method
    name: str
    target: Any
    joined: bool
    player_names: tuple[str, ...] | None
    seed: int
    options: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def explain(self, samples: Samples) -> Attribution:
        """Explain rows; each part has draws of its own."""
        network = self.network
        rows = pack(network, samples.x, "x")
        outputs = network.outputs(rows)
        free = callable(self.target)
        target = 0 if free else _of_rows(self.target, samples)
        targets = targets_for(target, network, outputs, samples.y, samples.class_names)
        keywords, settled = self._keywords(samples.number)
        notes = self._checked(rows, targets, settled, samples.feature_names)
        explained, settled = self._explained(rows, targets, keywords, settled)

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
            lower=None if explained.ends is None else shaped(explained.ends[0]),
            upper=None if explained.ends is None else shaped(explained.ends[1]),
            gap_error=explained.gap_error,
            complete=explained.complete,
            interactions=explained.interactions,
            x=by_name(network, samples.x),
            raw=raw_of(samples),
            feature_names=self.player_names if self.joined else samples.feature_names,
            notes=(
                *getattr(network, "notes", ()),
                *self.notes,
                *explained.notes,
                *(sums_note(explained) if self._adds_up_features else ()),
                *notes,
            ),
            options=settled
            | {
                "background_rows": len(self.background),
                "background_sha256": self.background_sha256,
                "seed": int(self.seed),
            },
        )

    @cached_property
    def background_sha256(self) -> str:
        """Checksum of the background, by which stored attributions know it again."""
        return checksum([("background", self.background)])

    @property
    def _adds_up_features(self) -> bool:
        """Whether players are of several features, which the method explains one by one."""
        several = n_players(self.given.players) < self.network.n_inputs
        return self.joined and several and sums_features(self.method)

    def _explained(
        self, rows: Array, targets: Array | None, keywords: Any, settled: Any
    ) -> tuple[Explained, dict[str, Any]]:
        """Run the method on the network's view; return one value per player, and the options."""
        given = self.given
        x, background = given.enter(rows), given.enter(self.background)
        found = self.method(given.network, x, background, targets, **keywords)
        explained = per_player(found, self.name, given, "players" in keywords, len(x), targets)
        kept = {key: value for key, value in settled.items() if value is not None}
        return explained, kept | dict(explained.settled)

    def _keywords(self, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the method is called with, and the options in force."""
        named = "explainer" if number == 0 else f"explainer {number}"
        supplied = {"rng": stream(self.seed, named), "players": self.given.players}
        return arguments(self.method, self.name, self.options, supplied)

    def _checked(
        self, rows: Array, targets: Array | None, options: Any, names: tuple[str, ...] | None
    ) -> tuple[str, ...]:
        """Refuse what the method finds no way back to; return notes of what it reaches in part."""
        network, given = self.network, self.given
        blind_maps(self.method, given.network, options.get("layer"), self.name)
        outputs = range(network.n_outputs) if targets is None else np.unique(targets)
        owners = getattr(unwrapped(given.network), "owners", None)
        lost, partly = ways_back(self.method, given.network, options, outputs, owners)
        if lost:
            said = f"{listed(network, lost, names)}: the output hangs on it only by "
            said += f"{operations(lost)}, which hands no gradient on"
            if moves(network, rows, self.background, lost):
                raise ValueError(f"{self.name} finds no way back to {said}. {self._instead(rows)}")
            return (f"{self.name} finds no way back to {said}; it moved nothing on these rows.",)
        if not partly:
            return ()
        share = missed(given.network, given.enter(rows[:4]), given.enter(self.background), targets)
        if share <= NOTABLE:
            return ()
        return (
            f"Gradients follow only some ways of {listed(network, partly, names)}, not those by "
            f"{operations(partly)}: what these do is in no value, up to {share:.0%} of the "
            "output's change on the first rows.",
        )

    def _instead(self, rows: Array) -> str:
        """Recommend a method that runs on one row of this model."""
        few = np.arange(self.network.n_inputs) * 16 // max(16, self.network.n_inputs)
        players = np.unique(few, return_inverse=True)[1]
        one, ends = rows[:1], self.background[:4]
        tried: tuple[Method, ...] = (permutation, kernel, occlusion)
        for method in tried:
            own: dict[str, Any] = {"rng": stream(self.seed, "tried"), "players": players}
            asked = {k: v for k, v in own.items() if k in signature(method).parameters}
            try:
                found = method(self.network, one, ends, np.zeros(1, int), **asked)
            except (ValueError, TypeError, MemoryError):
                continue
            if np.isfinite(found.values).all():
                return (
                    f"Use method={name_of(method)!r}, which only evaluates the model: it was tried "
                    "on the first row, and works."
                )
        return "No method that only evaluates the model works on it either."


def _of_rows(target: Any, samples: Samples) -> Any:
    """Return the targets of a part's rows, where each row has its own."""
    if samples.of_many and isinstance(target, (list, np.ndarray)):
        return target[samples.start : samples.start + len(samples)]
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
    function = look_up(USUAL if method == AUTO else method, METHODS, "method")
    network = network_for(model, target, output, samples.x, batch_size, samples.task)
    if method != AUTO:
        check_forward(function, name_of(method), network)
    ends = background_for(network, background, samples, seed)
    reference = np.asarray(pack(network, ends, "background"))
    some, x = slice(16), samples.x  # rewritten networks are held against the model on these
    pack(network, [each[some] for each in x] if isinstance(x, list) else rows_of(x, some), "x")
    own, player_names = players_for(players, samples, network.n_inputs)
    given = method_input(network, check_players(own, network.n_inputs))
    notes: tuple[str, ...] = ()
    if method == AUTO:
        method, options, notes = automatic(
            given.network, given.players, given.enter(reference), options
        )
        function = METHODS[method]
        check_forward(function, method, network)
    return Explainer(
        network=network,
        given=given,
        background=reference,
        method=function,
        name=name_of(method),
        target=target,
        joined=own is not None,
        player_names=player_names,
        seed=seed,
        options=options,
        notes=notes,
    )
