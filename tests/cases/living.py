"""What a process keeps alive: traced graphs, models, networks, and the memory it holds."""

import gc
from pathlib import Path


def living():
    """Count what work should leave none of, after a collection."""
    import keras
    from tensorflow.python.framework.func_graph import FuncGraph

    from explainprune.network import KerasNetwork

    kinds = {"graphs": FuncGraph, "models": keras.Model, "networks": KerasNetwork}
    gc.collect()
    found = [type(each) for each in gc.get_objects()]
    return {name: sum(issubclass(each, kind) for each in found) for name, kind in kinds.items()}


def megabytes():
    """Return what this process holds now (Linux only)."""
    gc.collect()
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
