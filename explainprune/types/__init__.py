"""What flows between the stages: frozen data, numpy and pandas only."""

from explainprune.types.answers import Answers, Bin
from explainprune.types.arrays import Array, Inputs
from explainprune.types.attribution import OUTPUTS, Attribution
from explainprune.types.certificate import Certificate, Size
from explainprune.types.comparison import (
    SCHEMA,
    Choice,
    Comparison,
    Level,
    ModelRow,
    Source,
    Study,
    read_results,
)
from explainprune.types.data import Data, Rows
from explainprune.types.drawing import (
    Detail,
    Drawing,
    DrawnEdges,
    DrawnLayer,
    FeatureRow,
    Rescaling,
    Sample,
    UnitRow,
)
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

__all__ = [
    "CLEARER",
    "OUTPUTS",
    "SAME_REASONS",
    "SCHEMA",
    "Answers",
    "Array",
    "Attribution",
    "Bin",
    "Certificate",
    "Choice",
    "Comparison",
    "Data",
    "Detail",
    "Drawing",
    "DrawnEdges",
    "DrawnLayer",
    "FeatureRow",
    "Importance",
    "Inputs",
    "Level",
    "Masks",
    "Measure",
    "Metric",
    "ModelRow",
    "Power",
    "Rescaling",
    "Rows",
    "Sample",
    "Size",
    "Source",
    "Study",
    "UnitRow",
    "Verdict",
    "beyond_chance_of",
    "is_beyond_chance",
    "metric",
    "metric_of",
    "perfect",
    "read_results",
    "said_of",
]
