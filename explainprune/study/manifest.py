"""How results came about: for whoever wants to have them again."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from explainprune import network
from explainprune._version import __version__
from explainprune.study.config import StudyConfig
from explainprune.types import Study

PACKAGES = ("tensorflow", "keras", "shap", "numpy", "pandas", "scipy", "scikit-learn")


def manifest(
    config: StudyConfig, study: Study, folder: Path, command: str | None, seconds: float
) -> dict[str, Any]:
    """Return command, configuration, seeds, versions, checksums and time; no names, no paths."""
    return {
        "explainprune": __version__,
        "command": command or "explainprune.run_study(...)",
        "config": config.to_dict(),
        "seeds": list(config.study.seeds),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": installed(),
        "sha256": {
            "results.json": _sha256(study.to_json().encode("utf-8")),
            **{f"models/{path.name}": _model_sha256(path) for path in _models(folder)},
        },
        "seconds": round(seconds, 1),
    }


def _models(folder: Path) -> list[Path]:
    return sorted((folder / "models").glob("*.keras"))


def _model_sha256(path: Path) -> str:
    checksum: str = network.model_sha256(network.load_model(path))
    return checksum


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def installed() -> dict[str, str]:
    """Return the versions of the packages that numbers depend on."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
