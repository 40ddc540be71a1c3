"""The verb `output_bound`: how far the outputs of two models can differ, for any input of a box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explainprune.data import load_data
from explainprune.lookup import unknown
from explainprune.network import Model, check_weights
from explainprune.network.failing import in_words
from explainprune.network.functions.artefacts.opening import from_file
from explainprune.types import OUTPUTS, Array, OutputBound


@in_words
def output_bound(
    dense: Model,
    other: Model,
    data: Any = None,
    *,
    box: tuple[Any, Any] | None = None,
    output: str = "logit",
    kept: Mapping[str, Array] | None = None,
) -> OutputBound:
    r"""Bound how far the outputs of two models differ, for every input of a box.

    Interval arithmetic on both networks and on their difference together: of a sum,
    :math:`w_1 a_1 - w_2 a_2 = w_1 (a_1 - a_2) + (w_1 - w_2) a_2 = w_2 (a_1 - a_2) + (w_1 - w_2)
    a_1`, term by term whichever is tightest; of a ReLU the exact range over the three intervals.
    What a layer reads is also walked back to the inputs, along lines above and below each ReLU and
    each difference of two. Where the networks share weights their parts cancel, which bounds of
    each by itself can't see.

    Parameters
    ----------
    dense, other : keras.Model or path
        With layers in the same order: a model and its pruned, fine-tuned or shrunk version.
        `other` may be what `shrink` returned.
    data : Data, array, dict, or pair (x, y), optional
        The box is the range of each input over the scored rows; outputs are measured on them.
    box : pair of float or ndarray, optional
        The least and the greatest value of each input, or of all of them.
    output : {"logit", "centred", "probability"}
        What is bounded; softmax itself has no rule.
    kept : mapping of str to ndarray of int, optional
        For each layer of a shrunk model, the original index of every unit. Without it such a
        model is bounded by itself.

    Returns
    -------
    OutputBound

    Raises
    ------
    TypeError
        If one of the models is not a Keras model.
    ValueError
        If a layer can't be read or has no rule (it is named), the models have other inputs or
        outputs, or there are neither rows nor a box.

    Notes
    -----
    It holds for the two functions in exact arithmetic; sums in float64 are rounded outwards. A
    model that runs in float32 rounds on top, by about 1e-7 of its largest numbers. Layers with
    rules: those of `docs/certificates.md`. Intervals on the difference: ReluDiff (Paulsen et
    al. 2020, arXiv:2001.03662); lines: DeepPoly (Singh et al. 2019, doi:10.1145/3290354).

    Examples
    --------
    >>> import numpy as np
    >>> from explainprune.network import perceptron
    >>> model = perceptron(2, 1, hidden=(3,))
    >>> output_bound(model, model, box=(-1, 1)).each
    (0.0,)
    """
    from explainprune.network.scalars.bounded import bound_between

    if output not in OUTPUTS:
        raise unknown("output", output, OUTPUTS)
    if kept is None and hasattr(other, "certificate"):  # what `shrink` returned
        kept, other = other.kept, other.model
    dense, other = from_file(dense), from_file(other)
    for model in (dense, other):
        check_weights(model)
    x = None if data is None else load_data(data, model=dense).x
    return bound_between(dense, other, x=x, box=box, output=output, kept=kept)
