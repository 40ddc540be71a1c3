"""What a network relies on, and how two networks differ."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["compare"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Named like its module: importing that binds the module here, so the function is put back.
    function = import_module("explainprune.analysis.compare").compare
    globals()[name] = function
    return function


if TYPE_CHECKING:
    from explainprune.analysis.compare import compare as compare
