"""What a network relies on, and how two networks differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["compare"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from explainprune.analysis.comparison.compare import compare

    return compare


if TYPE_CHECKING:
    from explainprune.analysis.comparison.compare import compare as compare
