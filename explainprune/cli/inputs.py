"""What commands read: a model file, and the rows it is asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explainprune.cli.console import Console
from explainprune.cli.options import names_of


def read(
    console: Console,
    model: Path,
    data: str | None,
    *,
    trust: bool,
    class_names: str | None,
    **reading: Any,
) -> tuple[Any, Any]:
    """Return the rows (None without `data`) and the model; what is noted of either is shown.

    `reading` goes to `load_data`, which tells what it may hold.
    """
    import explainprune as xp

    with console.noting():
        names = names_of(class_names)
        loaded = xp.load_model(model, trust=trust)
        if data is None:
            return None, loaded
        return xp.load_data(data, class_names=names, model=loaded, **reading), loaded
