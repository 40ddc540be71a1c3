"""The command line: parsing and printing only."""

from explainprune.cli.main import main, run

__all__ = ["main", "run"]
