"""Where work runs: in this process or in child processes."""

from explainprune.engine.cells import run_cells

__all__ = ["run_cells"]
