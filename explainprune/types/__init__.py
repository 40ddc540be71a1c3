"""What flows between the stages: frozen data, numpy and pandas only."""

from explainprune.types.answers import Answers, Bin
from explainprune.types.arrays import Array, Inputs
from explainprune.types.attribution import Attribution
from explainprune.types.bound import OutputBound
from explainprune.types.certificate import Certificate, Size, flips_of, rows_sha256
from explainprune.types.circuit import Circuit, recurring
from explainprune.types.comparison import Choice, Comparison, Level, ModelRow, Source, Study
from explainprune.types.data import Data, Rows
from explainprune.types.differing import Condition, Exemplar, Exemplars, Rule, Where
from explainprune.types.drawing import (
    Detail,
    Drawing,
    DrawnEdges,
    DrawnFilters,
    DrawnLayer,
    FeatureRow,
    Rescaling,
    Rewired,
    Sample,
    UnitRow,
    fair_shares,
)
from explainprune.types.filed import OUTPUTS
from explainprune.types.formula import Formula
from explainprune.types.importance import Importance
from explainprune.types.masks import Masks
from explainprune.types.measure import CLEARER, SAME_REASONS, Measure, Power, Verdict
from explainprune.types.metric import (
    Metric,
    beyond_chance_of,
    is_beyond_chance,
    metric,
    metric_of,
    perfect,
    said_of,
)
from explainprune.types.overview import Overview
from explainprune.types.profile import Profile
from explainprune.types.query import Query
from explainprune.types.read import AnyResults, read_results
from explainprune.types.reasons import Band, CodeChanges, CodeUse, Reason, ReasonCodes, ReasonRow
from explainprune.types.shapes import Curve, Shapes, Surface
from explainprune.types.versions import SCHEMA

__all__ = [
    "CLEARER",
    "OUTPUTS",
    "SAME_REASONS",
    "SCHEMA",
    "Answers",
    "AnyResults",
    "Array",
    "Attribution",
    "Band",
    "Bin",
    "Certificate",
    "Choice",
    "Circuit",
    "CodeChanges",
    "CodeUse",
    "Comparison",
    "Condition",
    "Curve",
    "Data",
    "Detail",
    "Drawing",
    "DrawnEdges",
    "DrawnFilters",
    "DrawnLayer",
    "Exemplar",
    "Exemplars",
    "FeatureRow",
    "Formula",
    "Importance",
    "Inputs",
    "Level",
    "Masks",
    "Measure",
    "Metric",
    "ModelRow",
    "OutputBound",
    "Overview",
    "Power",
    "Profile",
    "Query",
    "Reason",
    "ReasonCodes",
    "ReasonRow",
    "Rescaling",
    "Rewired",
    "Rows",
    "Rule",
    "Sample",
    "Shapes",
    "Size",
    "Source",
    "Study",
    "Surface",
    "UnitRow",
    "Verdict",
    "Where",
    "beyond_chance_of",
    "fair_shares",
    "flips_of",
    "is_beyond_chance",
    "metric",
    "metric_of",
    "perfect",
    "read_results",
    "recurring",
    "rows_sha256",
    "said_of",
]
