"""Where work runs: in this process, in child processes, on a Dask cluster."""

from explainprune.engine.cells import each_cell, run_cells
from explainprune.engine.cluster import LOCAL

__all__ = ["LOCAL", "each_cell", "run_cells"]
