"""Cells that say what they took: children import these by name."""

from __future__ import annotations

import pickle
import resource
import time
from typing import Any

from explainprune.lookup import imported


def timed(cell: dict[str, Any]) -> dict[str, Any]:
    """Run a cell's own function; say its seconds, processor seconds, memory and bytes."""
    start, before = time.perf_counter(), time.process_time()
    result = imported(cell["function"], "cell function")(cell["cell"])
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - before,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "bytes": len(pickle.dumps(result)),
        "sent": len(pickle.dumps(cell["cell"])),
    }


def asleep(cell: dict[str, Any]) -> dict[str, Any]:
    """Stand for a cell of so many seconds."""
    time.sleep(cell["seconds"])
    return {}
