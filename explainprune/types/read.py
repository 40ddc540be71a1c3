"""Results from text, whichever of them it holds."""

from __future__ import annotations

from explainprune.types.comparison import Comparison, Study
from explainprune.types.overview import Overview
from explainprune.types.plain import read_json
from explainprune.types.profile import Profile

AnyResults = Comparison | Study | Profile | Overview
MARKS: dict[str, type[Study | Profile | Overview]] = {
    "pair": Study,
    "marks": Profile,
    "verdicts": Overview,
}
"""A field that only results of this kind have."""


def read_results(text: str) -> AnyResults:
    """Read a ``results.json``: of a comparison, a study or one model.

    Raises
    ------
    ValueError
        If it isn't JSON, or of none of them.
    """
    plain = read_json(text)
    keys = plain if isinstance(plain, dict) else {}
    for mark, kind in MARKS.items():
        if mark in keys:
            return kind.from_dict(plain)
    return Comparison.from_dict(plain)
