"""The verb `attribute`: from a model and rows as a user has them to an Attribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explainprune.analysis.attribution.background import background_for
from explainprune.analysis.attribution.explained import Explained, chosen
from explainprune.analysis.attribution.methods import METHODS
from explainprune.analysis.attribution.options import arguments
from explainprune.analysis.attribution.packing import by_name, pack, unpack
from explainprune.analysis.attribution.players import check_players
from explainprune.analysis.attribution.results import feature_names, per_player, with_gap_noted
from explainprune.analysis.attribution.samples import read_samples
from explainprune.analysis.attribution.streams import stream
from explainprune.analysis.attribution.targets import targets_for
from explainprune.analysis.attribution.views import View, network_for, view_of
from explainprune.lookup import look_up, name_of
from explainprune.network import Model, Network
from explainprune.types import Array, Attribution, Inputs

Method = Callable[..., Explained]


def attribute(
    model: Model | Network,
    x: Any,
    *,
    y: Any = None,
    background: Any = None,
    method: str | Method = "deep_shap",
    target: Any = "predicted",
    output: str = "logit",
    players: Any = None,
    batch_size: int | None = None,
    seed: int = 0,
    **options: Any,
) -> Attribution:
    """Say how much each feature of each row moved the explained output away from the base.

    Parameters
    ----------
    model : keras.Model or Network
        It is left as it is: weights, compile state and all.
    x : Data, Rows, ndarray (n, ...), DataFrame, dict of str to ndarray, or list of ndarray
        Rows to explain, in the model's own shape or laid flat.
    y : ndarray (n,), optional
        Labels, for ``target="true"``.
    background : ndarray (b, ...), dict, Rows or Data, optional
        Reference rows that stand for "feature absent"; one row is a baseline. None: the background
        of a `Data`, else a seeded sample of 100 of the rows it may learn from.
    method : str or callable
        A name in ``METHODS``, or a function like those there.
    target : {"predicted", "true", "all"}, int, tuple, ndarray of int (n,), str or callable
        Which output: the largest one, the label's, all of them (values get a last axis), an
        index, indices into an output of higher rank, an index for each row, an output's name, or
        a function of the model's raw output tensor(s) that gives one number for each row.
    output : {"logit", "centred", "probability"}
        ``"logit"`` looks through a final softmax or sigmoid, ``"centred"`` subtracts the mean
        logit as well. A `Network` explains what it puts out.
    players : array-like of int, optional
        The player of each feature, 0, 1, …; values are then one per player. None: those of a
        `Data` that has them, else each feature is a player.
    batch_size : int, optional
        Most rows in one call of the model. None: what fits its memory bound.
    seed : int
        Backgrounds and draws depend on it and on the rows, never on the model: two models
        explained with one seed share them, so that their values can be compared draw by draw.
    **options
        The method's own, such as ``steps=`` or ``draws=``.

    Returns
    -------
    Attribution
        Values shaped like `x`: one per token for inputs that feed an Embedding, one per player
        when players are given.

    Raises
    ------
    ValueError, TypeError
        For names, shapes, targets or options that don't fit, saying what was expected.

    Examples
    --------
    >>> import numpy as np
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: 5 * x[:, 0] + x[:, 1] * x[:, 2], 3)
    >>> att = attribute(network, np.ones((1, 3)), background=np.zeros(3), method="permutation")
    >>> att.values, att.base, att.output
    (array([[5. , 0.5, 0.5]]), array([0.]), array([6.]))
    """
    function = look_up(method, METHODS, "method")
    samples = read_samples(x, y)
    network = network_for(model, target, output, samples.x, batch_size)
    rows = pack(network, samples.x, "x")
    reference = pack(network, background_for(background, samples, seed), "background")
    outputs = network.outputs(rows)
    targets = targets_for(0 if callable(target) else target, network, outputs, samples.y)
    given = samples.data.players if players is None and samples.data is not None else players
    view = view_of(network, check_players(given, network.n_inputs))
    explained, settled = _explain(
        function, name_of(method), view, (rows, reference), targets, options, seed
    )

    def shaped(values: Array) -> Inputs:
        """Give values the shape of x; those of players keep theirs."""
        return values if given is not None else unpack(network, values, samples.x)

    attribution = Attribution(
        values=shaped(explained.values),
        base=explained.base,
        output=chosen(outputs, targets),
        method=name_of(method),
        targets=None if callable(target) else targets,
        output_kind=getattr(network, "output_kind", "logit"),
        std_error=None if explained.std_error is None else shaped(explained.std_error),
        complete=explained.complete,
        x=by_name(network, samples.x),
        feature_names=feature_names(samples, players),
        notes=(*getattr(network, "notes", ()), *explained.notes),
        options=settled | {"background_rows": len(reference), "seed": int(seed)},
    )
    return with_gap_noted(attribution)


def _explain(
    function: Method,
    name: str,
    view: View,
    rows: tuple[Array, Array],
    targets: Array | None,
    options: Mapping[str, Any],
    seed: int,
) -> tuple[Explained, dict[str, Any]]:
    """Run the method on the network's view; return one value per player, and the options used."""
    supplied = {"rng": stream(seed, "explainer"), "players": view.players}
    keywords, settled = arguments(function, name, options, supplied)
    x, background = (view.enter(part) for part in rows)
    found = function(view.network, x, background, targets, **keywords)
    explained = per_player(found, name, view, "players" in keywords, len(x), targets)
    kept = {key: value for key, value in settled.items() if value is not None}
    return explained, kept | dict(explained.settled)
