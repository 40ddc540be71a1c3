"""The verb `attribute`: from a model and rows as a user has them to an Attribution."""

from __future__ import annotations

from typing import Any

from explainprune.analysis.attribution.automatic import AUTO
from explainprune.analysis.attribution.explainer import Method, explainer_for
from explainprune.analysis.attribution.results import one_of, with_gap_noted
from explainprune.data.reading import samples_of
from explainprune.network import Model, Network, opened
from explainprune.network.failing import in_words
from explainprune.types import Attribution


@in_words
def attribute(
    model: Model | Network,
    x: Any,
    *,
    y: Any = None,
    background: Any = None,
    method: str | Method = AUTO,
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
    model : keras.Model, Network, path or function of rows
        It is left as it is: weights, compile state and all. Of files that only run forward, and of
        functions: see `load_model`.
    x : Data, Rows, ndarray (n, ...), DataFrame, dict or list of ndarray, tf.data.Dataset, PyDataset
        Rows to explain, in the model's own shape or laid flat. Columns of a table are found by
        name where the model has an input for each. Text goes to models that encode it. A
        ``tf.data.Dataset`` is read and explained 1,000 rows at a time; see `attribute_to` for more
        rows than memory holds.
    y : array-like (n,), optional
        Labels, for ``target="true"``: class indices, one-hot rows, or names of a `Data`'s classes.
    background : as `x`, or a Series over columns, optional
        Reference rows that stand for "feature absent"; one row is a baseline. Columns are matched
        with those of `x` by name. None: the background of a `Data`, else a seeded sample of 100 of
        the rows it may learn from.
    method : str or callable
        A name in ``METHODS``, or a function like those there. ``"auto"``: `exact` where it costs
        less than sampling to 1 %, counted before any work and said in the notes; else `deep_shap`,
        whose options it takes. Name one for models that are to be compared.
    target : {"predicted", "true", "all"}, int, tuple, ndarray of int (n,), str or callable
        Which output: the largest one, the label's, all of them (values get a last axis), an
        index, indices into an output of higher rank, an index for each row, the name of an output
        or of a class, or a function of the model's raw output tensor(s) that gives one number for
        each row. An output of one unit for two classes (a sigmoid, or a logit with a binary loss)
        has both: 1 is yes, 0 is no with the sign turned.
    output : {"logit", "centred", "probability"}
        ``"logit"`` looks through a final softmax or sigmoid, ``"centred"`` subtracts the mean
        logit as well. A `Network` explains what it outputs.
    players : str, Path, mapping, sequence of str or array-like of int, optional
        What is one reason: ``"time:10"`` (windows of a series), ``"channel"``, ``"patch:4"``
        (squares of an image), prefixes of columns, a file, or the player of each feature, 0, 1, …:
        see `explainprune.data.players.resolve_players`. Values are then one per player. None:
        those of a `Data` that has them, else each feature is a player.
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
    model = opened(model)
    keywords = {
        "background": background,
        "method": method,
        "target": target,
        "output": output,
        "players": players,
        "batch_size": batch_size,
        "seed": seed,
        "options": options,
    }
    found: list[Attribution] = []
    for samples in samples_of(model, x, y):
        if not found:
            explainer = explainer_for(model, samples, **keywords)
        found.append(explainer.explain(samples))
    return with_gap_noted(one_of(found))
