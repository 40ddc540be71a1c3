"""Built-in sets, arrays, tables and files → `Data`."""

from explainprune.data.builtin import DATASETS
from explainprune.data.load import load_data
from explainprune.data.splits import holdout

__all__ = ["DATASETS", "holdout", "load_data"]
