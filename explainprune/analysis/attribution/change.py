"""The verb `attribute_change`: what one model does that another, rescaled, doesn't."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.analysis.attribution.attribute import attribute
from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.explainer import Method
from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.attribution.reading.background import background_for
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.analysis.attribution.reading.options import own_options
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.attribution.reading.targets import targets_for
from explainprune.analysis.attribution.reading.views import network_for
from explainprune.analysis.attribution.scale import fitted_scale, given_scale
from explainprune.data.reading import read_samples
from explainprune.lookup import look_up, name_of
from explainprune.network import DifferenceNetwork, Model, Network, opened
from explainprune.network.failing import in_words
from explainprune.types import Array, Attribution

LINEAR = (
    "exact",
    "expected_gradients",
    "gradient",
    "gradient_input",
    "hybrid",
    "integrated_gradients",
    "kernel",
    "leverage",
    "occlusion",
    "permutation",
    "smoothgrad",
)
"""Methods whose values of a sum of networks are the sums of their values."""

_BY_GRADIENTS = (
    "expected_gradients",
    "gradient",
    "gradient_input",
    "integrated_gradients",
    "smoothgrad",
)
_DRAWS = 8  # an interval needs several


@in_words
def attribute_change(
    dense: Model | Network,
    other: Model | Network,
    x: Any,
    *,
    y: Any = None,
    background: Any = None,
    method: str | Method = "expected_gradients",
    target: Any = "predicted",
    output: str = "centred",
    players: Any = None,
    beta: float | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    **options: Any,
) -> Attribution:
    r"""Say which features changed their part in the output, a mere change of scale set aside.

    .. math:: \phi(f_{\text{other}} - \beta f_{\text{dense}}), \qquad
              \beta = \arg\min_\beta \min_c \sum_x
              \lVert f_{\text{other}}(x) - \beta f_{\text{dense}}(x) - c \rVert^2

    One attribution of the difference, so that both models meet the same background, the same
    coalitions and the same points of a path: its standard errors are those of the change, far
    smaller than two separate ones would allow. A change of temperature or of a bias is no change.

    Parameters
    ----------
    dense, other : keras.Model or Network
        Of the same inputs and outputs.
    x, y, background, players, batch_size, seed
        As `attribute` takes them; no stream of rows.
    method : str or callable
        One that is linear in the network: a name in ``LINEAR``. A callable is taken to be.
    target
        As `attribute` takes it; ``"predicted"`` is what the dense model predicts.
    output : {"centred", "logit", "probability"}
    beta : float, optional
        None: fitted by least squares on the outputs at `x` and the background.
    **options
        The method's own. Sampled methods make eight draws where neither ``draws=`` nor
        ``tolerance=`` says otherwise.

    Returns
    -------
    Attribution
        Of the difference: `output` and `base` are its own. ``options["beta"]`` holds β, and
        ``options["beta_r2"]`` the share of the other model's variance that β times the dense
        one explains. Standard errors are conditional on both β and the background.

    Raises
    ------
    ValueError
        If the method isn't linear in the network, the models don't read and output alike, or β
        can't be fitted since the dense model outputs the same for all rows.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> dense = FormulaNetwork(lambda x: 2 * x[:, 0] + 4 * x[:, 1], 2)
    >>> other = FormulaNetwork(lambda x: x[:, 0] + 3 * x[:, 1] + 7, 2)
    >>> attribute_change(dense, other, np.eye(2), background=np.zeros(2), beta=0.5,
    ...                  output="logit", method="gradient").values.round(6) + 0
    array([[0., 1.],
           [0., 1.]])
    """
    function, name = look_up(method, METHODS, "method"), name_of(method)
    _check_linear(method, name)
    dense, other = opened(dense), opened(other)
    samples = read_samples(dense, x, y)
    given = background_for(dense, background, samples, seed)
    models = [
        network_for(m, target, output, samples.x, batch_size, samples.task) for m in (dense, other)
    ]
    _check_alike(models)
    rows, reference = (
        [pack(network, part, what) for network in models]
        for part, what in ((samples.x, "x"), (given, "background"))
    )
    outputs = [
        network.outputs(np.concatenate(both))
        for network, both in zip(models, zip(rows, reference, strict=True), strict=True)
    ]
    fit = fitted_scale(*outputs) if beta is None else given_scale(beta)
    if name in _BY_GRADIENTS and getattr(models[0], "embedding", lambda: None)() is not None:
        raise ValueError(
            f"{name} differentiates by the vectors of tokens, and each model has its own: they "
            "can't be subtracted. Use method='permutation', 'kernel', 'leverage' or 'occlusion'."
        )
    difference = _difference(models[1], models[0], fit.beta)
    if not callable(target):
        own = targets_for(
            target, models[0], outputs[0][: len(rows[0])], samples.y, samples.class_names
        )
        target = "all" if own is None else own
    found = attribute(
        difference,
        x,
        background=given,
        method=_PARTWISE.get(name, function) if isinstance(method, str) else function,
        target=0 if callable(target) else target,
        output=getattr(difference, "output_kind", "logit"),
        players=players,
        batch_size=batch_size,
        seed=seed,
        **_with_draws(function, options),
    )
    settled = {**found.options, "beta": fit.beta, "beta_r2": fit.r2}
    kept = {key: value for key, value in settled.items() if value is not None}
    note = (
        "Values are of the change: of the other model's output minus "
        f"{fit.beta:.4g} times the dense model's."
    )
    return replace(found, method=name, options=kept, notes=(note, *found.notes))


def _check_linear(method: str | Method, name: str) -> None:
    if isinstance(method, str) and method not in LINEAR:
        raise ValueError(
            f"{name} isn't linear in the network: its values of a difference aren't those of the "
            f"change. Methods that are: {', '.join(LINEAR)}."
        )


def _check_alike(models: list[Network]) -> None:
    kinds = [getattr(network, "output_kind", "logit") for network in models]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"One model is explained as {kinds[0]}, the other as {kinds[1]}, which can't be "
            "subtracted: pass output='probability'."
        )


def _difference(other: Network, dense: Network, beta: float) -> DifferenceNetwork:
    """Subtract, without what batches of a given size wrap around networks: that comes after."""
    return DifferenceNetwork(unwrapped(other), unwrapped(dense), beta)


def _with_draws(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for enough draws for an interval, where the caller doesn't say."""
    own = own_options(function, {})
    asked = options.get("draws") is not None or options.get("tolerance") is not None
    if asked or own.get("draws", _DRAWS) >= _DRAWS:
        return dict(options)
    return {**options, "draws": _DRAWS}


def _exact_change(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    players: Array,
    interactions: bool = False,
    limit: float = 2e9,
) -> Explained:
    """Subtract exact values: each network has its own sparsity, which the difference hides."""
    both = unwrapped(network)
    assert isinstance(both, DifferenceNetwork)
    keywords = {"players": players, "interactions": interactions, "limit": limit}
    a, b = (exact(each, x, background, targets, **keywords) for each in (both.a, both.b))  # type: ignore[arg-type]
    between = None
    if a.interactions is not None and b.interactions is not None:
        between = a.interactions - both.beta * b.interactions
    return replace(
        a,
        values=a.values - both.beta * b.values,
        base=a.base - both.beta * b.base,
        interactions=between,
    )


_PARTWISE: dict[str, Method] = {"exact": _exact_change}
