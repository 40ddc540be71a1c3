"""The verb `compare_several`: one dense model and several others, each with its verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explainprune.analysis.comparison.arms import Remembered
from explainprune.analysis.comparison.backgrounds import with_background
from explainprune.analysis.comparison.compare import compare, compared, defaults
from explainprune.analysis.comparison.needs import methods_for
from explainprune.analysis.comparison.steps import Progress
from explainprune.analysis.comparison.stored import is_stored
from explainprune.network import Model, Network, opened
from explainprune.types import Comparison


def compare_several(
    dense: Model | Network,
    others: Mapping[str, Model | Network],
    data: Any,
    *,
    name: str = "dense",
    kept: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Comparison]:
    """Compare a dense model with several others, side by side; the dense one is explained once.

    Rows, backgrounds and draws are the same for all of them, so that their figures can be held
    against each other; each has a verdict of its own, which the others don't change.

    Parameters
    ----------
    dense : keras.Model or Network
    others : mapping of str to model
        By what to call them.
    data : Data, ndarray, (x, y), or whatever `load_data` takes
    name : str
        What to call the dense model.
    kept : mapping of str to mapping, optional
        Of physically smaller models, the original index of every unit, by layer.
    progress : callable, optional
        ``progress(done, total, what)``, over all models.
    **options
        Of `compare`.

    Returns
    -------
    dict of str to Comparison
        In the order given; `report` writes one folder for each and a page over all.

    Raises
    ------
    ValueError, TypeError
        As `compare` does; of fewer than one model.

    Examples
    --------
    >>> import numpy as np
    >>> from explainprune.network import FormulaNetwork
    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> nets = [FormulaNetwork(lambda x, w=w: x @ np.array([3.0, 1.0, w]), 3) for w in (1, 1, 9)]
    >>> found = compare_several(nets[0], {"same": nets[1], "other": nets[2]}, x, detail=False)
    >>> {name: each.verdict.label for name, each in found.items()}
    {'same': 'preserved', 'other': 'changed'}
    """
    if not others or not isinstance(others, Mapping):
        raise ValueError(
            "others maps names to models, at least one. Received: "
            f"{type(others).__name__} {list(others) if others else ''}."
        )
    if any(map(is_stored, others.values())):
        return _one_stored(dense, others, data, names=(name, *others), **options)
    dense, others = opened(dense), {called: opened(each) for called, each in others.items()}
    asked = options.get("background", defaults()["background"])
    rows, options["background"] = with_background(data, asked, dense)
    remembered = Remembered(dense)
    models, players = (dense, *others.values()), options.get("players")
    options["methods"] = methods_for(options.get("methods"), models, rows, players)
    found: dict[str, Comparison] = {}
    for turn, (called, other) in enumerate(others.items()):

        def tell(done: int, total: int, what: str, turn: int = turn, called: str = called) -> None:
            if progress is not None:
                said = what if len(others) == 1 else type(what)(f"{called}: {what}")
                progress(turn * total + done, len(others) * total, said)

        found[called] = compared(
            dense,
            other,
            rows,
            remembered=remembered,
            names=(name, called),
            kept=(kept or {}).get(called),
            progress=tell,
            **options,
        )[0]
    return found


def _one_stored(
    dense: Any, others: Mapping[str, Any], data: Any, **options: Any
) -> dict[str, Comparison]:
    """Compare with the stored attributions of one model."""
    if len(others) > 1:
        raise ValueError(
            f"Stored attributions are compared with one by one. Received: {', '.join(others)}."
        )
    [(called, other)] = others.items()
    return {called: compare(dense, other, data, **options)}
