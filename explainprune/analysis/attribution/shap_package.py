"""The shap package's own explainers, run seeded and in quarantine."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.analysis.attribution.reading.players import n_players
from explainprune.analysis.attribution.sampling.regression import check_room
from explainprune.analysis.attribution.sampling.replicates import check_count, replicated
from explainprune.analysis.attribution.shap_runs import Game, by_target, over_games
from explainprune.network import Network
from explainprune.types import Array
from explainprune.types.explanation import shap_package

_LEAST_DRAWS = 8  # that tell how much a sum of values varies


def shap_deep(network: Network, x: Array, background: Array, targets: Array | None) -> Explained:
    r"""Run ``shap.DeepExplainer``: DeepLIFT's rescale rule, averaged over the background.

    It fails on many layers and is silently wrong on some (swish: 36 % RMS), without a check here
    other than the gap. Whatever it does to TensorFlow's gradients is undone on leaving.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. The network is of a Keras model.

    Returns
    -------
    Explained
        Complete where shap has a right rule for every layer.

    Raises
    ------
    ValueError
        If shap can't explain the model.

    References
    ----------
    Lundberg & Lee 2017, arXiv:1705.07874; Shrikumar et al. 2017, arXiv:1704.02685.
    """

    def run(model: Any, samples: Array) -> Any:
        explainer = shap_package().DeepExplainer(model, background)
        return explainer.shap_values(x[samples], check_additivity=False)

    values = by_target("shap_deep", network, x, np.arange(len(x)), targets, run)
    return Explained(values, base_output(network, background, targets, len(x)), complete=True)


def shap_gradient(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rng: np.random.Generator,
    draws: int = 1,
    nsamples: int = 200,
) -> Explained:
    r"""Run ``shap.GradientExplainer``: expected gradients at random rows and random t.

    Parameters
    ----------
    network, x, background, targets, rng, draws
        As all methods have them: see `METHODS`. The network is of a Keras model.
    nsamples : int
        Gradients for each sample in each run.

    Returns
    -------
    Explained
        Not complete: its gap is 4 to 10 % as a rule. `expected_gradients` errs far less at the
        same cost.

    Raises
    ------
    ValueError
        If shap can't explain the model.

    References
    ----------
    Erion et al. 2021, arXiv:1906.10670.
    """
    check_count("nsamples", nsamples)

    def one(child: np.random.Generator, samples: Array) -> Array:
        # One by one: with one call for all, a sample's draws would depend on those before it.
        seeds = child.integers(2**31, size=len(x))

        def run(model: Any, samples: Array) -> Any:
            explainer = shap_package().GradientExplainer(model, background)
            return np.concatenate(
                [
                    explainer.shap_values(x[i : i + 1], nsamples=nsamples, rseed=int(seeds[i]))
                    for i in samples
                ]
            )

        values = by_target("shap_gradient", network, x, samples, targets, run)
        return np.concatenate([values, values.sum(axis=1, keepdims=True)], axis=1)

    estimate = replicated(one, rng, len(x), draws=draws, tolerance=None)
    error = estimate.std_error  # of each value and, last, of their sum
    return Explained(
        estimate.mean[:, :-1],
        base_output(network, background, targets, len(x)),
        std_error=None if error is None else error[:, :-1],
        gap_error=None if error is None or draws < _LEAST_DRAWS else error[:, -1],
    )


def shap_kernel(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rng: np.random.Generator,
    players: Array,
    draws: int = 1,
    nsamples: int | None = None,
    l1_reg: bool | float | str = False,
) -> Explained:
    r"""Run ``shap.KernelExplainer`` over compiled forward passes.

    Parameters
    ----------
    network, x, background, targets, rng, players, draws
        As all methods have them: see `METHODS`.
    nsamples : int, optional
        Coalitions for each sample in each run. Default: shap's, ``2 players + 2048``.
    l1_reg : bool, float or str
        Off: shap's own default, ``"num_features(10)"``, silently keeps ten features.

    Returns
    -------
    Explained
        One value per player; complete, since the fit is constrained to add up.

    Raises
    ------
    ValueError
        If a run would need more than 2 GB.

    References
    ----------
    Lundberg & Lee 2017, arXiv:1705.07874.
    """

    def run(game: Game, count: int, seed: int) -> Any:
        explainer = shap_package().KernelExplainer(game, np.zeros((1, count)))
        options = {"nsamples": wanted, "l1_reg": l1_reg, "silent": True}
        return explainer.shap_values(np.ones((1, count)), **options)[0]

    count = n_players(players)
    wanted = 2 * count + 2048 if nsamples is None else check_count("nsamples", nsamples)
    check_room(min(wanted, 2 ** min(count, 60)), count, "nsamples")
    if 2**count - 2 <= wanted:  # shap enumerates: nothing is drawn, so nothing has an error
        draws = check_count("draws", draws) and 1
    return over_games(network, x, background, targets, rng, players, draws, run)


def shap_permutation(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rng: np.random.Generator,
    players: Array,
    draws: int = 1,
    permutations: int = 10,
) -> Explained:
    r"""Run ``shap.PermutationExplainer`` over compiled forward passes.

    Parameters
    ----------
    network, x, background, targets, rng, players, draws
        As all methods have them: see `METHODS`.
    permutations : int
        Orders, each followed forwards and backwards, in each run.

    Returns
    -------
    Explained
        One value per player; complete.

    Raises
    ------
    ValueError
        If an order would need more than 2 GB: shap lays out all its coalitions.

    References
    ----------
    Mitchell et al. 2022, arXiv:2104.12199.
    """
    check_count("permutations", permutations)
    check_room(2 * n_players(players) + 1, n_players(players))

    def run(game: Game, count: int, seed: int) -> Any:
        masker = shap_package().maskers.Independent(np.zeros((1, count)))
        explainer = shap_package().PermutationExplainer(game, masker, seed=seed)
        evaluations = permutations * (2 * count + 1)
        return explainer(np.ones((1, count)), max_evals=evaluations, silent=True).values[0]

    return over_games(network, x, background, targets, rng, players, draws, run)
