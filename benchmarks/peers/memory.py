"""How much memory a method takes at its peak, each in a process of its own (Linux only)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _memory import STATUS, peak

from peers import cases
from peers.contestants import Contestant, ours, shap_deep, shap_gradient

NETWORKS: dict[str, Callable[[], cases.Case]] = {
    "CNN": lambda: cases.convolutional(False, epochs=0),
    "MobileNetV2": cases.mobile,
}
METHODS = ("deep_shap, predicted class", "deep_shap, all classes", "expected_gradients")
PACKAGES = ("explainprune", "shap")


def contestant(case: cases.Case, method: str, who: str) -> Contestant:
    """Return who takes part; 200 gradients for each sample where they are drawn."""
    if method == "expected_gradients":
        case, steps = case.first(4), 200 // len(case.background)
        return (
            ours(case, "", 0, method, steps=steps)
            if who == "explainprune"
            else shap_gradient(case, 200)
        )
    case, every = case.first(20), method.endswith("all classes")
    if who == "shap":
        return shap_deep(case, every=every)
    return ours(case, "", 0, "deep_shap", target="all" if every else "predicted")


def measure(network: str, method: str, who: str) -> None:
    """Print by how many megabytes the peak exceeds what was held before, in this process."""
    case = NETWORKS[network]()
    taking = contestant(case, method, who)
    case.model(case.x[:1])
    print(f"peak {peak(taking.run):.0f}")


def table(script: Path) -> list[dict[str, Any]]:
    """Return a line for each network and method; a peer that fails has no figure."""
    if not STATUS.exists():
        return []
    lines = []
    for network in NETWORKS:
        for method in METHODS:
            line: dict[str, Any] = {"network": network, "method": method}
            if network == "MobileNetV2" and method == "deep_shap, all classes":
                continue
            for who in PACKAGES:
                command = [sys.executable, str(script), "--memory", network, method, who]
                done = subprocess.run(command, capture_output=True, text=True)
                found = [each for each in done.stdout.splitlines() if each.startswith("peak ")]
                line[who] = int(found[0].split()[1]) if found else None
            print(line, flush=True)
            lines.append(line)
    return lines
