"""Two networks compared, and a way of pruning studied: plain data with an exact JSON round trip."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Self

from explainprune.types.answers import Answers
from explainprune.types.certificate import Certificate
from explainprune.types.differing import Exemplars, Where
from explainprune.types.drawing import Detail
from explainprune.types.encoding import decode, encode
from explainprune.types.framed import framed
from explainprune.types.measure import Measure, Verdict
from explainprune.types.metric import Metric
from explainprune.types.plain import read_json
from explainprune.types.reasons import CodeChanges
from explainprune.types.versions import SCHEMA, up_to_date

SCORES = ("accuracy", "balanced_accuracy", "r2", "auc", "log_loss")
"""What a `ModelRow` says of how well a model does, the leading one first."""


@dataclass(frozen=True)
class ModelRow:
    """One model (or arm): how well it does and how large it is.

    Attributes
    ----------
    arm : str
        What part it plays: ``"dense"``, ``"pruned"``, ``"placebo"``, …
    accuracy, balanced_accuracy, r2, auc, log_loss : float or None
        None where they do not apply (regression, no labels). Their intervals are in `intervals`.
    params, nonzero, flops : int or None
    units, live_inputs, live_connections : int or None
        Hidden units alive, inputs with a path to an output, weights on such a path.
    exact_cost : float or None
        Coalitions per sample and background row for exact Shapley values.
    intervals : dict of str to (float, float)
        95 % interval of each score above.
    n, unit
        What the intervals run over: how many of ``"samples"`` or ``"seeds"``.
    slices : dict of str to dict of str to Measure
        Scores within each class and group: ``{"class 3": {"accuracy": Measure}}``.
    note : str
    """

    arm: str
    accuracy: float | None = None
    balanced_accuracy: float | None = None
    r2: float | None = None
    auc: float | None = None
    log_loss: float | None = None
    params: int | None = None
    nonzero: int | None = None
    flops: int | None = None
    units: int | None = None
    live_inputs: int | None = None
    live_connections: int | None = None
    exact_cost: float | None = None
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    n: int = 0
    unit: str = "samples"
    slices: dict[str, dict[str, Measure]] = field(default_factory=dict)
    note: str = ""


class _Results:
    """JSON round trip shared by `Comparison` and `Study`; keys keep the order of the fields."""

    _repr_html_ = framed

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, numbers and strings; it begins with ``schema``."""
        return {"schema": SCHEMA, **encode(self)}

    def to_json(self) -> str:
        """Return the text of ``results.json``."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """Read what `to_dict` returned, now or in an earlier version.

        Raises
        ------
        ValueError
            If the schema is a later or another one, or a field is missing, unknown or of the wrong
            type.
        """
        return decode(up_to_date(plain), cls)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the text of a ``results.json``."""
        return cls.from_dict(read_json(text))


@dataclass(frozen=True)
class Comparison(_Results):
    """The dense model and another, read against reference arms.

    Attributes
    ----------
    verdict, clarity : Verdict
        *Same reasons?* and *clearer?*.
    models : dict of str to ModelRow
        By name; ``"dense"`` and the other come first, reference arms after them.
    comparisons : dict of str to dict of str to Measure
        ``{"dense|pruned": {"moved_weight": Measure, …}}``: pair, metric, value.
    slices : dict of str to dict of str to dict of str to Measure
        The same within classes, groups and outcomes (both right, flipped):
        ``{"dense|pruned": {"class 3": {"moved_weight": …}}}``.
    primary : str
        Name of the primary endpoint among the metrics; all others are secondary.
    metrics : dict of str to Metric
        What each figure is, by its name without ``"@method"``.
    answers : Answers
        Confusions, flips and reliability curves of the two.
    certificate : Certificate, optional
        How far outputs moved on the rows, and can move at all; checksums of both models.
    where : Where, optional
        Rules over rows that tell where more moved.
    exemplars : Exemplars, optional
        Rows of the same prediction for other reasons.
    codes : CodeChanges, optional
        Rows on the adverse side of a cut-off that get other reasons, where one was stated.
    detail : Detail
        Drawings, units, features and samples.
    provenance : dict of str to JSON value
        Data set, rows, method, background, seed, package versions.
    notes : tuple of str
        What the reader must know.
    """

    verdict: Verdict
    clarity: Verdict
    models: dict[str, ModelRow]
    comparisons: dict[str, dict[str, Measure]]
    slices: dict[str, dict[str, dict[str, Measure]]] = field(default_factory=dict)
    primary: str = "moved_weight"
    metrics: dict[str, Metric] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)
    certificate: Certificate | None = None
    where: Where | None = None
    exemplars: Exemplars | None = None
    codes: CodeChanges | None = None
    detail: Detail = field(default_factory=Detail)
    provenance: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Comparison({self.verdict.label}; {self.clarity.label}: {self.verdict.sentence!r})"


@dataclass(frozen=True)
class Level:
    """One sparsity in a sweep: figures over seeds.

    Attributes
    ----------
    arm : str
    sparsity : float
        Requested; `achieved` is what masks hold.
    achieved : float
    measures : dict of str to Measure
        ``accuracy`` (or ``r2``), ``moved_weight``, ``effective_features``, ``live_connections``,
        and ``validation_moved_weight`` where there are validation rows.
    """

    arm: str
    sparsity: float
    achieved: float
    measures: dict[str, Measure]


@dataclass(frozen=True)
class Source:
    """One source of the variance of a seed's moved weight.

    Attributes
    ----------
    name : str
        ``"training"``, ``"pruning"``, ``"rows"``, ``"background"``, ``"explainer"``; ``"seed"``
        where training and pruning can't be told apart.
    deviation : Measure
        Standard deviation that it alone gives one seed's figure.
    share : Measure
        Of the variance that all sources give together.
    """

    name: str
    deviation: Measure
    share: Measure


@dataclass(frozen=True)
class Choice:
    """The sparsest level whose reasons are preserved: chosen on validation rows, judged on others.

    Attributes
    ----------
    sentence : str
        What was chosen and what came of it, or why nothing was.
    sparsity : float or None
        Requested; None where no level was chosen.
    verdict : Verdict or None
        *Same reasons?* at that level, on the scored rows.
    """

    sentence: str
    sparsity: float | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Study(_Results):
    """A way of pruning, over seeds and levels; figures are over seeds.

    Attributes
    ----------
    verdict, clarity, models, comparisons, slices, primary, metrics
        As in `Comparison`, for the procedure: seeds are the unit.
    seeds : tuple of int
    levels : tuple of Level
    choice : Choice or None
        None where no levels were swept.
    sources : tuple of Source
        How much of the moved weight's variance comes from where.
    per_seed : tuple of dict
        Figures of each seed: ``{"seed": 0, "dense|pruned": {"moved_weight": .07}, …}``.
    pair : Comparison
        The first seed's pair, in full.
    config : dict
        The resolved configuration.
    notes : tuple of str
    """

    verdict: Verdict
    clarity: Verdict
    models: dict[str, ModelRow]
    comparisons: dict[str, dict[str, Measure]]
    pair: Comparison
    seeds: tuple[int, ...]
    slices: dict[str, dict[str, dict[str, Measure]]] = field(default_factory=dict)
    primary: str = "moved_weight"
    metrics: dict[str, Metric] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()
    choice: Choice | None = None
    sources: tuple[Source, ...] = ()
    per_seed: tuple[dict[str, Any], ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return (
            f"Study({len(self.seeds)} seeds; {self.verdict.label}; {self.clarity.label}: "
            f"{self.verdict.sentence!r})"
        )
