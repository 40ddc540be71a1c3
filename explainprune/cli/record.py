"""How a comparison came about: the manifest of ``explainprune compare``."""

from __future__ import annotations

import hashlib
import platform
from typing import Any

from explainprune._version import __version__
from explainprune.cli.study import command_line


def record(
    results: Any, options: dict[str, Any], data: Any, models: dict[str, Any], seconds: float
) -> dict[str, Any]:
    """Return command, options, versions, checksums and time; no user names, no absolute paths."""
    from explainprune.analysis.protocol import data_sha256
    from explainprune.network import model_sha256
    from explainprune.study.manifest import installed

    return {
        "explainprune": __version__,
        "command": command_line(),
        "config": {k: list(v) if isinstance(v, tuple) else v for k, v in options.items()},
        "seeds": [options["seed"]],
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": installed(),
        "sha256": {
            "results.json": hashlib.sha256(results.to_json().encode()).hexdigest(),
            "data": data_sha256(data),
            **{f"model {name}": model_sha256(model) for name, model in models.items()},
        },
        "seconds": round(seconds, 1),
    }
