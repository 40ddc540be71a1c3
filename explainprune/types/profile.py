"""What one model rests on: the results of `explain`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from explainprune.types.answers import Answers
from explainprune.types.comparison import ModelRow, _Results
from explainprune.types.drawing import Detail
from explainprune.types.measure import Measure
from explainprune.types.metric import Metric


@dataclass(frozen=True)
class Profile(_Results):
    """One model by itself: what its answers rest on, and how far that can be trusted.

    Attributes
    ----------
    sentence : str
        The answer in plain English.
    name : str
        What the model is called.
    models : dict of str to ModelRow
        The model, then copies of it with random weights where there are any.
    marks : dict of str to Measure
        Share of the reasons' weight that moves, by what moves it: other background rows, another
        run of a sampled explainer, random weights, another row's explanation.
    metrics : dict of str to Metric
        What each figure is.
    answers : Answers
    detail : Detail
        The drawing, units, features and samples of the model, as the dense one.
    provenance : dict of str to JSON value
    notes : tuple of str
        What the reader must know.
    """

    sentence: str
    name: str
    models: dict[str, ModelRow]
    marks: dict[str, Measure]
    metrics: dict[str, Metric] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)
    detail: Detail = field(default_factory=Detail)
    provenance: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Profile({self.name!r}: {self.sentence!r})"
