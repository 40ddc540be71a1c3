"""What a comparison of artefacts takes, said before the work."""

from __future__ import annotations

import time

import numpy as np

from explainprune.analysis.attribution.price import evaluations, in_millions
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.verdict.wording import count
from explainprune.lookup import name_of

TIMED = (64, 16_384)
"""Fewest and most rows that a model is timed on."""
LONG = 0.05
"""Seconds that tell how long more rows take."""


def price_of(case: Case) -> str:
    """Say on how many rows models are run, and how long that takes here; "" where none is one.

    Both models by each method, and the first once more for the explainer's floor. Marks, quality
    and further draws come on top.
    """
    if not any(each.forward_only for each in case.subjects.values()):
        return ""
    players = case.dense.network.n_inputs
    if case.data.players is not None:
        players = int(np.max(case.data.players)) + 1
    n, size, first = len(case.targets), case.backgrounds.size, case.backgrounds.first
    paid = [_seconds(each) for each in (case.dense, case.other)]
    said = []
    for method in case.settings.methods.values():
        explain = case.explainer(method)
        each = evaluations(method, players, explain.options)
        if each is None:
            continue
        runs = n * size * first * each
        seconds = runs * (sum(paid) + (paid[0] if explain.sampled else 0.0))
        said.append(
            f"{name_of(method)} runs each model on up to {in_millions(runs)} rows "
            f"({count(n, 'row')}, {count(size * first, 'background row')}, {each:,} for each pair "
            f"of them), in about {_duration(seconds)}"
        )
    return "; ".join(said)


def _seconds(subject: Subject) -> float:
    """Time one row of a call that is large, as far as that is quick."""
    count, most = TIMED
    subject.network.outputs(np.resize(subject.x, (count, subject.x.shape[1])))  # is made ready
    while True:
        rows = np.resize(subject.x, (count, subject.x.shape[1]))
        start = time.perf_counter()
        subject.network.outputs(rows)
        taken = time.perf_counter() - start
        if taken > LONG or count >= most:
            return taken / count
        count *= 4


def _duration(seconds: float) -> str:
    """Write about how long.

    >>> _duration(0.2), _duration(42), _duration(100), _duration(300)
    ('a second', '42 s', '2 min', '5 min')
    """
    if seconds < 1.5:
        return "a second"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
