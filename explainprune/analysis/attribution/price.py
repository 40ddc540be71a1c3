"""How often a model is run, for methods that only evaluate it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.hybrid import hybrid
from explainprune.analysis.attribution.kernel import kernel
from explainprune.analysis.attribution.leverage import leverage
from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.attribution.occlusion import occlusion
from explainprune.analysis.attribution.permutation import permutation
from explainprune.analysis.attribution.sampling.regression import default_coalitions
from explainprune.analysis.attribution.shap_package import shap_kernel, shap_permutation
from explainprune.network.functions.artefacts.artefact import Artefact
from explainprune.network.functions.artefacts.forward_network import no_gradients

FORWARD = (exact, hybrid, kernel, leverage, occlusion, permutation, shap_kernel, shap_permutation)
"""Methods that only evaluate a model."""


def check_forward(method: Callable[..., Any], name: str, model: Any) -> None:
    """Raise where a method needs gradients of an artefact, which has none.

    Raises
    ------
    ValueError
        Recommending methods that only evaluate.
    """
    artefact = getattr(model, "artefact", model)
    if isinstance(artefact, Artefact) and method in METHODS.values() and method not in FORWARD:
        raise ValueError(no_gradients(name, artefact.name))


def evaluations(
    method: Callable[..., Any], players: int, options: Mapping[str, Any] | None = None
) -> int | None:
    """Count the rows that a model is run on for a sample and a background row, at most.

    None for methods that don't say.

    >>> evaluations(permutation, 64, {"draws": 1}), evaluations(occlusion, 64)
    (126, 64)
    >>> evaluations(exact, 10), evaluations(kernel, 4), evaluations(kernel, 30)
    (1024, 14, 1080)
    """
    if method is occlusion:
        return players
    if method is exact:
        return int(2 ** min(players, 1000))
    if method not in (permutation, kernel, leverage):
        return None
    own = {name: each.default for name, each in signature(method).parameters.items()}
    draws = int({**own, **(options or {})}["draws"])
    if method is permutation:
        return 2 * max(players - 1, 0) * (draws if players > 2 else 1)
    each = (options or {}).get("coalitions") or default_coalitions(players)
    return min(int(each) * (draws + 1), int(2**players - 2)) if players else 0


def in_millions(runs: float) -> str:
    """Write how many rows these are.

    >>> in_millions(2500), in_millions(3_024_000), in_millions(2.5e9), in_millions(1e60)
    ('2,500', '3.0 million', '2,500 million', '1e+60')
    """
    if runs < 1e6:
        return f"{runs:,.0f}"
    if runs > 1e15:
        return f"{runs:.0e}"
    return f"{runs / 1e6:,.1f} million" if runs < 1e8 else f"{runs / 1e6:,.0f} million"
