"""``explainprune doctor``: what is here, and what is missing."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer

from explainprune._version import __version__
from explainprune.cli.console import Console
from explainprune.cli.failures import CHECK_FAILED, one_line
from explainprune.cli.options import Json, Quiet, Seed, flag

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def doctor(
    sabotage: Annotated[
        bool,
        flag(
            "--sabotage",
            "Try the verdicts on models whose truth is known, in about a minute; exit 1 if "
            "one is wrong beyond chance.",
        ),
    ] = False,
    seed: Seed = 0,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Say what works here, what is missing and what to do; exit 1 if nothing can run."""
    if sabotage:
        from explainprune.cli.sabotage import sabotage as try_all

        if not try_all(Console(quiet, json), seed):
            raise typer.Exit(CHECK_FAILED)
        return
    found = [_looked_at(name, look, needed) for name, look, needed in CHECKS]
    lines = [f"{_mark(entry)}  {entry['name']:<12} {entry['says']}" for entry in found]
    Console(quiet, json).show("\n".join(lines), found)
    if any(entry["needed"] and not entry["fine"] for entry in found):
        raise typer.Exit(CHECK_FAILED)


def _looked_at(name: str, look: Callable[[], str], needed: bool) -> dict[str, Any]:
    """Run one check; what it raises is what is wrong."""
    try:
        return {"name": name, "fine": True, "needed": needed, "says": look()}
    except Exception as error:
        says = one_line(f"{type(error).__name__}: {error}") if needed else one_line(str(error))
        return {"name": name, "fine": False, "needed": needed, "says": says}


def _mark(entry: dict[str, Any]) -> str:
    """Say in one word how a check went."""
    return "ok     " if entry["fine"] else "MISSING" if entry["needed"] else "absent "


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _tensorflow() -> str:
    backend = import_module("explainprune.network.backend")
    two = backend.tf.constant([1.0, 1.0])
    assert float(backend.tf.reduce_sum(two)) == 2.0
    gpus = len(backend.tf.config.list_physical_devices("GPU"))
    return f"TensorFlow {backend.tf.__version__}, Keras {backend.keras.__version__}, {gpus} GPUs"


def _packages() -> str:
    from importlib.metadata import version

    return ", ".join(f"{name} {version(name)}" for name in ("shap", "numpy", "pandas", "scipy"))


def _cores() -> str:
    return f"{os.cpu_count()}"


def _parquet() -> str:
    try:
        return f"pyarrow {import_module('pyarrow').__version__}"
    except ImportError:
        raise RuntimeError("for .parquet files: pip install 'explainprune[parquet]'") from None


def _runtime(module: str, extra: str) -> str:
    try:
        found = import_module(module)
    except ImportError:
        raise RuntimeError(f"for .{extra} files: pip install 'explainprune[{extra}]'") from None
    return f"{found.__name__} {getattr(found, '__version__', '')}".strip()


def _mnist() -> str:
    from explainprune.data.mnist import cache_folder

    if not (cache_folder() / "mnist.npz").exists():
        raise RuntimeError("not in the Keras cache; Keras downloads it when it is first asked for")
    return "in the Keras cache"


def _browser() -> str:
    for name in BROWSERS:
        if shutil.which(name):
            return name
    raise RuntimeError("no Chromium on the path: only the tests need one")


CHECKS: tuple[tuple[str, Callable[[], str], bool], ...] = (
    ("explainprune", lambda: __version__, True),
    ("python", _python, True),
    ("cores", _cores, True),
    ("tensorflow", _tensorflow, True),
    ("packages", _packages, True),
    ("parquet", _parquet, False),
    ("tflite", lambda: _runtime("ai_edge_litert", "tflite"), False),
    ("onnx", lambda: _runtime("onnxruntime", "onnx"), False),
    ("mnist", _mnist, False),
    ("browser", _browser, False),
)
