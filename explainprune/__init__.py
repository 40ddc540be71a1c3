"""Ask whether a pruned network still decides for the same reasons, and whether it is clearer.

Importing it imports neither TensorFlow nor pandas: public names load when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from explainprune._version import __version__

_HOMES = {
    "load_data": "explainprune.data",
    "load_model": "explainprune.network",
    "prune": "explainprune.pruning",
    "sensitivity": "explainprune.pruning",
    "shrink": "explainprune.pruning",
    "export": "explainprune.pruning",
    "importance": "explainprune.criteria",
    "attribute": "explainprune.analysis.attribution",
    "attribute_to": "explainprune.analysis.attribution",
    "attribute_change": "explainprune.analysis.attribution",
    "exact_cost": "explainprune.analysis.attribution",
    "compare": "explainprune.analysis.comparison.compare",
    "compare_several": "explainprune.analysis.comparison.several",
    "explain": "explainprune.analysis.comparison.profile",
    "output_bound": "explainprune.analysis.output_bound",
    "export_query": "explainprune.analysis.export_query",
    "reason_codes": "explainprune.analysis.reasons",
    "circuit": "explainprune.analysis.understanding.circuit",
    "recurring": "explainprune.types",
    "shapes": "explainprune.analysis.understanding.shapes",
    "formula": "explainprune.analysis.understanding.formula",
    "run_study": "explainprune.study",
    "report": "explainprune.reporting",
    "plot": "explainprune.reporting",
    "metric": "explainprune.types",
    "CRITERIA": "explainprune.criteria",
    "METHODS": "explainprune.analysis.attribution",
    "METRICS": "explainprune.analysis.metrics",
    "Attribution": "explainprune.types",
    "Certificate": "explainprune.types",
    "Circuit": "explainprune.types",
    "Comparison": "explainprune.types",
    "Data": "explainprune.types",
    "Formula": "explainprune.types",
    "Importance": "explainprune.types",
    "Masks": "explainprune.types",
    "Overview": "explainprune.types",
    "Profile": "explainprune.types",
    "OutputBound": "explainprune.types",
    "Query": "explainprune.types",
    "ReasonCodes": "explainprune.types",
    "Shapes": "explainprune.types",
    "Study": "explainprune.types",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    from explainprune.lookup import nearest

    raise AttributeError(f"explainprune has no public name {name!r}.{nearest(name, _HOMES)}")


def _framed(results: Any) -> str:
    """Return what notebooks show of a result: types hand themselves over here."""
    shown: str = import_module("explainprune.reporting.notebook").framed(results)
    return shown


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from explainprune.analysis import compare as compare
    from explainprune.analysis.attribution import METHODS as METHODS
    from explainprune.analysis.attribution import attribute as attribute  # type: ignore[no-redef]
    from explainprune.analysis.attribution import attribute_change as attribute_change
    from explainprune.analysis.attribution import attribute_to as attribute_to
    from explainprune.analysis.attribution import exact_cost as exact_cost  # type: ignore[no-redef]
    from explainprune.analysis.comparison.profile import explain as explain
    from explainprune.analysis.comparison.several import compare_several as compare_several
    from explainprune.analysis.export_query import export_query as export_query
    from explainprune.analysis.metrics import METRICS as METRICS
    from explainprune.analysis.output_bound import output_bound as output_bound
    from explainprune.analysis.reasons import reason_codes as reason_codes
    from explainprune.analysis.understanding.circuit import circuit as circuit
    from explainprune.analysis.understanding.formula import formula as formula
    from explainprune.analysis.understanding.shapes import shapes as shapes
    from explainprune.criteria import CRITERIA as CRITERIA
    from explainprune.criteria.importance import importance as importance
    from explainprune.data import load_data as load_data
    from explainprune.network import load_model as load_model
    from explainprune.pruning.export import export as export
    from explainprune.pruning.prune import prune as prune
    from explainprune.pruning.sensitivity import sensitivity as sensitivity
    from explainprune.pruning.shrink import shrink as shrink
    from explainprune.reporting import plot as plot
    from explainprune.reporting import report as report
    from explainprune.study import run_study as run_study
    from explainprune.types import Attribution as Attribution
    from explainprune.types import Certificate as Certificate
    from explainprune.types import Circuit as Circuit
    from explainprune.types import Comparison as Comparison
    from explainprune.types import Data as Data
    from explainprune.types import Formula as Formula
    from explainprune.types import Importance as Importance
    from explainprune.types import Masks as Masks
    from explainprune.types import OutputBound as OutputBound
    from explainprune.types import Overview as Overview
    from explainprune.types import Profile as Profile
    from explainprune.types import Query as Query
    from explainprune.types import ReasonCodes as ReasonCodes
    from explainprune.types import Shapes as Shapes
    from explainprune.types import Study as Study
    from explainprune.types import metric as metric
    from explainprune.types import recurring as recurring
