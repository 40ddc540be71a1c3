"""Runs of the shap package: quiet, seeded, and unable to disturb the rest of the process."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.analysis.attribution.reading.players import n_players
from explainprune.analysis.attribution.sampling.coalition_values import coalition_values
from explainprune.analysis.attribution.sampling.replicates import replicated
from explainprune.network import Network
from explainprune.types import Array

Game = Callable[[Array], Array]
"""Coalitions as rows of 0 and 1 (m, players) → worth (m, K)."""


def by_target(
    method: str,
    network: Network,
    x: Array,
    samples: Array,
    targets: Array | None,
    run: Callable[[Any, Array], Any],
) -> Array:
    """Run shap on a Keras model of each explained output, for the samples that ask for it.

    `x` are the rows that `samples` are indices of. `run` takes a model of flat rows and indices of
    samples, and returns values (m, d, outputs).
    """
    from explainprune.network import KerasNetwork, untouched_gradients
    from explainprune.network.functions.flat_model import flat_model
    from explainprune.network.functions.text import refuse_text

    network = unwrapped(network)
    refuse_text(network)
    if not isinstance(network, KerasNetwork):
        raise ValueError(
            f"{method} needs a Keras model without embeddings. Received: "
            f"{type(network).__name__}. Use method='expected_gradients'."
        )
    try:
        with quiet(), untouched_gradients():
            if targets is None:
                every: Array = np.asarray(run(flat_model(network, x), samples), dtype=np.float64)
                return every
            values = np.empty((len(samples), network.n_inputs))
            for target in np.unique(targets[samples]):
                mine = targets[samples] == target
                found = run(flat_model(network, x, int(target)), samples[mine])
                values[mine] = np.asarray(found)[..., 0]
            return values
    except Exception as error:  # shap fails with whatever is at hand, TensorFlow's errors included
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[-1] if lines else type(error).__name__
        raise ValueError(
            f"{method}: the shap package can't explain this model ({reason}). "
            "Use method='expected_gradients', which takes any differentiable model."
        ) from None


def over_games(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    rng: np.random.Generator,
    players: Array,
    draws: int,
    run: Callable[[Game, int, int], Any],
) -> Explained:
    """Give shap one game per sample, coalitions as rows of 0 and 1: players come for free."""
    count = n_players(players)

    def one(child: np.random.Generator, samples: Array) -> Array:
        seeds = child.integers(2**31, size=len(x))
        found = []
        for sample in samples:

            def game(rows: Array, at: Array = x[sample : sample + 1]) -> Array:
                masks = np.asarray(rows, dtype=bool)[:, players]
                worth: Array = coalition_values(network, at, background, masks, None)[0]
                return worth

            with quiet(int(seeds[sample])):
                values = np.asarray(run(game, count, int(seeds[sample])))
            values = values.reshape(count, network.n_outputs)
            found.append(values if targets is None else values[:, targets[sample]])
        return np.stack(found)

    estimate = replicated(one, rng, len(x), draws=draws, tolerance=None)
    base = base_output(network, background, targets, len(x))
    return Explained(estimate.mean, base, std_error=estimate.std_error, complete=True)


@contextmanager
def quiet(seed: int | None = None) -> Iterator[None]:
    """Silence warnings and logs, and give numpy's global random state back as it was.

    One thread at a time: all of these are one for the whole process.
    """
    with _ONE:
        yield from _quiet(seed)


_ONE = threading.RLock()


def _quiet(seed: int | None) -> Iterator[None]:
    state = np.random.get_state()  # noqa: NPY002 (shap draws from the global state)
    logs = [logging.getLogger(name) for name in ("shap", "tensorflow")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        if seed is not None:
            np.random.seed(seed)  # noqa: NPY002
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
