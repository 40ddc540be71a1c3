"""How results came about: for whoever wants to have them again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from explainprune import network
from explainprune.keeping import versions
from explainprune.types import AnyResults


def manifest(
    results: AnyResults,
    *,
    config: dict[str, Any],
    seeds: Sequence[int],
    checksums: dict[str, str],
    command: str,
    seconds: float,
    resumed: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return command, configuration, seeds, versions, checksums and time; no names, no paths.

    `checksums` are those of what went in and came out, beside that of the results; `resumed` says
    what was there of an earlier run, and what of it wasn't used.
    """
    found = dict(versions())
    return {
        "explainprune": found.pop("explainprune"),
        "command": command,
        "config": {k: list(v) if isinstance(v, tuple) else v for k, v in config.items()},
        "seeds": list(seeds),
        "python": found.pop("Python"),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: each or "not installed" for name, each in found.items()},
        "sha256": {
            "results.json": hashlib.sha256(results.to_json().encode("utf-8")).hexdigest(),
            **checksums,
        },
        "seconds": round(seconds, 1),
        **({"resumed": resumed} if resumed else {}),
    }


def models_sha256(folder: Path) -> dict[str, str]:
    """Return the checksum of each model that a study saved."""
    found = sorted((folder / "models").glob("*.keras"))
    return {f"models/{path.name}": network.model_sha256(network.load_model(path)) for path in found}
