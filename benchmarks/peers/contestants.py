"""Who takes part: explainprune, shap, xplique, each at its best setting."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

import explainprune as xp
from explainprune.network import untouched_gradients
from peers.limit import forward_of

Array = Any
HAS_XPLIQUE = importlib.util.find_spec("xplique") is not None
XPLIQUE_BATCH = 1024


@dataclass
class Contestant:
    """A method of a package with its settings.

    Attributes
    ----------
    who, words : str
        The package and the settings.
    rows : int
        Rows of the model that it evaluates; 0 where it isn't known.
    run : callable
        Returns values of the predicted class, or of all.
    """

    who: str
    words: str
    rows: int
    run: Callable[[], Any]


def ours(case: Any, words: str, rows: int, method: str, **options: Any) -> Contestant:
    """Take part with `xp.attribute`."""
    keywords = {"background": case.background} | options
    return Contestant(
        "explainprune",
        words,
        rows,
        lambda: xp.attribute(case.model, case.x, method=method, **keywords).values,
    )


def shap_deep(case: Any, *, every: bool) -> Contestant:
    """`DeepExplainer`, for the predicted class or all, made and traced beforehand."""
    import shap

    with untouched_gradients():
        explainer = shap.DeepExplainer(case.model, case.background)
    options = {} if every else {"ranked_outputs": 1}

    def run() -> Array:
        with untouched_gradients():
            found = explainer.shap_values(case.x, check_additivity=False, **options)
        return found if every else found[0][..., 0]

    outputs = case.model.output_shape[-1] if every else 1
    return Contestant("shap", "", len(case.x) * len(case.background) * outputs, run)


def shap_gradient(case: Any, samples: int) -> Contestant:
    """`GradientExplainer`, which draws background rows and t at random."""
    import shap

    explainer = shap.GradientExplainer(case.model, case.background, batch_size=XPLIQUE_BATCH)

    def run() -> Array:
        return explainer.shap_values(case.x, nsamples=samples, ranked_outputs=1)[0][..., 0]

    return Contestant("shap", f"{samples:,} samples", samples * len(case.x), run)


def _game(case: Any, background: Array) -> tuple[Callable[[Array, int], Array], int]:
    """Return the worth of coalitions (m, players) of a row: mixed in numpy, compiled forward."""
    forward = forward_of(case.model)
    size = int(np.prod(case.x.shape[1:]))
    players = np.arange(size) if case.players is None else case.players.ravel()
    targets = case.targets

    def worth(masks: Array, at: int) -> Array:
        found = []
        for start in range(0, len(masks), max(1, 4096 // len(background))):
            part = masks[start : start + max(1, 4096 // len(background))].astype(bool)
            inside = part[:, players].reshape(-1, 1, *case.x.shape[1:])
            mixed = np.where(inside, case.x[at], background)
            outputs = forward(tf.constant(mixed.reshape(-1, *case.x.shape[1:]))).numpy()
            found.append(outputs[:, targets[at]].reshape(len(part), -1).mean(axis=1))
        return np.concatenate(found)

    return worth, int(players.max()) + 1


def shap_kernel(case: Any, background: Array, samples: int) -> Contestant:
    """`KernelExplainer` over a compiled game, without its silent choice of ten features."""
    import shap

    worth, count = _game(case, background)

    def run() -> Array:
        values = []
        for at in range(len(case.x)):
            explainer = shap.KernelExplainer(lambda m, at=at: worth(m, at), np.zeros((1, count)))
            options = {"nsamples": samples, "l1_reg": False, "silent": True}
            values.append(explainer.shap_values(np.ones((1, count)), **options)[0])
        return np.array(values)

    rows = samples * len(background) * len(case.x)
    return Contestant("shap", f"{samples:,} coalitions, l1_reg=False", rows, run)


def shap_permutation(case: Any, background: Array, orders: int) -> Contestant:
    """`PermutationExplainer` over a compiled game."""
    import shap

    worth, count = _game(case, background)
    masker = shap.maskers.Independent(np.zeros((1, count)))

    def run() -> Array:
        values = []
        for at in range(len(case.x)):
            explainer = shap.PermutationExplainer(lambda m, at=at: worth(m, at), masker)
            options = {"max_evals": orders * (2 * count + 1), "silent": True}
            values.append(explainer(np.ones((1, count)), **options).values[0])
        return np.array(values)

    rows = 2 * count * orders * len(background) * len(case.x)
    return Contestant("shap", f"{orders} orders and their reverses", rows, run)


def xplique(case: Any, name: str, words: str, rows: int, **options: Any) -> Contestant:
    """One of xplique's explainers, in large batches."""
    from xplique import attributions

    explainer = getattr(attributions, name)(case.model, batch_size=XPLIQUE_BATCH, **options)
    one_hot = np.eye(case.model.output_shape[-1], dtype=np.float32)[case.targets]
    return Contestant("xplique", words, rows, lambda: np.asarray(explainer(case.x, one_hot)))
