"""What a process keeps alive: traced graphs, models, networks, and the memory it holds."""

import ctypes
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


class _Mallinfo(ctypes.Structure):
    """What glibc says of its arenas (mallinfo(3)), in bytes."""

    _names = (
        *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
        *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
    )
    _fields_ = [(name, ctypes.c_size_t) for name in _names]


def in_use():
    """Return the megabytes that were asked for and not given back (glibc 2.33 or later).

    What a process holds is more: the allocator keeps what was given back, some for each thread.
    """
    gc.collect()
    said = ctypes.CDLL("libc.so.6").mallinfo2
    said.restype = _Mallinfo
    found = said()
    return (found.uordblks + found.hblkhd) / 2**20
